"""Wander: seeded orders for what is too much to explore, with few changes of turn, each at a random place.

Priorities decide who goes, and a few times the first becomes the last (Burckhardt, Kothari, Musuvathi, Nagarakatte:
A randomized scheduler with probabilistic guarantees of finding bugs, 2010).
"""

from collections.abc import Callable
from random import Random

from tests.interleave.schedule import Moment

CHANGES = 3


def order(random: Random, size: int, length: int) -> Callable[[Moment], int]:
    """Return who goes first when, in a schedule of about so many steps."""
    ranks = random.sample(range(size), size)
    changes = {random.randrange(max(length, 1)) for _ in range(CHANGES)}

    def choose(moment: Moment) -> int:
        if moment.number in changes:
            first = _first(ranks, moment)
            ranks.remove(first)
            ranks.append(first)
        return _first(ranks, moment)

    return choose


def _first(ranks: list[int], moment: Moment) -> int:
    return next(actor for actor in ranks if actor in moment.able)
