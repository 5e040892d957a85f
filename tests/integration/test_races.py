"""Starts and callbacks that meet. On DynamoDB Local, Amazon's own engine: no other one decides a race as AWS does."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import after as after_deciding
from tests.integration.crowd import at_once
from tests.integration.runner import Answer, Runner
from tests.integration.scripted_trainingpeaks import (
    PROFILE,
    TOKEN,
    ScriptedTrainingPeaks,
    after,
)
from tests.integration.stored import StoredItems
from tests.integration.wholeness import is_linked_and_whole

STARTS = 200
REPEATS = 50
ROUNDS = 8
PATIENCE_SECONDS = 30


def test_200_parallel_starts_give_one_attempt_and_one_url(http_runner: Runner, stored: StoredItems) -> None:
    """Half of them with one key, half with keys of their own, through the gateway."""
    keys = ["one-tap"] * (STARTS // 2) + [str(uuid.uuid4()) for _ in range(STARTS // 2)]
    answers = at_once(*[partial(http_runner.start, key) for key in keys])

    assert Counter(answer.status for answer in answers) == {201: 1, 200: STARTS - 1}
    assert len({answer.json["attempt_id"] for answer in answers}) == 1
    assert len({answer.json["authorization_url"] for answer in answers}) == 1
    assert {answer.json["status"] for answer in answers} == {"pending"}
    attempt = stored.account(http_runner.user).attempt
    assert attempt
    assert attempt.id == answers[0].json["attempt_id"]


@pytest.mark.parametrize("keys", [["tap"] * 24, [f"tap-{number}" for number in range(24)]], ids=["equal", "different"])
@pytest.mark.parametrize("before", ["nothing", "an expired attempt", "a cancelled attempt", "an unconfirmed attempt"])
def test_parallel_starts_replace_what_was_before_once(
    runner: Runner, stored: StoredItems, keys: list[str], before: str
) -> None:
    _leave(runner, stored, before)
    answers = at_once(*[partial(runner.start, key) for key in keys])

    assert Counter(answer.status for answer in answers) == {201: 1, 200: len(keys) - 1}
    assert len({(answer.json["attempt_id"], answer.json["authorization_url"]) for answer in answers}) == 1
    runner.come_back(runner.trainingpeaks.allow(answers[0].json["authorization_url"], runner.athlete))
    assert runner.status().json["attempt"]["status"] == "authorized"


def _leave(runner: Runner, stored: StoredItems, what: str) -> None:
    if what == "an unconfirmed attempt":
        runner.authorised()
        stored.age(runner.user, timedelta(seconds=60))
    elif what == "a cancelled attempt":
        query = runner.allowed()
        runner.come_back(f"error=access_denied&{query.partition('&')[2]}")
    elif what == "an expired attempt":
        runner.start()
        stored.age(runner.user, timedelta(minutes=15))


def test_no_start_decides_on_what_it_has_read(runner: Runner, aws_calls: AwsCalls) -> None:
    """Each of two starts gets the other one between its decision and its write."""
    answers: list[Answer] = []
    with aws_calls.fault("UpdateItem", after_deciding(lambda: answers.append(runner.start()))):
        answers.append(runner.start())

    assert sorted(answer.status for answer in answers) == [200, 201]
    assert len({answer.json["authorization_url"] for answer in answers}) == 1


def test_a_start_that_would_join_meets_the_callback(
    runner: Runner, aws_calls: AwsCalls, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    attempt_id, url = runner.started()
    query = trainingpeaks.allow(url, runner.athlete)
    landings: list[Answer] = []
    with aws_calls.fault("UpdateItem", after_deciding(lambda: landings.append(runner.come_back(query))), nth=2):
        answer = runner.start()

    assert (answer.status, answer.json["attempt_id"], answer.json["status"]) == (200, attempt_id, "authorized")
    landing = landings[0].landing
    assert runner.present(attempt_id, landing["confirmation_code"]).status == 200


def test_50_parallel_repeats_of_one_callback_give_one_exchange_and_one_link(
    http_runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    attempt_id, url = http_runner.started()
    query = trainingpeaks.allow(url, http_runner.athlete)
    before = trainingpeaks.requests.copy()
    answers = at_once(*[partial(http_runner.come_back, query)] * REPEATS)

    landings = [answer.landing for answer in answers if not answer.is_waiting_page]
    later = [http_runner.come_back(query).landing for _ in range(3)]
    assert {landing["outcome"] for landing in landings} == {"authorized"}
    assert len({landing["confirmation_code"] for landing in landings + later}) == 1
    assert trainingpeaks.requests - before == {TOKEN: 1, PROFILE: 1}
    code = later[0]["confirmation_code"]
    confirmed = at_once(*[partial(http_runner.present, attempt_id, code)] * 10)
    assert {answer.status for answer in confirmed} == {200}
    assert is_linked_and_whole(stored, http_runner)
    assert stored.account(http_runner.user).generation == 1


def test_all_repeats_while_the_exchange_runs_wait(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    query = runner.allowed()
    exchanging, may_answer = threading.Event(), threading.Event()

    def hold() -> None:
        exchanging.set()
        assert may_answer.wait(PATIENCE_SECONDS)

    trainingpeaks.script(TOKEN, after(hold))

    def repeat() -> Answer:
        assert exchanging.wait(PATIENCE_SECONDS)
        return runner.come_back(query)

    def repeats() -> list[Answer]:
        try:
            return at_once(*[repeat] * 10)
        finally:
            may_answer.set()

    first, others = _both(partial(runner.come_back, query), repeats)
    assert all(answer.is_waiting_page for answer in others)
    assert first.outcome == "authorized"
    assert runner.come_back(query).landing == first.landing


def _both[A, B](one: Callable[[], A], other: Callable[[], B]) -> tuple[A, B]:
    results: list[B] = []
    thread = threading.Thread(target=lambda: results.append(other()))
    thread.start()
    result = one()
    thread.join(PATIENCE_SECONDS)
    return result, results[0]


def test_parallel_callbacks_with_different_codes_exchange_one(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    _, url = runner.started()
    queries = [trainingpeaks.allow(url, runner.athlete) for _ in range(20)]
    before = trainingpeaks.requests[TOKEN]
    answers = at_once(*[partial(runner.come_back, query) for query in queries])

    assert Counter(answer.outcome for answer in answers) == {"authorized": 1, "expired": 19}
    assert trainingpeaks.requests[TOKEN] == before + 1


def test_a_code_and_an_error_at_once(runner: Runner) -> None:
    for _ in range(ROUNDS):
        query = runner.allowed()
        denied = f"error=access_denied&{query.partition('&')[2]}"
        code, error = at_once(*[partial(runner.come_back, query), partial(runner.come_back, denied)])

        assert (code.outcome, error.outcome) in {("authorized", "expired"), ("expired", "cancelled")}
        assert runner.unlink().status == 204


def test_a_key_that_comes_with_two_return_urls_at_once_is_used_for_one(runner: Runner) -> None:
    """Both join the attempt that is there, and the slower one is told that the key was used."""
    for _ in range(ROUNDS):
        runner.start()
        key = str(uuid.uuid4())
        urls = ("https://kinni.example/connected", "kinni://connected-apps/trainingpeaks")
        answers = at_once(*[partial(runner.start, key, return_url=url) for url in urls * 4])

        assert Counter(answer.status for answer in answers) == {200: 4, 422: 4}
