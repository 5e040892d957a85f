"""Scenes: the states from which the actors set out, and who may act in each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from tests.interleave.actors import Actor, Fault
from tests.interleave.acts import Acts, Answer, Person
from tests.interleave.message_queue import VISIBILITY

ANNOUNCED = timedelta(seconds=50)
"""Every message of the scene has come by then; a token still lives, an authorised attempt can still be joined."""
OLD = timedelta(seconds=70)
"""An authorised attempt is not joined any more."""
EXPIRED = timedelta(seconds=610)
REFRESHED = 8
"""The worker's call that refreshes a released grant, by its number."""


@dataclass
class Company:
    """The people of a scene."""

    ann: Person = field(default_factory=lambda: Person("ann", "basic"))
    bob: Person = field(default_factory=lambda: Person("bob", "basic"))

    def everybody(self) -> list[Person]:
        """Return both."""
        return [self.ann, self.bob]


@dataclass(frozen=True, slots=True)
class Scene:
    """A starting state, made by real calls; `cast` are the acts that make sense in it."""

    name: str
    build: Callable[[Acts, Company], None]
    cast: tuple[str, ...]
    age: timedelta = ANNOUNCED


def alone(work: Callable[[], Answer], faults: dict[int, Fault]) -> Actor:
    """Run one act to its end, with what goes wrong in it."""
    actor = Actor("setup", work, faults)
    actor.begin()
    while not actor.is_over:
        actor.step()
    actor.join()
    return actor


def _nothing(_: Acts, __: Company) -> None:
    return


def _pending(acts: Acts, company: Company, who: str = "ann") -> None:
    person: Person = getattr(company, who)
    acts.start(person)
    acts.allow(person, 2)


def _authorised(acts: Acts, company: Company, who: str = "ann") -> None:
    _pending(acts, company, who)
    acts.callback(getattr(company, who))


def _linked(acts: Acts, company: Company, who: str = "ann") -> None:
    _authorised(acts, company, who)
    acts.confirm(getattr(company, who))


def _again(then: Callable[[Acts, Company], None], after: timedelta = OLD) -> Callable[[Acts, Company], None]:
    """Link, and go on from there a while later."""

    def build(acts: Acts, company: Company) -> None:
        _linked(acts, company)
        acts.stage.clock.move(after)
        then(acts, company)

    return build


def _settled(acts: Acts, company: Company) -> None:
    """Linked, and the worker has looked at the announced grant: nothing is under way for it."""
    _linked(acts, company)
    acts.stage.clock.move(EXPIRED)
    acts.work(acts.stage.queue.due()[0])


def _refused(acts: Acts, company: Company) -> None:
    """The user comes back with another athlete, whose grant is released."""
    acts.start(company.ann)
    acts.allow(company.ann, athlete="second")
    acts.callback(company.ann)


def _released(acts: Acts, company: Company) -> None:
    """The unlink died with its transaction."""
    _linked(acts, company)
    acts.stage.clock.move(timedelta(seconds=1))
    alone(lambda: acts.unlink(company.ann), {3: Fault.CRASH})


def _released_then(then: Callable[[Acts, Company, str], None], who: str) -> Callable[[Acts, Company], None]:
    def build(acts: Acts, company: Company) -> None:
        _released(acts, company)
        acts.stage.clock.move(ANNOUNCED)
        then(acts, company, who)

    return build


def _replaced(acts: Acts, company: Company) -> None:
    """A parked grant whose attempt was replaced."""
    _authorised(acts, company)
    acts.stage.clock.move(OLD)
    _pending(acts, company)


def _released_twice(acts: Acts, company: Company) -> None:
    """Two grants of one athlete that nobody will use: a replaced one, and one whose attempt an unlink ended."""
    _replaced(acts, company)
    acts.callback(company.ann)
    acts.unlink(company.ann)


def _half_lost(acts: Acts, company: Company) -> None:
    """The same, after the worker died with the rotated tokens of the first: what is stored of it is dead."""
    _released_twice(acts, company)
    acts.stage.clock.move(EXPIRED)
    first = acts.stage.queue.due()[0]
    alone(lambda: acts.work(first), {REFRESHED: Fault.CRASH})
    acts.stage.clock.move(VISIBILITY)


def _held_by_bob(acts: Acts, company: Company) -> None:
    _linked(acts, company, "bob")
    acts.stage.clock.move(OLD)
    _authorised(acts, company)


def _both(acts: Acts, company: Company) -> None:
    _authorised(acts, company)
    acts.stage.clock.move(timedelta(milliseconds=1))
    _authorised(acts, company, "bob")


def _retaken(acts: Acts, company: Company) -> None:
    """Bob lost the athlete to Ann and wants it back."""
    _held_by_bob(acts, company)
    acts.confirm(company.ann)
    acts.stage.clock.move(OLD)
    _authorised(acts, company, "bob")


SCENES = {
    scene.name: scene
    for scene in (
        Scene("nothing", _nothing, ("start", "unlink", "use")),
        Scene("pending", _pending, ("start", "callback", "other", "finish", "unlink", "use")),
        Scene(
            "authorised",
            _authorised,
            ("start", "callback", "other", "confirm", "wrong", "bob.steal", "unlink", "worker"),
        ),
        Scene("authorised_old", _authorised, ("start", "callback", "confirm", "journey", "unlink", "worker"), OLD),
        Scene("linked", _linked, ("start", "callback", "confirm", "journey", "unlink", "use", "worker")),
        Scene("linked_expired", _linked, ("start", "journey", "unlink", "use", "worker"), EXPIRED),
        Scene("linked_settled", _settled, ("journey", "unlink", "use")),
        Scene("linked_pending", _again(_pending), ("start", "callback", "finish", "unlink", "use", "worker")),
        Scene("linked_pending_expired", _again(_pending), ("callback", "finish", "unlink", "use", "worker"), EXPIRED),
        Scene("linked_authorised", _again(_authorised), ("start", "confirm", "unlink", "use", "worker", "worker2")),
        Scene("linked_authorised_expired", _again(_authorised, EXPIRED), ("confirm", "unlink", "use", "worker2")),
        Scene("linked_refused", _again(_refused), ("journey", "unlink", "use", "worker", "worker2")),
        Scene("released", _released, ("start", "journey", "bob.journey", "worker")),
        Scene("released_expired", _released, ("journey", "bob.journey", "worker"), EXPIRED),
        Scene("released_pending", _released_then(_pending, "ann"), ("callback", "finish", "unlink", "worker")),
        Scene("released_to_bob", _released_then(_authorised, "bob"), ("start", "bob.confirm", "bob.unlink", "worker")),
        Scene("replaced", _replaced, ("callback", "finish", "unlink", "worker")),
        Scene("released_twice", _released_twice, ("bob.journey", "worker", "worker2")),
        Scene("half_lost", _half_lost, ("bob.journey", "worker", "worker2")),
        Scene("held", _held_by_bob, ("confirm", "unlink", "bob.use", "bob.unlink", "bob.journey", "worker", "worker2")),
        Scene("held_expired", _held_by_bob, ("confirm", "unlink", "bob.use", "bob.unlink", "worker"), EXPIRED),
        Scene("both", _both, ("confirm", "bob.confirm", "unlink", "worker", "worker2")),
        Scene("retaken", _retaken, ("bob.confirm", "use", "unlink", "worker", "worker2")),
    )
}
