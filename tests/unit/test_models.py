"""The clock's part in an attempt, to the millisecond, and the memory of keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from account_link.models import (
    ATTEMPT_LIFETIME,
    EXCHANGE_LIMIT,
    JOIN_AUTHORIZED_FOR,
    KEYS_REMEMBERED,
    WRONG_CODES_ALLOWED,
    Account,
    Attempt,
    AttemptId,
    AttemptStatus,
    Outcome,
    StartKey,
    utc_now,
)
from tests.fakes import AUTHORIZED, EXCHANGING, NOW, ONE_MILLISECOND, PENDING, RUNNER
from tests.unit.strategies import attempts, moments, unhurried

ENDED = (AttemptStatus.LINKED, AttemptStatus.CANCELLED, AttemptStatus.FAILED, AttemptStatus.EXPIRED)
FOREVER = datetime(2999, 1, 1, tzinfo=UTC)


def keys(count: int) -> dict[str, StartKey]:
    """Return keys used one millisecond after another."""
    used = [StartKey(f"key#{n:02}", AttemptId("a"), "https://x", NOW + n * ONE_MILLISECOND) for n in range(count)]
    return {key.name: key for key in reversed(used)}


def test_the_contracts_times_are_kept() -> None:
    assert timedelta(minutes=15) == ATTEMPT_LIFETIME
    assert timedelta(seconds=60) == JOIN_AUTHORIZED_FOR
    assert timedelta(seconds=29) == EXCHANGE_LIMIT
    assert (WRONG_CODES_ALLOWED, KEYS_REMEMBERED) == (5, 16)


@pytest.mark.parametrize("attempt", [PENDING, AUTHORIZED], ids=lambda attempt: attempt.status)
def test_a_waiting_attempt_expires_at_the_very_moment(attempt: Attempt) -> None:
    assert attempt.status_at(attempt.expires_at - ONE_MILLISECOND) is attempt.status
    assert attempt.status_at(attempt.expires_at) is AttemptStatus.EXPIRED
    assert attempt.status_at(FOREVER) is AttemptStatus.EXPIRED


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_stays_as_it_ended(status: AttemptStatus) -> None:
    assert replace(AUTHORIZED, status=status, wrong_codes=9).status_at(FOREVER) is status


def test_the_fifth_wrong_code_ends_the_attempt() -> None:
    assert replace(AUTHORIZED, wrong_codes=4).status_at(NOW) is AttemptStatus.AUTHORIZED
    assert replace(AUTHORIZED, wrong_codes=5).status_at(NOW) is AttemptStatus.EXPIRED
    assert not replace(AUTHORIZED, wrong_codes=5).is_joinable(NOW)


def test_an_exchange_is_dead_when_the_function_cannot_run_any_more() -> None:
    last = NOW + EXCHANGE_LIMIT - ONE_MILLISECOND

    assert EXCHANGING.status_at(last) is AttemptStatus.EXCHANGING
    assert EXCHANGING.outcome_at(last) is None
    assert EXCHANGING.status_at(last + ONE_MILLISECOND) is AttemptStatus.FAILED
    assert EXCHANGING.outcome_at(last + ONE_MILLISECOND) is Outcome.TRY_AGAIN


def test_a_running_exchange_outlives_the_attempts_expiry() -> None:
    late = replace(EXCHANGING, expires_at=NOW)

    assert late.status_at(NOW + ONE_MILLISECOND) is AttemptStatus.EXCHANGING


def test_an_exchange_that_nobody_runs_is_dead() -> None:
    assert replace(EXCHANGING, redemption=None).status_at(NOW) is AttemptStatus.FAILED


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_once_reached_stays(outcome: Outcome) -> None:
    assert replace(EXCHANGING, status=AttemptStatus.FAILED, outcome=outcome).outcome_at(FOREVER) is outcome


def test_a_pending_attempt_can_be_joined_until_it_expires() -> None:
    assert PENDING.is_joinable(PENDING.expires_at - ONE_MILLISECOND)
    assert not PENDING.is_joinable(PENDING.expires_at)


def test_an_exchanging_attempt_can_be_joined_while_the_function_can_run() -> None:
    assert EXCHANGING.is_joinable(NOW + EXCHANGE_LIMIT - ONE_MILLISECOND)
    assert not EXCHANGING.is_joinable(NOW + EXCHANGE_LIMIT)


def test_an_authorised_attempt_can_be_joined_for_less_than_a_minute() -> None:
    assert AUTHORIZED.is_joinable(NOW + JOIN_AUTHORIZED_FOR - ONE_MILLISECOND)
    assert not AUTHORIZED.is_joinable(NOW + JOIN_AUTHORIZED_FOR)
    assert not replace(AUTHORIZED, authorized_at=None).is_joinable(NOW)


@pytest.mark.parametrize("status", ENDED)
def test_an_ended_attempt_cannot_be_joined(status: AttemptStatus) -> None:
    assert not replace(AUTHORIZED, status=status).is_joinable(NOW)


@unhurried
@given(attempt=attempts, now=moments)
def test_only_a_waiting_attempt_can_be_joined(attempt: Attempt, now: datetime) -> None:
    joinable = attempt.is_joinable(now)

    assert not (joinable and attempt.status_at(now) in ENDED)
    assert not (joinable and attempt.wrong_codes >= WRONG_CODES_ALLOWED and attempt.status is AttemptStatus.PENDING)


def test_the_last_16_keys_are_remembered() -> None:
    account = Account(RUNNER, keys=keys(18))

    assert sorted(account.remembered_keys()) == [f"key#{n:02}" for n in range(2, 18)]
    assert account.forgotten_keys(but="none") == ["key#00", "key#01"]


def test_up_to_16_keys_none_is_forgotten() -> None:
    account = Account(RUNNER, keys=keys(16))

    assert account.remembered_keys() == account.keys
    assert account.forgotten_keys(but="none") == []


def test_a_key_that_was_just_used_again_is_not_dropped() -> None:
    assert Account(RUNNER, keys=keys(18)).forgotten_keys(but="key#00") == ["key#01"]


def test_no_more_keys_are_dropped_than_one_write_can_name() -> None:
    dropped = Account(RUNNER, keys=keys(400)).forgotten_keys(but="none")

    assert len(dropped) == len(set(dropped)) == 100
    assert set(dropped).isdisjoint(Account(RUNNER, keys=keys(400)).remembered_keys())


def test_an_account_starts_with_nothing_remembered() -> None:
    assert Account(RUNNER).remembered_keys() == {}


def test_now_is_in_utc_and_whole_milliseconds() -> None:
    now = utc_now()

    assert now.utcoffset() == timedelta(0)
    assert now.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)
