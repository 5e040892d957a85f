"""What TrainingPeaks answers to a revocation, and the fence: up before the call, lowered after a definite answer."""

from contextlib import ExitStack

import pytest

from account_link.deadline import Deadline
from account_link.errors import TryAgainError
from account_link.models import FENCE, GrantId, InvocationId
from account_link.revocation import STORE_SECONDS, RevocationUnfinishedError
from account_link.rotation import REFRESH_SECONDS
from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import unreachable
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    TOKEN,
    says,
)
from tests.integration.token_life import (
    TokenLife,
    before_answering,
    counted,
    is_unfinished,
    times_out_afterwards,
)


def test_an_expired_access_token_is_refreshed_first_and_the_rotated_pair_kept(
    life: TokenLife, released: GrantId
) -> None:
    life.outlive_tokens()
    before = life.trainingpeaks.requests.copy()
    life.trainingpeaks.script(DEAUTHORISE, says(503, {}))
    is_unfinished(life, released)

    assert life.trainingpeaks.requests - before == {TOKEN: 1, DEAUTHORISE: 1}
    assert life.stored(released).version == 2
    assert life.stored(released).expires_at == life.opened(released).expires_at
    assert life.works(life.opened(released))

    life.look(released)
    assert life.trainingpeaks.requests - before == {TOKEN: 1, DEAUTHORISE: 2}
    assert not life.alive()
    assert not life.is_stored(released)


def test_a_refresh_that_could_outlast_the_invocation_is_not_begun(life: TokenLife, released: GrantId) -> None:
    life.outlive_tokens()
    before, stored = life.trainingpeaks.requests.copy(), life.stored(released)
    too_late = Deadline(STORE_SECONDS + REFRESH_SECONDS - 0.1)

    with pytest.raises(RevocationUnfinishedError):
        life.services.revoke.revoke(released, InvocationId("in a hurry"), too_late)

    assert life.trainingpeaks.requests == before
    assert life.stored(released) == stored
    life.look(released)
    assert not life.alive()


def test_a_refused_access_token_is_refreshed_once(life: TokenLife, released: GrantId) -> None:
    before = life.trainingpeaks.requests.copy()
    life.trainingpeaks.script(DEAUTHORISE, says(401, {}))

    life.look(released)

    assert life.trainingpeaks.requests - before == {TOKEN: 1, DEAUTHORISE: 2}
    assert not life.alive()
    assert not life.is_stored(released)


def test_an_access_token_that_is_refused_again_waits(life: TokenLife, released: GrantId) -> None:
    before = life.trainingpeaks.requests.copy()
    life.trainingpeaks.script(DEAUTHORISE, says(401, {}), says(401, {}))

    is_unfinished(life, released)

    assert life.trainingpeaks.requests - before == {TOKEN: 1, DEAUTHORISE: 2}
    assert life.works(life.opened(released))


def test_rotated_tokens_outlive_a_table_that_fails_for_a_moment(
    life: TokenLife, released: GrantId, aws_calls: AwsCalls
) -> None:
    """Release, lease and fence are written before; then the rotation fails, and fails once more."""
    life.outlive_tokens()
    life.trainingpeaks.script(DEAUTHORISE, says(503, {}))
    with aws_calls.fault("UpdateItem", unreachable, nth=4), aws_calls.fault("UpdateItem", unreachable, nth=4):
        is_unfinished(life, released)

    assert life.works(life.opened(released))


def test_rotated_tokens_that_no_table_takes_are_counted(
    life: TokenLife, released: GrantId, aws_calls: AwsCalls, capfd: pytest.CaptureFixture[str]
) -> None:
    life.outlive_tokens()
    fault, troubles = aws_calls.fault("UpdateItem", unreachable, nth=None), ExitStack()
    life.trainingpeaks.script(TOKEN, before_answering(lambda: troubles.enter_context(fault)))
    life.trainingpeaks.script(DEAUTHORISE, says(503, {}))
    with troubles, pytest.raises(TryAgainError):
        life.look(released)
    assert counted(capfd.readouterr().out)["GrantLost"] == 1


def test_a_grant_that_has_ended_already_is_done_with(
    life: TokenLife, released: GrantId, capfd: pytest.CaptureFixture[str]
) -> None:
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, says(400, {"error": "invalid_grant"}))

    life.look(released)

    assert not life.is_stored(released)
    assert counted(capfd.readouterr().out)["GrantRevoked ended_already"] == 1
    assert life.fence()["fence"] == life.milliseconds()


def test_an_answer_that_was_lost_is_found_out_at_the_next_look(life: TokenLife, released: GrantId) -> None:
    life.trainingpeaks.script(DEAUTHORISE, times_out_afterwards)
    is_unfinished(life, released)
    assert not life.alive()

    life.look(released)
    assert not life.is_stored(released)


def test_a_refusal_of_kinni_leaves_the_fence_and_alarms(
    life: TokenLife, released: GrantId, capfd: pytest.CaptureFixture[str]
) -> None:
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, says(401, {"error": "invalid_client"}))

    is_unfinished(life, released)

    assert counted(capfd.readouterr().out)["ClientRefused"] == 1
    assert life.fence()["fence"] == life.milliseconds(FENCE)
    assert life.works(life.opened(released))
