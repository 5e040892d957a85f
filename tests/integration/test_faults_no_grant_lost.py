"""Whatever fails or dies at any call, and whether or not its user comes back, no grant is lost."""

from dataclasses import dataclass

import pytest

from tests.integration.aws_calls import Action
from tests.integration.aws_faults import DiedError, answers_lost, died_after, died_before, failing
from tests.integration.fault_points import AFTER_TRAININGPEAKS, KEYS, SCENARIOS, WRITES
from tests.integration.fault_scenarios import AGAIN, Rig, came_of, meeting
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    PROFILE,
    TOKEN,
    Reply,
    drops,
    drops_afterwards,
    says,
)
from tests.integration.services import Aws
from tests.integration.wholeness import Aftermath

GRANTLESS = {"start", "start-joins", "start-tidies", "callback-cancelled", "toggle"}
"""What has no grant before it, or touches none."""
FAULTS: list[tuple[str, str, Action]] = [
    *(
        (*point, action)
        for point in WRITES
        if point[0] not in GRANTLESS
        for action in (failing, answers_lost, died_after)
    ),
    *((*point, failing) for point in KEYS),
    # Elsewhere it is as if the function had died after the request before.
    *((*point, died_before) for point in AFTER_TRAININGPEAKS),
]


@pytest.fixture
def aftermath(rig: Rig, aws: Aws, capfd: pytest.CaptureFixture[str]) -> Aftermath:
    return Aftermath.of(rig.runner, rig.stored, aws, rig.aws_calls, capfd)


@pytest.mark.parametrize(("name", "request_", "action"), FAULTS)
def test_no_grant_is_lost_although_its_user_never_comes_back(
    rig: Rig, aftermath: Aftermath, name: str, request_: str, action: Action
) -> None:
    """Only who dies between the answer of TrainingPeaks and the write that keeps the tokens takes them along."""
    scenario = SCENARIOS[name]
    act = scenario.arrange(rig)
    with meeting(rig, request_, action):
        try:
            act()
        except DiedError:
            assert action in {died_before, died_after}

    is_lost = action is died_before and request_ == scenario.keeps
    aftermath.check(lost=is_lost, uncounted=action in {answers_lost, died_after})


@dataclass(frozen=True, slots=True)
class Trouble:
    """So many calls of a path fail in a scenario, of which that comes."""

    scenario: str
    path: str
    comes: str
    times: int = 1


TROUBLES = [
    Trouble("callback", TOKEN, "trainingpeaks_unavailable"),
    # It is read twice.
    Trouble("callback", PROFILE, "trainingpeaks_unavailable", 2),
    Trouble("callback-unpermitted", PROFILE, "permission_missing", 2),
    Trouble("unlink", DEAUTHORISE, "204"),
    Trouble("revoke", DEAUTHORISE, AGAIN),
    Trouble("revoke-refreshes", TOKEN, AGAIN),
    Trouble("use-refreshes", TOKEN, AGAIN),
]
REPLIES: dict[str, Reply] = {
    "429": says(429, {}),
    "500": says(500, {}),
    "not reached": drops,
    "answer lost": drops_afterwards,
}


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: f"{trouble.scenario}{trouble.path}")
def test_no_grant_is_lost_at_trainingpeaks_but_those_whose_answer_was(
    rig: Rig, aftermath: Aftermath, trouble: Trouble, reply: str
) -> None:
    """And those of which it does not say whose they are: we may not end what may be somebody's link."""
    act = SCENARIOS[trouble.scenario].arrange(rig)
    rig.trainingpeaks.script(trouble.path, *[REPLIES[reply]] * trouble.times)

    assert came_of(act()) == trouble.comes
    is_answer_lost = reply == "answer lost" and trouble.path == TOKEN
    aftermath.check(lost=is_answer_lost or trouble.path == PROFILE)
