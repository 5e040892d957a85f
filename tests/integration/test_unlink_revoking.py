"""`DELETE /link`: what TrainingPeaks says to it, and what is left to the worker then."""

from datetime import timedelta

import pytest

from account_link.deadline import Deadline
from account_link.models import InvocationId
from tests.integration.runner import NewRunner, Runner
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    TOKEN,
    Reply,
    ScriptedTrainingPeaks,
    breaks_off,
    changed,
    drops,
    drops_afterwards,
    new_athlete,
    says,
    sends,
)
from tests.integration.services import Clock, Services
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker


def _live(runner: Runner) -> int:
    return len(runner.trainingpeaks.simulator.live_grants(runner.athlete.id))


@pytest.mark.parametrize("status", [200, 204])
def test_either_success_of_deauthorising_is_one(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, sends(status, b""))

    assert runner.unlink().status == 204
    said = capfd.readouterr().out
    assert '"GrantRevoked"' in said
    assert '"how":"deauthorised"' in said
    assert "RevocationLeftToWorker" not in said


UNWILLING: dict[str, Reply] = {
    "400": says(400, {}),
    "403": says(403, {}),
    "404": says(404, {}),
    "429": says(429, {}),
    "500": says(500, {}),
    "HTML": sends(503, b"<html></html>"),
    "a redirect": sends(302, b"", location="https://elsewhere.example/"),
    "a dropped connection": drops,
    "a connection dropped afterwards": drops_afterwards,
}


@pytest.mark.parametrize("reply", UNWILLING.values(), ids=UNWILLING)
def test_trainingpeaks_does_not_stop_it(
    runner: Runner,
    stored: StoredItems,
    worker: Worker,
    capfd: pytest.CaptureFixture[str],
    reply: Reply,
) -> None:
    runner.linked()
    runner.trainingpeaks.script(DEAUTHORISE, reply)

    assert runner.unlink().status == 204
    assert '"RevocationLeftToWorker"' in capfd.readouterr().out
    assert runner.status().json["linked"] is False
    assert len(stored.released_of(runner.user)) == 1
    # The worker finishes it.
    assert not worker.drain()
    assert not stored.grants_of(runner.user)
    assert _live(runner) == 0
    stored.let_fence_pass(runner.athlete.id)
    runner.linked()


def test_after_an_unclear_answer_no_grant_is_linked_until_the_call_is_over(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    """The call may still reach TrainingPeaks, which may end the new grant with the old one."""
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, drops)
    runner.unlink()

    early = runner.confirm(runner.authorised())
    assert (early.status, early.code) == (409, "attempt_not_authorized")
    stored.let_fence_pass(runner.athlete.id)
    before = trainingpeaks.requests[DEAUTHORISE]
    runner.linked()
    # Both older grants are superseded by now.
    assert not worker.drain()
    assert trainingpeaks.requests[DEAUTHORISE] == before
    assert len(stored.grants_of(runner.user)) == 1


def test_what_an_unlink_leaves_waits_for_the_next_link_and_is_superseded_by_it(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    """While the user is connecting again, a revocation could end the new grant."""
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, says(500, {}))
    runner.unlink()
    stored.let_fence_pass(runner.athlete.id)
    authorised, before = runner.authorised(), trainingpeaks.requests[DEAUTHORISE]

    assert len(worker.drain()) == 2
    assert runner.confirm(authorised).status == 200
    assert not worker.drain()
    assert trainingpeaks.requests[DEAUTHORISE] == before
    assert runner.status().json["connection"] == "active"
    assert len(stored.grants_of(runner.user)) == 1


