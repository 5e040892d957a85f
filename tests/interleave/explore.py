"""Explorer: plays every order of a plan that can end differently, each once.

Orders that differ only in steps that commute are one Mazurkiewicz trace. Source sets find where an order must be
turned round (Abdulla, Aronis, Jonsson, Sagonas: Optimal dynamic partial order reduction, 2014); sleep sets keep equal
orders from being played again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.interleave.calls import Access
from tests.interleave.schedule import Moment, Run, Step

type Play = Callable[[Callable[[Moment], int | None]], Run | None]


@dataclass
class Node:
    """A place in the tree of orders: where to go from it, and what need not be tried."""

    able: tuple[int, ...]
    sleep: dict[int, Access]
    chosen: int
    wanted: set[int] = field(default_factory=set)
    done: dict[int, Access] = field(default_factory=dict)

    def next(self) -> int | None:
        """Return an actor that must still be tried here."""
        left = self.wanted - self.done.keys() - self.sleep.keys()
        return min(left, default=None)


class Explorer:
    """Depth first; every played order may add places to come back to."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._path: list[Node] = []
        self._steps: list[Step] = []
        self.pruned = 0

    def runs(self) -> Iterator[Run]:
        """Yield each played order, before what follows from it is explored."""
        while True:
            run = self._play(self._choose)
            if run is None:
                self.pruned += 1
            else:
                self._learn()
                yield run
            if not self._turn():
                return

    def _choose(self, moment: Moment) -> int | None:
        self._steps = moment.steps
        if moment.number < len(self._path):
            return self._path[moment.number].chosen
        sleep = self._sleep(moment)
        free = [actor for actor in moment.able if actor not in sleep]
        if not free:
            return None
        before = self._path[-1].chosen if self._path else None
        chosen = before if before in free else free[0]
        self._path.append(Node(moment.able, sleep, chosen, {chosen}))
        return chosen

    def _sleep(self, moment: Moment) -> dict[int, Access]:
        """Carry over who need not go here: nothing that was tried before depends on the last step."""
        if not self._path:
            return {}
        last = self._path[-1]
        made = moment.steps[-1].access
        asleep = last.sleep | last.done
        return {
            actor: access for actor, access in asleep.items() if actor != last.chosen and not access.depends_on(made)
        }

    def _learn(self) -> None:
        for first, second in races(self._steps):
            self._want(first, second)

    def _want(self, first: int, second: int) -> None:
        node = self._path[first]
        starters = _starters(self._steps, first, second)
        if starters & node.wanted:
            return
        can = starters & set(node.able)
        node.wanted |= {min(can)} if can else set(node.able)

    def _turn(self) -> bool:
        """Go back to the deepest place where another actor must be tried; False where there is none."""
        while self._path:
            number = len(self._path) - 1
            node = self._path[-1]
            if number < len(self._steps):
                node.done[node.chosen] = self._steps[number].access
            following = node.next()
            if following is not None:
                node.chosen = following
                return True
            self._path.pop()
        return False


def order_of(steps: list[Step]) -> list[set[int]]:
    """Return for every step the earlier ones that must come before it."""
    before: list[set[int]] = []
    for number, step in enumerate(steps):
        found: set[int] = set()
        for other in range(number - 1, -1, -1):
            if other in found:
                continue
            if steps[other].actor == step.actor or steps[other].access.depends_on(step.access):
                found |= before[other] | {other}
        before.append(found)
    return before


def races(steps: list[Step]) -> Iterator[tuple[int, int]]:
    """Yield pairs of steps of two actors that depend on each other, with nothing ordered in between."""
    before = order_of(steps)
    for second, step in enumerate(steps):
        for first in before[second]:
            other = steps[first]
            if other.actor == step.actor or not other.access.depends_on(step.access):
                continue
            if not any(first in before[between] for between in before[second]):
                yield first, second


def _starters(steps: list[Step], first: int, second: int) -> set[int]:
    """Return who can begin an order in which the second step comes before the first."""
    before = order_of(steps[: second + 1])
    moved = [n for n in range(first + 1, second) if first not in before[n]] + [second]
    found: set[int] = set()
    seen: set[int] = set()
    for number in moved:
        actor = steps[number].actor
        if actor not in seen and not (before[number] & set(moved)):
            found.add(actor)
        seen.add(actor)
    return found
