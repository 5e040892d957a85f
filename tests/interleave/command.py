"""What `python -m tests.interleave` does once the layer to be proven is on the path."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from time import monotonic

from tests.interleave import plans
from tests.interleave.actors import Fault
from tests.interleave.campaign import Campaign, Figures
from tests.interleave.provider import KINDS
from tests.interleave.schedule import Plan
from tests.interleave.stage import opened

MOST_WITH_FAULT = 40
MOST_OF_CROWD = 30
PAIR = 2
WANDERS = 1000
SHOWN = 20
LINES = (
    ("plans", "plans (a scene, a kind of provider, its actors, its faults)"),
    ("schedules", "schedules run, each an order that no other one equals"),
    ("orders given up as equal to one played", "of these given up half way"),
    ("steps", "outside calls made in them"),
    ("crashes", "crashes injected"),
    ("lost answers", "answers lost with their effect kept"),
    ("calls that failed", "calls that failed without effect"),
    ("pauses", "processes frozen for longer than any lease, which went on afterwards"),
    ("conflicts", "transaction conflicts"),
    ("seeded orders", "of the schedules chosen by seed: three actors at once"),
    ("plans cut short", "plans with more orders than were run"),
    ("pairs cut short", "of these of two single invocations, without a fault"),
    ("violations", "violations"),
)

type Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of the plans is this process's, so that several can work at once."""

    number: int = 0
    of: int = 1

    def part[T](self, whole: Iterator[T]) -> Iterator[T]:
        """Yield this process's part."""
        for number, one in enumerate(whole):
            if number % self.of == self.number:
                yield one


def run(options: argparse.Namespace, dynamodb_url: str, tell: Tell) -> Figures:
    """Play what the options ask for and return the figures."""
    with opened(dynamodb_url) as stage:
        campaign = Campaign(stage)
        if options.replay:
            _replay(campaign, options.replay)
        elif options.plan:
            _plan(campaign, options)
        elif options.pair:
            _pair(campaign, options)
        else:
            _everything(campaign, options, tell)
        return campaign.figures


def told(figures: Figures) -> str:
    """Return the figures as people read them."""
    shown = [str(finding) for finding in figures.findings[:SHOWN]]
    lines = [f"{figures.counts[name]:>10,}  {text}" for name, text in LINES]
    return "\n".join([*shown, *lines])


def plan_of(name: str) -> tuple[Plan, str]:
    """Read a schedule's number: scene, kind, actors, faults, order."""
    scene, kind, roles, faults, order = name.split(":")
    parts = [fault.split("-") for fault in faults.split(",") if fault]
    wrong = tuple((int(who), int(number), Fault(fault)) for who, number, fault in parts)
    return Plan(scene, kind, tuple(roles.split(",")), wrong), order


def _replay(campaign: Campaign, name: str) -> None:
    campaign.replay(*plan_of(name))


def _plan(campaign: Campaign, options: argparse.Namespace) -> None:
    """Play one plan: all orders of two actors, seeded ones of more."""
    plan, _ = plan_of(f"{options.plan}:")
    if len(plan.roles) > PAIR:
        campaign.wander(plan, Random(options.seed), WANDERS)  # noqa: S311 -- a choice that can be made again
    else:
        campaign.explore(plan, most=plans.MOST_ORDERS)


def _pair(campaign: Campaign, options: argparse.Namespace) -> None:
    """Play one pair in every scene that has both, or in the one that was named."""
    first, second = options.pair
    for plan in plans.pairs():
        if set(plan.roles) == {first, second} and options.scene in {None, plan.scene}:
            campaign.explore(plan, most=plans.MOST_ORDERS)


def _everything(campaign: Campaign, options: argparse.Namespace, tell: Tell) -> None:
    share = Share(*(int(part) for part in options.share.split("/")))
    kinds = plans.QUICK_KINDS if options.quick else tuple(KINDS)
    until = monotonic() + 60 * options.minutes
    _all(campaign, share.part(plans.pairs(kinds)), "pairs", tell)
    _all(campaign, share.part(plans.alone(campaign, kinds)), "every fault alone", tell)
    for plan in share.part(iter(plans.CROWDS)):
        if not campaign.wander(plan, Random(options.seed), WANDERS // 4):  # noqa: S311 -- as below
            tell(str(campaign.figures.findings[-1]))
    random = Random(f"{options.seed}/{share.number}")  # noqa: S311 -- a choice that can be made again
    tell(f"seed {options.seed}")
    while monotonic() < until:
        campaign.explore(plans.faulty(campaign, random, 2), most=MOST_WITH_FAULT)
        campaign.wander(plans.crowd(random, 3), random, MOST_OF_CROWD)
        campaign.wander(plans.faulty(campaign, random, 3), random, MOST_OF_CROWD)


def _all(campaign: Campaign, some: Iterator[Plan], what: str, tell: Tell) -> None:
    began = monotonic()
    counts = campaign.figures.counts
    for plan in some:
        before = counts["plans cut short"]
        if not campaign.explore(plan, most=plans.most_orders(plan)):
            tell(str(campaign.figures.findings[-1]))
        if counts["plans cut short"] > before and not plans.is_long(plan):
            counts["pairs cut short"] += 1
    tell(f"{what}: {campaign.figures.counts['schedules']:,} schedules, {monotonic() - began:.0f} s")
