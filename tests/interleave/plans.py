"""Plans: who meets whom from where, with which faults; all of them, or a seeded choice."""

from collections.abc import Iterator
from itertools import combinations_with_replacement
from random import Random

from tests.interleave.actors import Actor, Fault
from tests.interleave.calls import PAUSE, REST, TRAININGPEAKS, Call
from tests.interleave.campaign import Campaign
from tests.interleave.provider import KINDS
from tests.interleave.scenes import SCENES
from tests.interleave.schedule import Plan

type Faults = tuple[tuple[int, int, Fault], ...]

LONG = frozenset({"finish", "journey"})
"""Acts of several invocations: an extra to the pairs of single ones, and bounded."""
MOST_OF_LONG = 120
MOST_ORDERS = 3000
QUICK_KINDS = ("00", "11")


def pairs(kinds: tuple[str, ...] = tuple(KINDS), scenes: tuple[str, ...] = tuple(SCENES)) -> Iterator[Plan]:
    """Yield every pair of a scene's cast, an act and the same act again included."""
    for name in scenes:
        for roles in combinations_with_replacement(SCENES[name].cast, 2):
            yield from (Plan(name, kind, roles) for kind in kinds)


CROWDS = (
    Plan("half_lost", "10", ("worker", "worker2", "bob.journey")),
    Plan("released_twice", "10", ("worker", "worker2", "bob.journey")),
    Plan("linked_expired", "00", ("use", "use", "unlink")),
    Plan("linked_expired", "11", ("use", "unlink", "journey")),
    Plan("held_expired", "10", ("confirm", "bob.use", "bob.unlink")),
    Plan("linked_authorised_expired", "01", ("confirm", "unlink", "use")),
)
"""Three at once who have something to lose; half_lost once showed that a fence was lowered too early."""


def most_orders(plan: Plan) -> int:
    """Return how many orders of a plan are played at most; those of two single invocations all are."""
    return MOST_OF_LONG if is_long(plan) else MOST_ORDERS


def is_long(plan: Plan) -> bool:
    """Tell whether an act of the plan takes several invocations."""
    return not LONG.isdisjoint(role.rpartition(".")[2] for role in plan.roles)


def alone(campaign: Campaign, kinds: tuple[str, ...] = tuple(KINDS)) -> Iterator[Plan]:
    """Yield every act of every scene with every fault of each of its calls."""
    for name, scene in SCENES.items():
        for role in scene.cast:
            for kind in kinds:
                plan = Plan(name, kind, (role,))
                for faults in faults_of(campaign.calls(plan), 0):
                    yield Plan(name, kind, (role,), faults)


def faulty(campaign: Campaign, random: Random, size: int) -> Plan:
    """Return a seeded choice of a scene, its actors, and one fault for one of them."""
    plan = crowd(random, size)
    actor = random.randrange(size)
    points = list(faults_of(campaign.calls(plan, actor), actor))
    return Plan(plan.scene, plan.kind, plan.roles, random.choice(points)) if points else plan


def crowd(random: Random, size: int) -> Plan:
    """Return a seeded choice of a scene and its actors."""
    name = random.choice(list(SCENES))
    roles = tuple(random.choice(SCENES[name].cast) for _ in range(size))
    return Plan(name, random.choice(list(KINDS)), roles)


def faults_of(alone: Actor, actor: int) -> Iterator[Faults]:
    """Yield what can go wrong with each call that the actor makes when it is alone."""
    for number, call in enumerate(alone.calls):
        for fault in _faults(call):
            once = (actor, number, fault)
            yield (once,)
            if fault in {Fault.LOST, Fault.DOWN} and call.service != TRAININGPEAKS:
                # The SDK repeats a call once: this time both are lost, or both fail.
                yield (once, (actor, number + 1, fault))


def _faults(call: Call) -> tuple[Fault, ...]:
    if call.service in {REST, PAUSE}:
        return ()
    always = (Fault.CRASH, Fault.LOST, Fault.DOWN, Fault.PAUSE)
    return (*always, Fault.CONFLICT) if call.is_table_write else always