def test_an_access_token_that_has_expired_is_refreshed_first(
    services: Services, clock: Clock, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    athlete = new_athlete()
    user = services.linked(trainingpeaks, athlete)
    clock.pass_by(timedelta(minutes=10))
    before = trainingpeaks.requests.copy()

    services.unlink.unlink(user, InvocationId("unlink"), Deadline(29))

    assert trainingpeaks.requests - before == {TOKEN: 1, DEAUTHORISE: 1}
    assert not trainingpeaks.simulator.live_grants(athlete.id)
    assert services.link.status(user).link is None


def test_an_access_token_that_trainingpeaks_refuses_is_refreshed_then(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    before = trainingpeaks.requests.copy()
    trainingpeaks.script(DEAUTHORISE, says(401, {}))

    assert runner.unlink().status == 204
    assert trainingpeaks.requests - before == {DEAUTHORISE: 2, TOKEN: 1}
    assert _live(runner) == 0


def test_an_access_token_that_is_refused_again_does_not_stop_it(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    """The worker goes on with the tokens that the refresh brought."""
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, says(401, {}), says(401, {}))

    assert runner.unlink().status == 204
    assert runner.status().json["linked"] is False
    assert _live(runner) == 1
    before = trainingpeaks.requests.copy()
    assert not worker.drain()
    assert trainingpeaks.requests - before == {DEAUTHORISE: 1}
    assert _live(runner) == 0
    assert not stored.grants_of(runner.user)


LEFT = '"RevocationLeftToWorker"'
REFRESHES_THAT_FAIL: dict[str, tuple[Reply, str]] = {
    "invalid_grant": (says(400, {"error": "invalid_grant"}), '"how":"ended_already"'),
    "invalid_client": (says(400, {"error": "invalid_client"}), '"ClientRefused"'),
    "401": (says(401, {}), '"ClientRefused"'),
    "429": (says(429, {}), LEFT),
    "500": (says(500, {}), LEFT),
    "HTML": (sends(200, b"<html></html>"), LEFT),
    "an answer that breaks off": (breaks_off, LEFT),
    "a dropped connection": (drops, LEFT),
}


@pytest.mark.parametrize("failure", REFRESHES_THAT_FAIL.values(), ids=REFRESHES_THAT_FAIL)
def test_a_refresh_that_fails_does_not_stop_it(
    runner: Runner,
    stored: StoredItems,
    worker: Worker,
    capfd: pytest.CaptureFixture[str],
    failure: tuple[Reply, str],
) -> None:
    """What TrainingPeaks did not say to be over stays for the worker."""
    reply, metric = failure
    runner.linked()
    runner.trainingpeaks.script(DEAUTHORISE, says(401, {}))
    runner.trainingpeaks.script(TOKEN, reply)

    assert runner.unlink().status == 204
    said = capfd.readouterr().out
    assert metric in said
    assert runner.status().json["linked"] is False
    assert len(stored.released_of(runner.user)) == (LEFT in said)
    assert not worker.drain()
    assert not stored.grants_of(runner.user)


def test_a_refreshed_token_that_no_header_can_carry_does_not_stop_it(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, says(401, {}))
    trainingpeaks.script(TOKEN, changed(access_token="tok\u00ebn " * 4))

    assert runner.unlink().status == 204
    assert runner.status().json["linked"] is False
    assert len(stored.released_of(runner.user)) == 1


def test_sealed_tokens_moved_to_another_user_do_not_open(
    runner: Runner,
    new_runner: NewRunner,
    stored: StoredItems,
    trainingpeaks: ScriptedTrainingPeaks,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """They could not be revoked later either: they are destroyed, which alarms the operators."""
    other = new_runner()
    runner.linked()
    other.linked()
    (mine,), (theirs,) = stored.grants_of(runner.user), stored.grants_of(other.user)
    taken = (stored.item(mine) or {}) | {"pk": theirs, "user": other.user}
    stored.put(taken)
    before = trainingpeaks.requests.total()

    assert other.unlink().status == 204
    assert trainingpeaks.requests.total() == before
    assert _live(runner) == 1
    assert '"GrantLost"' in capfd.readouterr().out
    assert not stored.grants_of(other.user)


@pytest.mark.parametrize(
    "sealed", [b"", b"\x01", b"\x02" * 200, b"\x01\xff\xff" + b"x" * 100, b"\x01\x00\x10" + b"x" * 200]
)
def test_sealed_tokens_that_were_damaged_do_not_stop_it(
    runner: Runner, stored: StoredItems, capfd: pytest.CaptureFixture[str], sealed: bytes
) -> None:
    runner.linked()
    (key,) = stored.grants_of(runner.user)
    stored.put((stored.item(key) or {}) | {"sealed": sealed})

    assert runner.unlink().status == 204
    assert runner.status().json["linked"] is False
    assert '"GrantLost"' in capfd.readouterr().out
    assert not stored.grants_of(runner.user)
