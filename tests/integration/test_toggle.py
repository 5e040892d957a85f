"""`PUT /auto-upload`: sets the checkbox, and takes nothing but a boolean."""

import pytest

from tests.integration.runner import NewRunner, Request, Runner
from tests.integration.stored import StoredItems


@pytest.mark.parametrize("enabled", [True, False])
def test_it_sets_and_does_not_flip(runner: Runner, *, enabled: bool) -> None:
    runner.linked()
    answers = [runner.set_auto_upload(enabled=enabled) for _ in range(2)]

    assert [(answer.status, answer.json) for answer in answers] == [(200, {"auto_upload": enabled})] * 2
    assert answers[0].headers["cache-control"] == "no-store"
    assert runner.status().json["auto_upload"] is enabled


def test_it_changes_nothing_else(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    before = stored.account_item(runner.user)
    runner.set_auto_upload(enabled=False)

    assert stored.account_item(runner.user) == before | {"auto_upload": False}


def test_without_a_link_there_is_nothing_to_set(runner: Runner, stored: StoredItems) -> None:
    answer = runner.set_auto_upload(enabled=True)

    assert (answer.status, answer.code) == (404, "not_linked")
    assert not stored.account_item(runner.user)


@pytest.mark.parametrize("parked", [True, False])
def test_an_attempt_is_no_link(runner: Runner, *, parked: bool) -> None:
    _ = runner.authorised() if parked else runner.start()

    assert runner.set_auto_upload(enabled=True).status == 404
    assert runner.status().json["auto_upload"] is False


def test_after_an_unlink_there_is_nothing_to_set(runner: Runner) -> None:
    runner.linked()
    runner.unlink()

    assert runner.set_auto_upload(enabled=True).status == 404
    assert runner.status().json["auto_upload"] is False


def test_it_works_also_while_the_user_must_authorise_again(runner: Runner, new_runner: NewRunner) -> None:
    runner.linked()
    new_runner().linked(runner.athlete)

    assert runner.set_auto_upload(enabled=False).status == 200
    assert runner.status().json["auto_upload"] is False
    assert runner.status().json["connection"] == "reauthorization_required"


@pytest.mark.parametrize("value", ["true", "", 1, 0, None, [], {}, 1.0, [True]])
def test_what_only_looks_like_a_boolean_is_refused(runner: Runner, value: object) -> None:
    runner.linked()
    answer = runner.set_auto_upload(enabled=value)

    assert (answer.status, answer.code) == (400, "request_invalid")
    assert runner.status().json["auto_upload"] is True


@pytest.mark.parametrize(
    "body", [None, "", "{", "null", "true", "[]", "{}", '{"enabled": true, "x": 1}', '{"Enabled": true}', "[" * 10_000]
)
def test_a_body_that_does_not_parse_is_refused(runner: Runner, body: str | None) -> None:
    answer = runner.door.send(Request("toggle", runner.user, body=body))

    assert (answer.status, answer.code) == (400, "request_invalid")


def test_a_body_that_is_too_large_is_refused(runner: Runner) -> None:
    assert runner.door.send(Request("toggle", runner.user, body=" " * 20_000)).status == 413
