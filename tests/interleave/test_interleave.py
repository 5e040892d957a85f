"""The quick selection: some pairs, some faults, and mutants that must be caught. `make interleave` runs the rest."""

from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest

from tests.interleave import plans
from tests.interleave.campaign import Campaign
from tests.interleave.command import plan_of
from tests.interleave.explore import races
from tests.interleave.mutants import MUTANTS, Mutant, caught
from tests.interleave.schedule import Plan
from tests.interleave.stage import opened

pytestmark = pytest.mark.interleave

PAIRS = (
    Plan("pending", "00", ("callback", "other")),
    Plan("pending", "11", ("callback", "unlink")),
    Plan("authorised", "01", ("confirm", "unlink")),
    Plan("linked", "10", ("unlink", "worker")),
    Plan("linked_expired", "00", ("unlink", "use")),
    Plan("linked_expired", "11", ("use", "use")),
    Plan("held", "10", ("confirm", "bob.unlink")),
    Plan("both", "11", ("confirm", "bob.confirm")),
    Plan("released_to_bob", "10", ("bob.confirm", "worker")),
)
FENCE_LOWERED_TOO_EARLY = "half_lost:10:worker,worker2,bob.journey::1111111111000000000002222222222111"
FAULTY_EVERY = 120
QUICK_MUTANTS = {"no_fence", "lease_released_by_a_non_owner", "read_then_write", "deauthorise_always", "no_generation"}


@pytest.fixture(scope="module")
def campaign(dynamodb_local_url: str) -> Iterator[Campaign]:
    with opened(dynamodb_local_url) as stage:
        yield Campaign(stage)


@pytest.mark.parametrize("plan", PAIRS, ids=lambda plan: plan.name)
def test_a_pair_keeps_the_invariants_in_every_order(campaign: Campaign, plan: Plan) -> None:
    assert campaign.explore(plan, most=plans.MOST_ORDERS), campaign.figures.findings[-1]
    assert not campaign.figures.counts["plans cut short"]


def test_a_fault_after_any_call_breaks_no_invariant(campaign: Campaign) -> None:
    for plan in islice(plans.alone(campaign, ("10",)), 0, None, FAULTY_EVERY):
        assert campaign.explore(plan, most=1), campaign.figures.findings[-1]


def test_three_at_once_keep_the_invariants_in_seeded_orders(campaign: Campaign) -> None:
    for plan in plans.CROWDS:
        random = Random("quick")  # noqa: S311 -- a choice that can be made again
        assert campaign.wander(plan, random, 2), campaign.figures.findings[-1]


def test_a_fence_stays_while_another_revocation_may_be_under_way(campaign: Campaign) -> None:
    assert campaign.replay(*plan_of(FENCE_LOWERED_TOO_EARLY)) is None


def test_a_schedule_can_be_replayed_by_its_number(campaign: Campaign) -> None:
    plan, order = plan_of("authorised:00:confirm,unlink::0110")
    campaign.replay(plan, order)
    assert campaign.last is not None
    assert campaign.last.order.startswith(order)
    assert list(races(campaign.last.steps))


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in QUICK_MUTANTS], ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(mutant: Mutant, dynamodb_local_url: str) -> None:
    done = caught(mutant, dynamodb_local_url)
    assert done.returncode == 1, done.stderr
    assert "  ! " in done.stdout, done.stderr
