"""`GET /callback`: every way in which it can end."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from local.trainingpeaks.athletes import ATHLETES
from tests.e2e.athlete_browser import AthleteBrowser, told
from tests.integration.runner import Answer, Runner, state_of
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    PROFILE,
    TOKEN,
    Reply,
    ScriptedTrainingPeaks,
    new_athlete,
    says,
    sends,
)
from tests.integration.services import RETURN_URLS
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker

HTTPS, LOOPBACK, APP = RETURN_URLS
CONFIRMABLE = timedelta(minutes=10)
COACH = next(athlete for athlete in ATHLETES if athlete.is_coach)
EMPTY = next(athlete for athlete in ATHLETES if athlete.username == "empty")
REFUSED_CLIENT: dict[str, Reply] = {
    "invalid_client": says(400, {"error": "invalid_client"}),
    "invalid_request": says(400, {"error": "invalid_request"}),
    "invalid_scope": says(400, {"error": "invalid_scope"}),
    "400 in HTML": sends(400, b"<html>bad request</html>"),
    "400 without a body": sends(400, b""),
    "401": says(401, {"error": "invalid_client"}),
    "403": says(403, {}),
    "404": sends(404, b"not here"),
}
NO_PROFILES: dict[str, Reply] = {
    "404": says(404, {}),
    "nothing": sends(200, b""),
    "204": sends(204, b""),
    "null": says(200, None),
    "an empty object": says(200, {}),
    "no id": says(200, {"Id": None, "FirstName": "Robin"}),
    "0 as id": says(200, {"Id": 0}),
    "a negative id": says(200, {"Id": -1}),
    "true as id": says(200, {"Id": True}),
    "a text as id": says(200, {"Id": "123456"}),
    "an id that no number can be": says(200, {"Id": 2**63}),
    "a text": says(200, "hello"),
}


def _come_back_denied(runner: Runner, return_url: str, *, error: str = "access_denied") -> Answer:
    return runner.come_back_denied(runner.start(return_url=return_url).json["authorization_url"], error=error)


def test_authorised(runner: Runner, stored: StoredItems, worker: Worker) -> None:
    query = runner.allowed()
    answer = runner.come_back(query)

    assert answer.status == 303
    assert answer.landing.keys() == {"attempt_id", "outcome", "confirmation_code"}
    assert answer.outcome == "authorized"
    assert answer.target.startswith(f"{HTTPS}#")
    assert runner.attempt() == ("authorized", None)
    assert stored.grants_of(runner.user) == [f"GRANT#{grant_id}" for grant_id in worker.announced()]
    assert len(worker.announced()) == 1
    assert not stored.released_of(runner.user)
    assert runner.status().json["linked"] is False


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("access_denied", "cancelled"),
        ("server_error", "trainingpeaks_unavailable"),
        ("temporarily_unavailable", "trainingpeaks_unavailable"),
        ("invalid_scope", "configuration_error"),
        ("unauthorized_client", "configuration_error"),
        ("<script>alert(1)</script>", "configuration_error"),
        ("e" * 5000, "configuration_error"),
    ],
)
def test_an_error_instead_of_a_code(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, error: str, outcome: str
) -> None:
    attempt_id, url = runner.started()
    before = trainingpeaks.requests.total()
    answer = runner.come_back(urlencode({"error": error, "error_description": "theirs", "state": state_of(url)}))

    assert answer.landing == {"attempt_id": attempt_id, "outcome": outcome}
    assert runner.attempt() == ("cancelled" if outcome == "cancelled" else "failed", outcome)
    assert trainingpeaks.requests.total() == before
    runner.links_at_the_next_try(stored)


def test_the_code_is_refused(runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks) -> None:
    trainingpeaks.script(TOKEN, says(400, {"error": "invalid_grant", "error_description": "theirs"}))
    answer = runner.come_back(runner.allowed())

    assert answer.outcome == "expired"
    assert "theirs" not in answer.text + answer.target
    assert runner.attempt() == ("failed", "expired")
    runner.links_at_the_next_try(stored)


def test_the_simulator_itself_refuses_a_made_up_code(runner: Runner, stored: StoredItems) -> None:
    _, url = runner.started()

    assert runner.come_back(urlencode({"code": "made up", "state": state_of(url)})).outcome == "expired"
    runner.links_at_the_next_try(stored)


@pytest.mark.parametrize("scopes", [["file:write"], []])
def test_a_permission_is_missing(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, scopes: list[str]
) -> None:
    _, url = runner.started()
    answer = runner.come_back(trainingpeaks.allow(url, runner.athlete, scopes=scopes))

    assert answer.outcome == "permission_missing"
    assert runner.attempt() == ("failed", "permission_missing")
    runner.links_at_the_next_try(stored)


@pytest.mark.parametrize("revoked_first", [True, False])
def test_a_grant_that_must_not_write_files_is_released_to_the_worker(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker, *, revoked_first: bool
) -> None:
    """Its athlete is known, so it can be revoked: before the next link, or else not at all."""
    _, url = runner.started()
    before = trainingpeaks.requests[DEAUTHORISE]
    answer = runner.come_back(trainingpeaks.allow(url, runner.athlete, scopes=["athlete:profile"]))

    assert answer.outcome == "permission_missing"
    assert runner.attempt() == ("failed", "permission_missing")
    assert len(stored.released_of(runner.user)) == 1
    if revoked_first:
        assert not worker.drain()
        assert not trainingpeaks.simulator.live_grants(runner.athlete.id)
        assert not stored.grants_of(runner.user)
    runner.linked()
    assert not worker.drain()
    assert trainingpeaks.requests[DEAUTHORISE] == before + revoked_first
    assert stored.grants_of(runner.user) == [f"GRANT#{stored.claim(runner.athlete.id)['grant_id']}"]


def test_the_profile_is_forbidden(runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks) -> None:
    trainingpeaks.script(PROFILE, says(403, {}))

    assert runner.come_back(runner.allowed()).outcome == "permission_missing"
    runner.links_at_the_next_try(stored)


@pytest.mark.parametrize("reply", NO_PROFILES.values(), ids=NO_PROFILES)
def test_the_profile_says_nothing(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, reply: Reply
) -> None:
    trainingpeaks.script(PROFILE, reply)

    assert runner.come_back(runner.allowed()).outcome == "profile_data_missing"
    assert runner.attempt() == ("failed", "profile_data_missing")
    runner.links_at_the_next_try(stored)


def test_the_simulators_empty_profile(runner: Runner, stored: StoredItems) -> None:
    assert runner.come_back(runner.allowed(EMPTY)).outcome == "profile_data_missing"
    runner.links_at_the_next_try(stored)


def test_a_coach(runner: Runner, stored: StoredItems) -> None:
    assert runner.come_back(runner.allowed(COACH)).outcome == "coach_account"
    assert runner.attempt() == ("failed", "coach_account")
    runner.links_at_the_next_try(stored)


def test_a_different_athlete_than_the_linked_one(runner: Runner, stored: StoredItems, worker: Worker) -> None:
    runner.linked()
    runner.set_auto_upload(enabled=False)
    other = new_athlete()
    answer = runner.come_back(runner.allowed(other))

    assert answer.outcome == "different_athlete"
    assert runner.attempt() == ("failed", "different_athlete")
    status = runner.status().json
    assert (status["connection"], status["athlete"]["id"]) == ("active", runner.athlete.id)
    assert status["auto_upload"] is False
    assert (len(stored.grants_of(runner.user)), len(stored.released_of(runner.user))) == (2, 1)
    # The worker revokes it, and nothing of the link's.
    assert not worker.drain()
    assert len(stored.grants_of(runner.user)) == 1
    assert not runner.trainingpeaks.simulator.live_grants(other.id)
    assert len(runner.trainingpeaks.simulator.live_grants(runner.athlete.id)) == 1
    # A wrong account is unlinked, then the right one linked.
    runner.unlink()
    runner.linked(other)
    assert runner.status().json["athlete"]["id"] == other.id


@pytest.mark.parametrize("reply", REFUSED_CLIENT.values(), ids=REFUSED_CLIENT)
def test_kinni_itself_is_refused(
    runner: Runner,
    stored: StoredItems,
    trainingpeaks: ScriptedTrainingPeaks,
    capfd: pytest.CaptureFixture[str],
    reply: Reply,
) -> None:
    trainingpeaks.script(TOKEN, reply)

    assert runner.come_back(runner.allowed()).outcome == "configuration_error"
    assert runner.attempt() == ("failed", "configuration_error")
    # The metric on which operators are alarmed.
    assert '"ClientRefused"' in capfd.readouterr().out
    runner.links_at_the_next_try(stored)


def test_an_error_that_anybody_can_type_alarms_nobody(runner: Runner, capfd: pytest.CaptureFixture[str]) -> None:
    assert _come_back_denied(runner, HTTPS, error="unauthorized_client").outcome == "configuration_error"
    assert "ClientRefused" not in capfd.readouterr().out


def test_the_whole_walk_over_http_and_through_trainingpeaks_own_pages(
    http_runner: Runner, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    before = trainingpeaks.requests.copy()
    attempt_id, url = http_runner.started()
    with AthleteBrowser(url.partition("/OAuth")[0]) as browser:
        consent = browser.sign_in(browser.open_link(url), "premium")
        told_kinni = told(browser.answer(consent, "allow"))
    answer = http_runner.come_back(urlencode(told_kinni))

    assert (answer.status, answer.outcome) == (303, "authorized")
    assert http_runner.present(attempt_id, answer.landing["confirmation_code"]).json["athlete"]["first_name"] == "Dana"
    assert http_runner.set_auto_upload(enabled=False).json == {"auto_upload": False}
    assert http_runner.status().json["auto_upload"] is False
    assert http_runner.unlink().status == 204
    assert http_runner.status().json["linked"] is False
    asked = trainingpeaks.requests - before
    assert {path: asked[path] for path in (TOKEN, PROFILE, DEAUTHORISE)} == {TOKEN: 1, PROFILE: 1, DEAUTHORISE: 1}


def test_being_authorised_leaves_ten_minutes_to_confirm(runner: Runner, stored: StoredItems) -> None:
    query = runner.allowed()
    stored.age(runner.user, timedelta(minutes=14))
    landing = runner.come_back(query).landing
    stored.age(runner.user, CONFIRMABLE - timedelta(seconds=5))

    assert runner.present(landing["attempt_id"], landing["confirmation_code"]).status == 200
