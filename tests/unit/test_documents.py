"""What the app reads, field for field as `api.md` has it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from account_link.documents import start_document, status_document, timestamp
from account_link.models import (
    EXCHANGE_LIMIT,
    Account,
    AttemptId,
    AttemptStatus,
    Connection,
    Outcome,
)
from account_link.start import Started
from tests.fakes import AUTHORIZED, EXCHANGING, GRANT, LINK, LINKED, NOW, ONE_MILLISECOND, PENDING, RUNNER
from tests.unit.strategies import accounts, moments, unhurried

STATUS_FIELDS = {
    "linked",
    "connection",
    "athlete",
    "auto_upload",
    "token",
    "scopes",
    "linked_at",
    "attempt",
}
LOST = replace(LINKED, link=replace(LINK, connection=Connection.REAUTHORIZATION_REQUIRED))


def test_a_runner_who_never_linked() -> None:
    assert status_document(Account(RUNNER), NOW) == {
        "linked": False,
        "connection": "none",
        "athlete": None,
        "auto_upload": False,
        "token": None,
        "scopes": [],
        "linked_at": None,
        "attempt": None,
    }


def test_a_linked_runner() -> None:
    assert status_document(LINKED, NOW) == {
        "linked": True,
        "connection": "active",
        "athlete": {"id": 123456, "first_name": "Ada", "last_name": "Runner"},
        "auto_upload": True,
        "token": {"valid": True, "expires_at": "2026-11-24T09:10:00Z", "expires_in_seconds": 600},
        "scopes": ["athlete:profile", "file:write"],
        "linked_at": "2026-11-24T09:00:00Z",
        "attempt": {
            "attempt_id": "attempt-1",
            "status": "linked",
            "expires_at": "2026-11-24T09:15:00Z",
            "error_code": None,
        },
    }


def test_a_lost_authorisation_shows_the_athlete_and_the_checkbox_and_no_token() -> None:
    document = status_document(LOST, NOW)

    assert (document["linked"], document["connection"]) == (True, "reauthorization_required")
    assert document["athlete"]["id"] == 123456
    assert document["auto_upload"] is True
    assert document["token"] is None


def test_an_athlete_without_names_is_shown_by_number() -> None:
    nameless = replace(LINK, grant=replace(GRANT, athlete=type(GRANT.athlete)(7)))

    assert status_document(replace(LINKED, link=nameless), NOW)["athlete"] == {
        "id": 7,
        "first_name": None,
        "last_name": None,
    }


@pytest.mark.parametrize(
    ("before_expiry", "valid", "seconds"),
    [
        (timedelta(seconds=600), True, 600),
        (timedelta(seconds=1), True, 1),
        (ONE_MILLISECOND, True, 0),
        (timedelta(0), False, 0),
        (-ONE_MILLISECOND, False, 0),
        (timedelta(days=-400), False, 0),
    ],
)
def test_a_token_is_valid_until_the_very_moment_it_expires(
    before_expiry: timedelta, *, valid: bool, seconds: int
) -> None:
    token = status_document(LINKED, GRANT.expires_at - before_expiry)["token"]

    assert (token["valid"], token["expires_in_seconds"]) == (valid, seconds)


@pytest.mark.parametrize(
    ("status", "outcome", "error_code"),
    [
        (AttemptStatus.PENDING, None, None),
        (AttemptStatus.AUTHORIZED, Outcome.AUTHORIZED, None),
        (AttemptStatus.LINKED, Outcome.AUTHORIZED, None),
        (AttemptStatus.CANCELLED, Outcome.CANCELLED, "cancelled"),
        (AttemptStatus.EXPIRED, None, None),
        *[
            (AttemptStatus.FAILED, outcome, outcome.value)
            for outcome in Outcome
            if outcome not in {Outcome.AUTHORIZED, Outcome.CANCELLED}
        ],
        (AttemptStatus.FAILED, None, "try_again"),
    ],
)
def test_an_attempt_that_ended_says_why(status: AttemptStatus, outcome: Outcome | None, error_code: str | None) -> None:
    attempt = replace(AUTHORIZED, status=status, outcome=outcome)

    shown = status_document(Account(RUNNER, attempt=attempt), NOW)["attempt"]

    assert (shown["status"], shown["error_code"]) == (status.value, error_code)


def test_an_exchange_that_died_reads_as_failed() -> None:
    running = status_document(Account(RUNNER, attempt=EXCHANGING), NOW + EXCHANGE_LIMIT - ONE_MILLISECOND)["attempt"]
    dead = status_document(Account(RUNNER, attempt=EXCHANGING), NOW + EXCHANGE_LIMIT)["attempt"]

    assert (running["status"], running["error_code"]) == ("exchanging", None)
    assert (dead["status"], dead["error_code"]) == ("failed", "try_again")


def test_an_attempt_past_its_time_reads_as_expired() -> None:
    shown = status_document(Account(RUNNER, attempt=PENDING), PENDING.expires_at)["attempt"]

    assert (shown["status"], shown["error_code"]) == ("expired", None)


@unhurried
@given(account=accounts, now=moments)
def test_any_account_is_shown_in_the_contracts_fields_alone(account: Account, now: datetime) -> None:
    document = status_document(account, now)

    assert document.keys() == STATUS_FIELDS
    assert json.loads(json.dumps(document)) == document
    assert document["linked"] is (document["connection"] != "none") is (document["athlete"] is not None)
    if document["attempt"]:
        assert document["attempt"].keys() == {"attempt_id", "status", "expires_at", "error_code"}


@pytest.mark.parametrize("url", ["https://oauth.trainingpeaks.com/OAuth/Authorize?state=s", None])
def test_a_start_is_answered_in_four_fields(url: str | None) -> None:
    started = Started(AttemptId("attempt-1"), AttemptStatus.PENDING, url, NOW, created=True)

    assert start_document(started) == {
        "attempt_id": "attempt-1",
        "status": "pending",
        "authorization_url": url,
        "expires_at": "2026-11-24T09:00:00Z",
    }


def test_times_are_in_utc_and_whole_seconds() -> None:
    denver = datetime(2026, 1, 31, 10, 59, 59, 999_000, tzinfo=timezone(timedelta(hours=-7)))

    assert timestamp(denver) == "2026-01-31T17:59:59Z"
    assert timestamp(datetime(2026, 1, 31, 17, 59, 59, tzinfo=UTC)) == "2026-01-31T17:59:59Z"
