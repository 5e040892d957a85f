"""The revocation worker answers for each message of its batch, and says how long to leave what is not finished."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate, takewhile

import pytest

from account_link import wiring
from account_link.errors import TryAgainError
from account_link.models import RELEASED_KEPT
from account_link.revocation import RevocationUnfinishedError
from account_link.revocation_queue import RevocationQueue
from local.template import Template, resources
from tests.fakes import ENVIRONMENT
from tests.unit.revoke_rig import SHORT, HurriedContext, Revocations, Sqs, failing, message, postponed, unfinished_of

UNREADABLE = [
    "",
    "grant-1",
    "null",
    "7",
    '"grant-1"',
    "[]",
    '["grant_id"]',
    "{}",
    '{"grant": "grant-1"}',
    '{"grant_id": null}',
    '{"grant_id": 7}',
    '{"grant_id": ["grant-1"]}',
    '{"grant_id": ""}',
    '{"grant_id": "grant-1"',
    "[" * 100_000,
]


@pytest.fixture
def sqs() -> Iterator[Sqs]:
    sqs = Sqs()
    yield sqs
    sqs.client.close()


@pytest.fixture(autouse=True)
def revocations(sqs: Sqs) -> Iterator[Revocations]:
    revocations = Revocations()
    wiring.forget()
    wiring.provide(
        revoke_service=revocations, revocation_queue=RevocationQueue(sqs.client, ENVIRONMENT["REVOCATION_QUEUE_URL"])
    )
    yield revocations
    wiring.forget()


def test_only_messages_of_unfinished_grants_come_again(revocations: Revocations, sqs: Sqs) -> None:
    revocations.fates = {"b": RevocationUnfinishedError(SHORT), "d": TryAgainError()}

    assert unfinished_of(*map(message, "abcde")) == ["b", "d"]
    assert revocations.looked_at == ["a", "b", "c", "d", "e"]
    assert sqs.hidden == {"receipt of b": 7, "receipt of d": 30}


def test_a_finished_batch_has_no_failures(revocations: Revocations, sqs: Sqs) -> None:
    assert unfinished_of(message("a"), message("b")) == []
    assert revocations.looked_at == ["a", "b"]
    assert sqs.hidden == {}


@pytest.mark.parametrize("received", [1, 2, 10, 150])
def test_a_wait_for_somebody_else_is_as_long_as_said_however_often(
    revocations: Revocations, sqs: Sqs, received: int
) -> None:
    """An attempt in progress, a lease: TrainingPeaks was not asked, so there is nothing to spare it."""
    revocations.fates["a"] = RevocationUnfinishedError(SHORT)

    assert unfinished_of(message("a", received)) == ["a"]
    assert sqs.hidden == {"receipt of a": 7}


@pytest.mark.parametrize(
    ("received", "seconds"),
    [(1, 30), (2, 60), (3, 120), (4, 240), (9, 7680), (10, 15_360), (11, 21_600), (12, 21_600), (199, 21_600)],
)
def test_a_failing_trainingpeaks_is_left_alone_twice_as_long_each_time_up_to_6_hours(
    revocations: Revocations, sqs: Sqs, received: int, seconds: int
) -> None:
    revocations.fates["a"] = failing()

    assert unfinished_of(message("a", received)) == ["a"]
    assert sqs.hidden == {"receipt of a": seconds}


def test_a_trainingpeaks_that_asks_for_longer_gets_it(revocations: Revocations, sqs: Sqs) -> None:
    revocations.fates["a"] = failing(timedelta(hours=1))

    assert unfinished_of(message("a", 1)) == ["a"]
    assert sqs.hidden == {"receipt of a": 3600}


def test_a_trainingpeaks_that_asks_for_no_time_is_left_alone_all_the_same(revocations: Revocations, sqs: Sqs) -> None:
    revocations.fates["a"] = failing(timedelta(0))

    assert unfinished_of(message("a", 1)) == ["a"]
    assert sqs.hidden == {"receipt of a": 30}


def test_seven_days_of_failing_do_not_make_a_dead_letter(
    revocations: Revocations, sqs: Sqs, template: Template
) -> None:
    """The message must live until the worker itself gives the grant up and says so."""
    allowed = resources(template, "AWS::SQS::Queue")["RevocationQueue"]["RedrivePolicy"]["maxReceiveCount"]
    revocations.fates["a"] = failing()

    def wait(received: int) -> timedelta:
        unfinished_of(message("a", received))
        return timedelta(seconds=sqs.hidden["receipt of a"])

    ages = accumulate(map(wait, range(1, allowed)))
    receives = len(list(takewhile(lambda age: age < RELEASED_KEPT, ages))) + 2
    assert 20 < receives < allowed / 2


def test_a_grant_is_not_begun_with_too_little_time_left(revocations: Revocations, sqs: Sqs) -> None:
    """It comes again soon, in an invocation that has the time, and not sooner or later for having been tried."""
    revocations.seconds = 0.6
    context = HurriedContext(seconds=20.5)

    assert unfinished_of(message("a"), message("b", 9), message("c"), context=context) == ["b", "c"]
    assert revocations.looked_at == ["a"]
    assert sqs.hidden == {"receipt of b": 30, "receipt of c": 30}


@pytest.mark.parametrize(("received", "seconds"), [(1, 30), (2, 60), (5, 480), (6, 900), (199, 900)])
def test_our_own_failing_store_or_key_is_counted_and_left_alone_up_to_15_minutes(
    revocations: Revocations, sqs: Sqs, capsys: pytest.CaptureFixture[str], received: int, seconds: int
) -> None:
    revocations.fates["a"] = TryAgainError()

    assert unfinished_of(message("a", received), message("b")) == ["a"]
    assert sqs.hidden == {"receipt of a": seconds}
    assert postponed(capsys) == ["try_again"]


def test_a_failing_store_makes_a_dead_letter_in_two_days_and_long_before_the_queue_forgets(
    revocations: Revocations, sqs: Sqs, template: Template
) -> None:
    queue = resources(template, "AWS::SQS::Queue")["RevocationQueue"]
    revocations.fates["a"] = TryAgainError()

    def wait(received: int) -> timedelta:
        unfinished_of(message("a", received))
        return timedelta(seconds=sqs.hidden["receipt of a"])

    whole = sum(map(wait, range(1, queue["RedrivePolicy"]["maxReceiveCount"] + 1)), timedelta())
    assert timedelta(days=2) < whole < timedelta(seconds=queue["MessageRetentionPeriod"]) / 4


@pytest.mark.parametrize(
    ("fate", "reasons"),
    [
        pytest.param(RevocationUnfinishedError(SHORT), ["try_again"], id="waiting"),
        pytest.param(failing(), ["trainingpeaks", "try_again"], id="failing"),
    ],
)
def test_a_message_whose_wait_cannot_be_set_comes_again_all_the_same(
    revocations: Revocations, sqs: Sqs, capsys: pytest.CaptureFixture[str], fate: Exception, reasons: list[str]
) -> None:
    revocations.fates["a"] = fate
    sqs.is_down = True

    assert unfinished_of(message("a"), message("b")) == ["a"]
    assert revocations.looked_at == ["a", "b"]
    assert postponed(capsys) == reasons


def test_a_deferred_message_whose_wait_cannot_be_set_comes_again_all_the_same(sqs: Sqs) -> None:
    sqs.is_down = True

    assert unfinished_of(message("a"), message("b"), context=HurriedContext(seconds=0)) == ["a", "b"]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: body[:24])
def test_a_message_that_names_no_grant_fails_alone(
    revocations: Revocations, sqs: Sqs, body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It gets no time of its own, so that it is among the dead letters, where it alarms, as soon as may be."""
    assert unfinished_of(message("a"), message("broken", body=body), message("c")) == ["broken"]
    assert revocations.looked_at == ["a", "c"]
    assert sqs.hidden == {}
    assert postponed(capsys) == ["unreadable"]


def test_a_message_may_say_more_than_the_worker_knows(revocations: Revocations) -> None:
    assert unfinished_of(message("a", body='{"grant_id": "a", "why": "later"}')) == []
    assert revocations.looked_at == ["a"]


def test_a_bug_crashes_so_that_the_operators_hear_of_it(revocations: Revocations) -> None:
    revocations.fates["b"] = ZeroDivisionError()

    with pytest.raises(ZeroDivisionError):
        unfinished_of(message("a"), message("b"))
