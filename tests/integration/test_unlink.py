"""`DELETE /link`: forgets the link whatever TrainingPeaks says, and ends Kinni's access there."""

from datetime import timedelta

import pytest

from account_link.deadline import Deadline
from tests.integration.aws_calls import AwsCalls, requests
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


def _live(runner: Runner) -> int:
    return len(runner.trainingpeaks.simulator.live_grants(runner.athlete.id))


def test_it_forgets_the_link_and_ends_access_at_trainingpeaks(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    assert _live(runner) == 1

    answer = runner.unlink()

    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["cache-control"] == "no-store"
    assert "content-type" not in answer.headers
    status = runner.status().json
    assert (status["linked"], status["connection"], status["athlete"]) == (False, "none", None)
    assert (status["auto_upload"], status["token"], status["scopes"], status["linked_at"]) == (False, None, [], None)
    assert not stored.grants_of(runner.user)
    assert _live(runner) == 0


def test_the_athletes_claim_is_given_up_and_fenced(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    asked_at = stored.claim(runner.athlete.id)["asked_at"]
    runner.unlink()

    claim = stored.claim(runner.athlete.id)
    assert claim.keys() == {"pk", "fence", "ttl"}
    assert claim["fence"] > asked_at


def test_an_athletes_name_does_not_outlive_the_link(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    runner.unlink()

    assert f"Vale {runner.athlete.id}" not in str(stored.account_item(runner.user))


def test_without_a_link_it_is_204_and_writes_nothing(runner: Runner, stored: StoredItems, aws_calls: AwsCalls) -> None:
    with aws_calls.heard() as calls:
        answers = [runner.unlink() for _ in range(2)]

    assert [answer.status for answer in answers] == [204, 204]
    assert requests(calls, "dynamodb") == ["GetItem"] * 2
    assert not stored.account_item(runner.user)


def test_repeating_it_is_harmless(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    runner.unlink()
    before = stored.all_of(runner.user, runner.athlete.id)

    assert runner.unlink().status == 204
    assert stored.all_of(runner.user, runner.athlete.id) == before


def test_a_pending_attempt_is_ended(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    query = runner.allowed()
    runner.unlink()
    asked = trainingpeaks.requests.total()

    assert runner.status().json["attempt"]["status"] == "expired"
    assert runner.come_back(query).outcome == "expired"
    assert trainingpeaks.requests.total() == asked


def test_an_authorised_attempt_is_ended_and_its_tokens_destroyed(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.authorised()
    runner.unlink()

    assert not stored.grants_of(runner.user)
    assert runner.confirm(authorised).code == "attempt_expired"


def test_a_link_and_an_attempt_to_authorise_again_end_together(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    again = runner.authorised()
    assert len(stored.grants_of(runner.user)) == 2

    runner.unlink()

    assert not stored.grants_of(runner.user)
    assert runner.confirm(again).code == "attempt_expired"
    assert runner.status().json["linked"] is False


def test_a_wrong_account_is_unlinked_then_the_right_one_linked(runner: Runner) -> None:
    wrong = new_athlete()
    runner.linked(wrong)
    runner.set_auto_upload(enabled=False)
    runner.unlink()
    runner.linked()

    status = runner.status().json
    assert status["athlete"]["id"] == runner.athlete.id
    assert status["auto_upload"] is True


@pytest.mark.parametrize("status", [200, 204])
def test_either_success_of_deauthorising_is_one(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, sends(status, b""))

    assert runner.unlink().status == 204
    assert '"revocation":"done"' in capfd.readouterr().out


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
    trainingpeaks: ScriptedTrainingPeaks,
    capfd: pytest.CaptureFixture[str],
    reply: Reply,
) -> None:
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, reply)

    assert runner.unlink().status == 204
    assert '"revocation":"failed"' in capfd.readouterr().out
    assert runner.status().json["linked"] is False
    assert not stored.grants_of(runner.user)
    runner.linked()


def test_an_access_token_that_has_expired_is_refreshed_first(
    services: Services, clock: Clock, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    athlete = new_athlete()
    user = services.linked(trainingpeaks, athlete)
    clock.pass_by(timedelta(minutes=10))
    before = trainingpeaks.requests.copy()

    services.unlink.unlink(user, Deadline(29))

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
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, says(401, {}), says(401, {}))

    assert runner.unlink().status == 204
    assert runner.status().json["linked"] is False


REFRESHES_THAT_FAIL: dict[str, tuple[Reply, str]] = {
    "invalid_grant": (says(400, {"error": "invalid_grant"}), "already_ended"),
    "invalid_client": (says(400, {"error": "invalid_client"}), "failed"),
    "401": (says(401, {}), "failed"),
    "429": (says(429, {}), "failed"),
    "500": (says(500, {}), "failed"),
    "HTML": (sends(200, b"<html></html>"), "failed"),
    "an answer that breaks off": (breaks_off, "failed"),
    "a dropped connection": (drops, "failed"),
}


@pytest.mark.parametrize(("reply", "revocation"), REFRESHES_THAT_FAIL.values(), ids=REFRESHES_THAT_FAIL)
def test_a_refresh_that_fails_does_not_stop_it(
    runner: Runner,
    trainingpeaks: ScriptedTrainingPeaks,
    capfd: pytest.CaptureFixture[str],
    reply: Reply,
    revocation: str,
) -> None:
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, says(401, {}))
    trainingpeaks.script(TOKEN, reply)

    assert runner.unlink().status == 204
    assert f'"revocation":"{revocation}"' in capfd.readouterr().out
    assert runner.status().json["linked"] is False


def test_a_refreshed_token_that_no_header_can_carry_does_not_stop_it(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, says(401, {}))
    trainingpeaks.script(TOKEN, changed(access_token="tok\u00ebn " * 4))

    assert runner.unlink().status == 204


def test_one_who_must_authorise_again_has_nothing_to_revoke(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    other = new_runner()
    other.linked(runner.athlete)
    before = trainingpeaks.requests.total()

    assert runner.unlink().status == 204
    assert trainingpeaks.requests.total() == before
    assert runner.status().json["linked"] is False
    assert stored.claim(runner.athlete.id)["holder"] == other.user
    assert other.status().json["connection"] == "active"


def test_sealed_tokens_moved_to_another_user_do_not_open(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
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


@pytest.mark.parametrize(
    "sealed", [b"", b"\x01", b"\x02" * 200, b"\x01\xff\xff" + b"x" * 100, b"\x01\x00\x10" + b"x" * 200]
)
def test_sealed_tokens_that_were_damaged_do_not_stop_it(runner: Runner, stored: StoredItems, sealed: bytes) -> None:
    runner.linked()
    (key,) = stored.grants_of(runner.user)
    stored.put((stored.item(key) or {}) | {"tokens": sealed})

    assert runner.unlink().status == 204
    assert runner.status().json["linked"] is False
