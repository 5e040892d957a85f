"""`GET /status`: everything the app shows, from one read."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.runner import Answer, Request, Runner
from tests.integration.scripted_trainingpeaks import TOKEN, ScriptedTrainingPeaks, after, changed
from tests.integration.stored import StoredItems

NOTHING = {
    "linked": False,
    "connection": "none",
    "athlete": None,
    "auto_upload": False,
    "token": None,
    "scopes": [],
    "linked_at": None,
    "attempt": None,
}


def test_a_user_whom_we_do_not_know(runner: Runner, stored: StoredItems) -> None:
    answer = runner.status()

    assert (answer.status, answer.json) == (200, NOTHING)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert not stored.account_item(runner.user)


def test_a_linked_user(runner: Runner) -> None:
    authorised = runner.linked()
    status = runner.status().json

    now = datetime.now(UTC)
    assert status["linked"] is True
    assert status["connection"] == "active"
    assert status["athlete"]["id"] == runner.athlete.id
    assert status["auto_upload"] is True
    assert status["scopes"] == ["athlete:profile", "file:write"]
    assert status["attempt"]["attempt_id"] == authorised.attempt_id
    assert timedelta(0) <= now - datetime.fromisoformat(status["linked_at"]) < timedelta(seconds=5)
    assert status["token"]["valid"] is True
    assert timedelta(seconds=595) < datetime.fromisoformat(status["token"]["expires_at"]) - now <= timedelta(minutes=10)
    assert 595 < status["token"]["expires_in_seconds"] <= 600


def test_an_expired_access_token_is_told_and_the_link_stays_active(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    stored.change_account(runner.user, lambda item: item["link"]["grant"].update(expires_at=1_000_000))
    status = runner.status().json

    assert (status["linked"], status["connection"]) == (True, "active")
    assert status["token"] == {"valid": False, "expires_at": "1970-01-01T00:16:40Z", "expires_in_seconds": 0}


@pytest.mark.parametrize(("expires_in", "seconds"), [("3600", 3600), (None, 600), (1, 1)])
def test_the_tokens_clock_is_what_trainingpeaks_said(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, expires_in: object, seconds: int
) -> None:
    trainingpeaks.script(TOKEN, changed(expires_in=expires_in))
    runner.linked()

    assert seconds - 5 < runner.status().json["token"]["expires_in_seconds"] <= seconds


def test_names_may_be_missing(runner: Runner, trainingpeaks: ScriptedTrainingPeaks, stored: StoredItems) -> None:
    assert runner.athlete.profile
    runner.athlete.profile.update(FirstName=None, LastName="  ")
    runner.linked()

    assert runner.status().json["athlete"] == {"id": runner.athlete.id, "first_name": None, "last_name": None}
    assert stored.claim(runner.athlete.id)
    assert trainingpeaks.requests


def test_every_status_of_an_attempt(runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks) -> None:
    seen: list[tuple[str, str | None]] = []

    def look() -> None:
        attempt = runner.status().json["attempt"]
        seen.append((attempt["status"], attempt["error_code"]))

    _, url = runner.started()
    look()
    trainingpeaks.script(TOKEN, after(look))
    landing = runner.come_back(trainingpeaks.allow(url, runner.athlete)).landing
    look()
    runner.present(landing["attempt_id"], landing["confirmation_code"])
    look()
    state = runner.allowed().partition("&")[2]
    runner.come_back(f"error=access_denied&{state}")
    look()
    state = runner.allowed().partition("&")[2]
    runner.come_back(f"error=server_error&{state}")
    look()
    runner.started()
    stored.age(runner.user, timedelta(minutes=15))
    look()

    assert seen == [
        ("pending", None),
        ("exchanging", None),
        ("authorized", None),
        ("linked", None),
        ("cancelled", "cancelled"),
        ("failed", "trainingpeaks_unavailable"),
        ("expired", None),
    ]


def test_an_exchange_older_than_the_function_can_run_reads_as_failed(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    seen: list[dict[str, object]] = []

    def look_later() -> None:
        stored.age(runner.user, timedelta(seconds=28))
        seen.append(runner.status().json["attempt"])
        stored.age(runner.user, timedelta(seconds=1))
        seen.append(runner.status().json["attempt"])

    trainingpeaks.script(TOKEN, after(look_later))
    runner.come_back(runner.allowed())

    assert [attempt["status"] for attempt in seen] == ["exchanging", "failed"]
    assert [attempt["error_code"] for attempt in seen] == [None, "try_again"]


def test_reading_changes_nothing(runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks) -> None:
    runner.linked()
    stored.age(runner.user, timedelta(hours=1))
    before, asked = stored.all_of(runner.user, runner.athlete.id), trainingpeaks.requests.total()
    for _ in range(3):
        runner.status()

    assert (stored.all_of(runner.user, runner.athlete.id), trainingpeaks.requests.total()) == (before, asked)


@pytest.mark.parametrize("folder", ["start_auth", "confirm", "status", "toggle", "unlink"])
@pytest.mark.parametrize(
    "claims", [{}, {"sub": ""}, {"sub": "x" * 256}, {"sub": 1}, {"sub": "\ud800"}, {"username": "runner-1"}]
)
def test_without_a_usable_sub_nobody_is_signed_in(
    runner: Runner, stored: StoredItems, folder: str, claims: dict[str, object]
) -> None:
    before = stored.all_of(runner.user, runner.athlete.id)
    answer = _as_claimed(runner, folder, claims)

    assert (answer.status, answer.code) == (401, "not_signed_in")
    assert stored.all_of(runner.user, runner.athlete.id) == before


def _as_claimed(runner: Runner, folder: str, claims: dict[str, object]) -> Answer:
    headers = {"Idempotency-Key": "tap"}
    return runner.door.send(Request(folder, None, headers=headers, body="{}", claims=claims))


def test_a_problem_says_what_the_contract_names_and_nothing_else(runner: Runner) -> None:
    answer = runner.present("no-such-attempt", "c")

    assert answer.json.keys() == {"type", "title", "status", "detail", "code", "request_id"}
    assert answer.json["type"] == "urn:kinni:trainingpeaks:attempt_not_found"
    assert answer.json["status"] == 404
    assert answer.json["request_id"]
    assert answer.headers["cache-control"] == "no-store"
