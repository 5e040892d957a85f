"""`POST /link`: what a link is made of, and what becomes of an older one."""

from datetime import datetime, timedelta

import pytest

from tests.integration.runner import Runner
from tests.integration.scripted_trainingpeaks import ScriptedTrainingPeaks
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker

LIFETIME = timedelta(minutes=15)


def test_a_confirmed_attempt_is_the_link(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.authorised()
    assert runner.status().json["linked"] is False

    answer = runner.confirm(authorised)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json
    assert (document["linked"], document["connection"]) == (True, "active")
    assert document["athlete"] == {
        "id": runner.athlete.id,
        "first_name": "Robin",
        "last_name": f"Vale {runner.athlete.id}",
    }
    assert document["attempt"] == {
        "attempt_id": authorised.attempt_id,
        "status": "linked",
        "expires_at": document["attempt"]["expires_at"],
        "error_code": None,
    }
    assert stored.claim(runner.athlete.id)["holder"] == runner.user


def test_the_answer_is_what_status_says_afterwards(runner: Runner) -> None:
    answer = runner.confirm(runner.authorised()).json
    status = runner.status().json

    for document in (answer, status):
        document["token"].pop("expires_in_seconds")
    assert answer == status


def test_a_first_link_turns_auto_upload_on(runner: Runner) -> None:
    assert runner.confirm(runner.authorised()).json["auto_upload"] is True


@pytest.mark.parametrize("enabled", [True, False])
def test_linking_the_same_athlete_again_keeps_the_checkbox(runner: Runner, *, enabled: bool) -> None:
    runner.linked()
    runner.set_auto_upload(enabled=enabled)

    assert runner.confirm(runner.authorised()).json["auto_upload"] is enabled
    assert runner.status().json["auto_upload"] is enabled


def test_a_checkbox_changed_while_linking_again_is_not_lost(runner: Runner) -> None:
    runner.linked()
    authorised = runner.authorised()
    runner.set_auto_upload(enabled=False)

    assert runner.confirm(authorised).json["auto_upload"] is False


def test_linking_again_destroys_the_older_tokens_and_deauthorises_nothing(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    runner.linked()
    (old,) = stored.grants_of(runner.user)
    before = trainingpeaks.requests["/oauth/deauthorize"]
    runner.linked()

    (new,) = stored.grants_of(runner.user)
    assert new != old
    assert not worker.drain()
    assert stored.grants_of(runner.user) == [new]
    assert trainingpeaks.requests["/oauth/deauthorize"] == before
    assert runner.unlink().status == 204
    assert not stored.grants_of(runner.user)


def test_linked_tokens_are_no_longer_left_to_the_tables_tidying(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.authorised()
    (key,) = stored.grants_of(runner.user)
    assert "ttl" in (stored.item(key) or {})
    runner.confirm(authorised)

    assert "ttl" not in (stored.item(key) or {})


def test_an_immediate_relink_is_not_taken_for_an_old_grant(runner: Runner) -> None:
    for _ in range(5):
        runner.linked()
        assert runner.unlink().status == 204
    runner.linked()


def test_linked_at_and_the_tokens_clock_are_this_links(runner: Runner, stored: StoredItems) -> None:
    first = runner.confirm(runner.authorised()).json
    stored.change_account(runner.user, lambda item: item["link"].update(linked_at=item["link"]["linked_at"] - 5000))
    second = runner.confirm(runner.authorised()).json

    assert datetime.fromisoformat(second["linked_at"]) >= datetime.fromisoformat(first["linked_at"])
    assert 590 < second["token"]["expires_in_seconds"] <= 600


def test_a_grant_that_the_worker_has_released_is_not_linked(runner: Runner, stored: StoredItems) -> None:
    """From then on it may be revoked at any time."""
    authorised = runner.authorised()
    (key,) = stored.grants_of(runner.user)
    stored.put((stored.item(key) or {}) | {"released_at": 1})

    answer = runner.confirm(authorised)

    assert answer.status in {409, 503}
    assert runner.status().json["linked"] is False
    assert "holder" not in stored.claim(runner.athlete.id)
    stored.age(runner.user, LIFETIME)
    runner.linked()


def test_a_link_whose_parked_tokens_are_gone_is_not_made(runner: Runner, stored: StoredItems) -> None:
    """Nobody would notice before the first upload."""
    authorised = runner.authorised()
    (key,) = stored.grants_of(runner.user)
    stored.remove(key)

    answer = runner.confirm(authorised)

    assert answer.status in {409, 503}
    assert runner.status().json["linked"] is False
    stored.age(runner.user, LIFETIME)
    runner.linked()
