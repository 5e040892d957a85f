"""A write meets somebody else's transaction: DynamoDB says so, and nothing was written."""

import pytest

from tests.integration.aws_faults import transaction_conflict, write_conflict
from tests.integration.fault_points import SCENARIOS, SINGLE_WRITES, TRANSACTIONS
from tests.integration.fault_scenarios import Rig, came_of, is_try_again, meeting
from tests.integration.services import Aws
from tests.integration.wholeness import Aftermath


@pytest.fixture
def aftermath(rig: Rig, aws: Aws, capfd: pytest.CaptureFixture[str]) -> Aftermath:
    return Aftermath.of(rig.runner, rig.stored, aws, rig.aws_calls, capfd)


@pytest.mark.parametrize(("name", "request_"), SINGLE_WRITES)
def test_a_write_that_meets_a_transaction_waits_for_it(
    rig: Rig, aftermath: Aftermath, name: str, request_: str
) -> None:
    scenario = SCENARIOS[name]
    act = scenario.arrange(rig)
    with meeting(rig, request_, write_conflict):
        answer = act()

    assert came_of(answer) == scenario.well
    scenario.again(rig, act)
    aftermath.check()


@pytest.mark.parametrize("name", ["start", "start-joins", "toggle"])
def test_a_write_that_meets_transactions_all_the_time_asks_to_try_again(rig: Rig, name: str) -> None:
    act = SCENARIOS[name].arrange(rig)
    with rig.aws_calls.fault("UpdateItem", write_conflict, nth=None):
        answer = act()

    assert is_try_again(answer)
    SCENARIOS[name].again(rig, act)


@pytest.mark.parametrize(("name", "request_"), TRANSACTIONS)
def test_a_transaction_survives_one_conflict(rig: Rig, aftermath: Aftermath, name: str, request_: str) -> None:
    scenario = SCENARIOS[name]
    act = scenario.arrange(rig)
    with meeting(rig, request_, transaction_conflict):
        answer = act()

    assert came_of(answer) == scenario.well
    scenario.again(rig, act)
    aftermath.check()


@pytest.mark.parametrize("name", ["confirm", "unlink", "unlink-attempt"])
def test_a_transaction_that_meets_conflicts_all_the_time_asks_to_try_again(
    rig: Rig, aftermath: Aftermath, name: str
) -> None:
    act = SCENARIOS[name].arrange(rig)
    before = rig.stored.all_of(rig.runner.user, rig.runner.athlete.id)
    with rig.aws_calls.fault("TransactWriteItems", transaction_conflict, nth=None):
        answer = act()

    assert is_try_again(answer)
    assert rig.stored.all_of(rig.runner.user, rig.runner.athlete.id) == before
    SCENARIOS[name].again(rig, act)
    aftermath.check()
