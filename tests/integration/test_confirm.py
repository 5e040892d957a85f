"""`POST /link`: only the user who started, only the newest attempt, only with the browser's code."""

import json
from datetime import timedelta

import pytest

from tests.integration.aws_calls import AwsCalls, requests
from tests.integration.runner import Answer, NewRunner, Request, Runner
from tests.integration.scripted_trainingpeaks import PROFILE, TOKEN, ScriptedTrainingPeaks, after, says
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker

LIFETIME = timedelta(minutes=15)
WRONG = "wrong" * 8


def _raw(runner: Runner, body: str | None) -> Answer:
    return runner.door.send(Request("confirm", runner.user, body=body))


def _still_confirmable(runner: Runner, attempt_id: str, code: str) -> bool:
    return runner.present(attempt_id, code).status == 200


def test_repeating_it_is_harmless(runner: Runner, stored: StoredItems, aws_calls: AwsCalls) -> None:
    authorised = runner.linked()
    runner.set_auto_upload(enabled=False)
    before = stored.all_of(runner.user, runner.athlete.id)
    with aws_calls.heard() as calls:
        answers = [runner.confirm(authorised) for _ in range(3)]

    assert [answer.status for answer in answers] == [200] * 3
    assert {answer.json["auto_upload"] for answer in answers} == {False}
    assert stored.all_of(runner.user, runner.athlete.id) == before
    assert requests(calls, "dynamodb") == ["GetItem"] * 3


def test_an_unknown_attempt(runner: Runner) -> None:
    runner.start()
    answer = runner.present("no-such-attempt", WRONG)

    assert (answer.status, answer.code) == (404, "attempt_not_found")


def test_a_user_who_never_started(runner: Runner) -> None:
    assert (runner.present("a", "c").status, runner.present("a", "c").code) == (404, "attempt_not_found")


def test_another_users_attempt_looks_unknown_even_with_the_right_code(
    runner: Runner, new_runner: NewRunner, stored: StoredItems
) -> None:
    authorised = runner.authorised()
    thief = new_runner()
    thief.start()
    before = stored.all_of(runner.user, runner.athlete.id)

    answers = [thief.confirm(authorised), new_runner().confirm(authorised), thief.present("no-such-attempt", "c")]

    assert {(answer.status, answer.code) for answer in answers} == {(404, "attempt_not_found")}
    assert len({answer.json["detail"] for answer in answers}) == 1
    assert stored.all_of(runner.user, runner.athlete.id) == before
    assert runner.confirm(authorised).status == 200


def test_a_replaced_attempt(runner: Runner, stored: StoredItems) -> None:
    old = runner.authorised()
    stored.age(runner.user, LIFETIME)
    new = runner.authorised()

    assert runner.confirm(old).code == "attempt_not_found"
    assert runner.confirm(new).status == 200


def test_a_pending_attempt(runner: Runner) -> None:
    attempt_id, _ = runner.started()
    answer = runner.present(attempt_id, WRONG)

    assert (answer.status, answer.code) == (409, "attempt_not_authorized")


