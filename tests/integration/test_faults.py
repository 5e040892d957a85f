"""DynamoDB, KMS or SQS fails at every single request: each has its answer, and the user's next try works."""

import pytest

from tests.integration.aws_calls import Action, Call, operations
from tests.integration.aws_faults import (
    DiedError,
    answer_lost,
    answers_lost,
    died_after,
    died_before,
    failing,
    lost_after,
    refused,
    throttled,
    timed_out,
    unreachable,
)
from tests.integration.fault_points import POINTS, SCENARIOS, WRITES
from tests.integration.fault_scenarios import Rig, came_of, is_try_again, link_anew, meeting
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, TOKEN
from tests.integration.services import Aws
from tests.integration.wholeness import Aftermath

FAILURES: list[Action] = [throttled, failing, unreachable, timed_out]


@pytest.fixture
def aftermath(rig: Rig, aws: Aws, capfd: pytest.CaptureFixture[str]) -> Aftermath:
    return Aftermath.of(rig.runner, rig.stored, aws, rig.aws_calls, capfd)


def _is_stuck(rig: Rig) -> bool:
    attempt = rig.stored.account(rig.runner.user).attempt
    return attempt is not None and attempt.status == "exchanging"


def _asked(calls: list[Call]) -> tuple[str, ...]:
    return tuple(f"{operation}#{nth}" for operation, nth in operations(calls))


def _drop_scripts(rig: Rig) -> None:
    """What was scripted for a request that a fault prevented is not meant for the next one."""
    rig.trainingpeaks.drop_script(TOKEN)
    rig.trainingpeaks.drop_script(DEAUTHORISE)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenarios_name_every_request(rig: Rig, aftermath: Aftermath, name: str) -> None:
    scenario = SCENARIOS[name]
    act = scenario.arrange(rig)
    with rig.aws_calls.heard() as calls:
        answer = act()

    assert came_of(answer) == scenario.well
    assert _asked(calls) == scenario.requests
    scenario.again(rig, act)
    aftermath.check()


def _meets(rig: Rig, aftermath: Aftermath, point: tuple[str, str], action: Action) -> None:
    name, request = point
    scenario = SCENARIOS[name]
    act = scenario.arrange(rig)
    with meeting(rig, request, action):
        answer = act()

    if request in scenario.unseen:
        assert came_of(answer) == scenario.well
    elif not (action is answers_lost and came_of(answer) == scenario.well):
        # Where nobody heard that it was done, a later request may have found out.
        assert is_try_again(answer), came_of(answer)
    assert not _is_stuck(rig) or request in scenario.stuck or action is answers_lost
    _drop_scripts(rig)
    scenario.again(rig, act)
    aftermath.check(uncounted=action is answers_lost)


@pytest.mark.parametrize(("name", "request_"), POINTS)
def test_aws_refuses(rig: Rig, aftermath: Aftermath, name: str, request_: str) -> None:
    _meets(rig, aftermath, (name, request_), refused)


@pytest.mark.parametrize(
    ("name", "request_", "action"),
    [(*point, FAILURES[number % len(FAILURES)]) for number, point in enumerate(WRITES)],
)
def test_aws_throttles_fails_or_is_not_there(
    rig: Rig, aftermath: Aftermath, name: str, request_: str, action: Action
) -> None:
    _meets(rig, aftermath, (name, request_), action)


@pytest.mark.parametrize(("name", "request_"), WRITES)
def test_aws_does_it_and_nobody_hears_of_it(rig: Rig, aftermath: Aftermath, name: str, request_: str) -> None:
    _meets(rig, aftermath, (name, request_), answers_lost)


@pytest.mark.parametrize(("name", "request_"), WRITES)
def test_an_answer_that_was_lost_and_asked_for_again_is_no_defeat(
    rig: Rig, aftermath: Aftermath, name: str, request_: str
) -> None:
    """As if nothing had happened."""
    scenario = SCENARIOS[name]
    act = scenario.arrange(rig)
    with rig.aws_calls.heard() as calls, meeting(rig, request_, answer_lost):
        answer = act()

    assert came_of(answer) == scenario.well
    # What is tidied away only where the answer is heard, the table tidies later.
    assert set(scenario.requests) - set(scenario.unseen) <= set(_asked(calls)) <= set(scenario.requests)
    assert not _is_stuck(rig)
    scenario.again(rig, act)
    aftermath.check()


def test_an_unlink_whose_answer_was_lost_revokes_all_the_same(rig: Rig) -> None:
    """DynamoDB knows the repeated transaction by its token, and the tokens were read before it."""
    rig.runner.linked()
    with rig.aws_calls.fault("TransactWriteItems", answer_lost):
        assert rig.runner.unlink().status == 204

    assert not rig.trainingpeaks.simulator.live_grants(rig.runner.athlete.id)


@pytest.mark.parametrize(
    ("name", "request_", "action"),
    [(*point, died_after) for point in WRITES] + [(*point, died_before) for point in WRITES if "callback" in point[0]],
)
def test_a_function_that_dies_leaves_nothing_to_stumble_over(
    rig: Rig, aftermath: Aftermath, name: str, request_: str, action: Action
) -> None:
    scenario = SCENARIOS[name]
    act = scenario.arrange(rig)
    with pytest.raises(DiedError), meeting(rig, request_, action):
        act()

    _drop_scripts(rig)
    link_anew(rig)
    is_lost = action is died_before and request_ == scenario.keeps
    aftermath.check(lost=is_lost, uncounted=action is died_after)


@pytest.mark.parametrize("for_good", [True, False])
@pytest.mark.parametrize("starts_anew", [True, False])
def test_a_link_made_while_the_callbacks_answer_is_lost_keeps_its_tokens(
    rig: Rig, *, for_good: bool, starts_anew: bool
) -> None:
    """The browser repeats the redirect, finds it authorised, and the app confirms: all before the first one is done."""
    query = rig.runner.allowed()

    def repeat_and_confirm() -> None:
        landing = rig.runner.come_back(query).landing
        assert rig.runner.present(landing["attempt_id"], landing["confirmation_code"]).status == 200
        if starts_anew:
            assert rig.runner.start().status == 201

    with rig.aws_calls.fault("UpdateItem", lost_after(repeat_and_confirm, for_good=for_good), nth=2):
        answer = rig.runner.come_back(query)

    account = rig.stored.account(rig.runner.user)
    assert account.link
    assert rig.stored.item(f"GRANT#{account.link.grant.id}"), "a link without tokens"
    assert answer.outcome == ("expired" if starts_anew else "authorized")
    assert rig.runner.unlink().status == 204
    assert not rig.trainingpeaks.simulator.live_grants(rig.runner.athlete.id)
