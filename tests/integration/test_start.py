"""`POST /auth`: one attempt per user, however often it is asked for."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from account_link import wiring
from tests.integration.runner import NewRunner, Runner
from tests.integration.scripted_trainingpeaks import CLIENT_ID, DEAUTHORISE, ScriptedTrainingPeaks
from tests.integration.services import RETURN_URLS
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker

HTTPS, LOOPBACK, APP = RETURN_URLS
JUST_JOINABLE = timedelta(seconds=58)
A_MINUTE = timedelta(seconds=60)
DEAD_EXCHANGE = timedelta(seconds=29)
LIFETIME = timedelta(minutes=15)


def test_a_new_attempt_is_pending_and_has_a_url(runner: Runner, stored: StoredItems) -> None:
    answer = runner.start()

    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {"attempt_id", "status", "authorization_url", "expires_at"}
    assert answer.json["status"] == "pending"
    assert 14.9 < answer.minutes_left <= 15
    attempt = stored.account(runner.user).attempt
    assert attempt
    assert (attempt.id, attempt.return_url) == (answer.json["attempt_id"], HTTPS)


def test_the_url_is_as_trainingpeaks_documents_it(runner: Runner) -> None:
    url = urlsplit(runner.start().json["authorization_url"])
    query = parse_qs(url.query, strict_parsing=True)

    assert url.path == "/OAuth/Authorize"
    assert query.keys() == {"response_type", "client_id", "redirect_uri", "scope", "state"}
    assert query["response_type"] == ["code"]
    assert query["client_id"] == [CLIENT_ID]
    assert query["scope"] == ["athlete:profile file:write"]
    assert "scope=athlete%3Aprofile%20file%3Awrite" in url.query
    assert query["redirect_uri"][0].endswith("/v1/trainingpeaks/callback")


def test_a_state_holds_256_random_bits_and_nothing_of_the_user(runner: Runner) -> None:
    _, url = runner.started()
    state = parse_qs(urlsplit(url).query)["state"][0]
    _, _, secret = state.partition(".")

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)
    assert len(state) <= 512
    assert runner.user not in state


def test_another_key_joins_a_pending_attempt(runner: Runner) -> None:
    first = runner.start()
    other = runner.start()

    assert (first.status, other.status) == (201, 200)
    assert other.json == first.json


def test_joining_keeps_the_first_starts_return_url(runner: Runner, stored: StoredItems) -> None:
    runner.start("one", return_url=APP)
    joined = runner.start("two", return_url=LOOPBACK)
    repeated = runner.start("two", return_url=LOOPBACK)

    attempt = stored.account(runner.user).attempt
    assert attempt
    assert attempt.return_url == APP
    assert (joined.status, repeated.status) == (200, 200)
    assert runner.start("two", return_url=APP).status == 422


@pytest.mark.parametrize(("passed", "left"), [(timedelta(minutes=9), 6), (timedelta(minutes=12), 5), (LIFETIME, 15)])
def test_joining_extends_a_pending_attempt_to_five_minutes(
    runner: Runner, stored: StoredItems, passed: timedelta, left: int
) -> None:
    runner.start()
    stored.age(runner.user, passed)
    answer = runner.start()

    assert left - 0.1 < answer.minutes_left <= left
    assert answer.status == (201 if passed == LIFETIME else 200)


def test_another_key_joins_an_exchanging_attempt(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    attempt_id, _ = _left_exchanging(runner, stored, trainingpeaks)

    answer = runner.start()

    assert (answer.status, answer.json["attempt_id"]) == (200, attempt_id)
    assert (answer.json["status"], answer.json["authorization_url"]) == ("exchanging", None)


def test_an_exchange_older_than_the_function_can_run_is_replaced(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    attempt_id, _ = _left_exchanging(runner, stored, trainingpeaks)
    stored.age(runner.user, DEAD_EXCHANGE)

    answer = runner.start()

    assert answer.status == 201
    assert answer.json["attempt_id"] != attempt_id


def _left_exchanging(runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks) -> tuple[str, str]:
    """Leave an attempt as a callback leaves it that dies in its exchange."""
    attempt_id, url = runner.started()
    query = trainingpeaks.allow(url, runner.athlete)
    pending = stored.account_item(runner.user)["attempt"]
    runner.come_back(query)
    redeemed = stored.account_item(runner.user)["attempt"]["redemption"]
    exchanging = pending | {"status": "exchanging", "redemption": redeemed}
    stored.change_account(runner.user, lambda item: item.update(attempt=exchanging))
    return attempt_id, query


def test_another_key_joins_an_attempt_that_was_just_authorised(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.authorised()
    stored.age(runner.user, JUST_JOINABLE)

    answer = runner.start()

    assert (answer.status, answer.json["attempt_id"]) == (200, authorised.attempt_id)
    assert (answer.json["status"], answer.json["authorization_url"]) == ("authorized", None)
    assert runner.confirm(authorised).status == 200


def test_an_attempt_authorised_a_minute_ago_is_replaced_and_its_grant_left_to_the_worker(
    runner: Runner, stored: StoredItems, worker: Worker
) -> None:
    """The worker waits for the new attempt, which may lead to the same athlete."""
    authorised = runner.authorised()
    stored.age(runner.user, A_MINUTE)

    answer = runner.start()

    assert answer.status == 201
    assert (runner.confirm(authorised).status, runner.confirm(authorised).code) == (404, "attempt_not_found")
    (wait,) = worker.drain()
    assert timedelta(minutes=14) < wait <= LIFETIME
    assert len(stored.grants_of(runner.user)) == 1
    stored.age(runner.user, LIFETIME)
    assert not worker.drain()
    assert not stored.grants_of(runner.user)
    assert not runner.trainingpeaks.simulator.live_grants(runner.athlete.id)


def test_a_replaced_attempts_grant_is_superseded_by_the_next_link(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    runner.authorised()
    stored.age(runner.user, A_MINUTE)
    before = trainingpeaks.requests[DEAUTHORISE]
    runner.linked()
    assert len(stored.grants_of(runner.user)) == 2

    assert not worker.drain()

    assert trainingpeaks.requests[DEAUTHORISE] == before
    assert stored.grants_of(runner.user) == [f"GRANT#{stored.claim(runner.athlete.id)['grant_id']}"]
    assert runner.status().json["connection"] == "active"


def test_an_expired_attempt_is_replaced(runner: Runner, stored: StoredItems) -> None:
    first = runner.start()
    stored.age(runner.user, LIFETIME)
    answer = runner.start()

    assert answer.status == 201
    assert answer.json["attempt_id"] != first.json["attempt_id"]
    assert answer.json["authorization_url"] != first.json["authorization_url"]


@pytest.mark.parametrize("error", ["access_denied", "server_error", "anything"])
def test_an_ended_attempt_is_replaced(runner: Runner, error: str) -> None:
    first = runner.start()
    state = parse_qs(urlsplit(first.json["authorization_url"]).query)["state"][0]
    runner.come_back(f"error={error}&state={state}")

    answer = runner.start()

    assert answer.status == 201
    assert answer.json["attempt_id"] != first.json["attempt_id"]


def test_a_linked_user_may_start_again_and_stays_linked(runner: Runner) -> None:
    runner.linked()
    runner.set_auto_upload(enabled=False)
    before = runner.status().json

    answer = runner.start()

    assert answer.status == 201
    after = runner.status().json
    assert after["attempt"]["attempt_id"] == answer.json["attempt_id"]
    assert {name: after[name] for name in after if name not in {"attempt", "token"}} == {
        name: before[name] for name in before if name not in {"attempt", "token"}
    }


def test_users_do_not_join_each_other(runner: Runner, new_runner: NewRunner) -> None:
    first, second = runner.start("tap"), new_runner().start("tap")

    assert (first.status, second.status) == (201, 201)
    assert first.json["attempt_id"] != second.json["attempt_id"]


@pytest.fixture
def another_state_key(monkeypatch: pytest.MonkeyPatch, runner: Runner) -> Iterator[str]:
    """Return the key that an attempt was started with before the state key was replaced."""
    assert runner.start("before").status == 201
    wiring.forget()
    monkeypatch.setenv("STATE_KEY", "another key")
    yield "before"
    wiring.forget()


def test_an_attempt_whose_state_can_no_longer_be_opened_is_replaced(runner: Runner, another_state_key: str) -> None:
    fresh = runner.start("after")

    assert fresh.status == 201
    assert fresh.json["authorization_url"]
    assert runner.start(another_state_key).json["status"] == "expired"