def test_an_exchanging_attempt(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    attempt_id, url = runner.started()
    answers: list[Answer] = []
    trainingpeaks.script(TOKEN, after(lambda: answers.append(runner.present(attempt_id, WRONG))))
    landing = runner.come_back(trainingpeaks.allow(url, runner.athlete)).landing

    assert (answers[0].status, answers[0].code) == (409, "attempt_not_authorized")
    assert _still_confirmable(runner, attempt_id, landing["confirmation_code"])


@pytest.mark.parametrize("error", ["access_denied", "server_error"])
def test_an_ended_attempt(runner: Runner, error: str) -> None:
    query = runner.allowed()
    landing = runner.come_back(f"error={error}&{query.partition('&')[2]}").landing
    answer = runner.present(landing["attempt_id"], WRONG)

    assert (answer.status, answer.code) == (409, "attempt_not_authorized")


def test_a_failed_attempt_even_with_its_code(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    trainingpeaks.script(PROFILE, says(404, {}))
    landing = runner.come_back(runner.allowed()).landing

    assert runner.present(landing["attempt_id"], WRONG).code == "attempt_not_authorized"


def test_an_expired_attempt(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.authorised()
    stored.age(runner.user, LIFETIME)
    answer = runner.confirm(authorised)

    assert (answer.status, answer.code) == (410, "attempt_expired")
    assert runner.status().json["linked"] is False
    runner.linked()


@pytest.mark.parametrize("linked", [True, False])
def test_an_attempt_that_an_unlink_ended(runner: Runner, stored: StoredItems, worker: Worker, *, linked: bool) -> None:
    authorised = runner.linked() if linked else runner.authorised()
    runner.unlink()
    answer = runner.confirm(authorised)

    assert (answer.status, answer.code) == (410, "attempt_expired")
    assert runner.status().json["linked"] is False
    assert not worker.drain()
    assert not stored.grants_of(runner.user)
    assert not runner.trainingpeaks.simulator.live_grants(runner.athlete.id)


def test_a_wrong_code_is_refused_and_counted(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.authorised()
    answers = [runner.confirm(authorised, code=WRONG) for _ in range(4)]

    assert {(answer.status, answer.code) for answer in answers} == {(403, "confirmation_code_wrong")}
    assert stored.account_item(runner.user)["attempt"]["wrong_codes"] == 4
    assert runner.confirm(authorised).status == 200


def test_after_five_wrong_codes_the_attempt_has_expired(runner: Runner) -> None:
    authorised = runner.authorised()
    for _ in range(5):
        assert runner.confirm(authorised, code=WRONG).status == 403

    answers = [runner.confirm(authorised, code=WRONG), runner.confirm(authorised)]

    assert {(answer.status, answer.code) for answer in answers} == {(410, "attempt_expired")}
    assert runner.come_back(authorised.query).outcome == "expired"
    assert runner.status().json["attempt"]["status"] == "expired"
    runner.linked()


def test_a_wrong_code_on_a_linked_attempt_is_refused_but_not_counted(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.linked()
    before = stored.all_of(runner.user, runner.athlete.id)
    for _ in range(6):
        answer = runner.confirm(authorised, code=WRONG)
        assert (answer.status, answer.code) == (403, "confirmation_code_wrong")

    assert stored.all_of(runner.user, runner.athlete.id) == before
    assert runner.confirm(authorised).status == 200


def test_a_code_of_another_attempt_is_wrong(runner: Runner, new_runner: NewRunner) -> None:
    authorised, other = runner.authorised(), new_runner().authorised()

    assert runner.confirm(authorised, code=other.confirmation_code).status == 403


def test_a_code_that_is_nearly_right_is_wrong(runner: Runner) -> None:
    authorised = runner.authorised()
    code = authorised.confirmation_code

    for wrong in (code[:-1], f"{code}A", code.swapcase(), f" {code}", "\u2603"):
        assert runner.confirm(authorised, code=wrong).status == 403


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"attempt_id": "a"}',
        '{"confirmation_code": "c"}',
        '{"attempt_id": 1, "confirmation_code": "c"}',
        '{"attempt_id": "a", "confirmation_code": ["c"]}',
        '{"attempt_id": "", "confirmation_code": "c"}',
        '{"attempt_id": "a", "confirmation_code": ""}',
        '{"attempt_id": "a", "confirmation_code": "c", "user": "u"}',
        json.dumps({"attempt_id": "a" * 129, "confirmation_code": "c"}),
        json.dumps({"attempt_id": "a", "confirmation_code": "c" * 129}),
        '{"attempt_id": "\\ud800", "confirmation_code": "c"}',
        "[" * 10_000,
    ],
)
def test_a_body_that_does_not_parse(runner: Runner, body: str | None) -> None:
    answer = _raw(runner, body)

    assert (answer.status, answer.code) == (400, "request_invalid")


def test_a_body_that_is_too_large(runner: Runner) -> None:
    assert _raw(runner, " " * 20_000).status == 413
