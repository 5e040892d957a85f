"""What comes late brings nothing back: each is overtaken between its decision and its write."""

from datetime import timedelta

import pytest

from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import after as after_deciding
from tests.integration.runner import Answer, Authorised, NewRunner, Runner
from tests.integration.scripted_trainingpeaks import (
    PROFILE,
    TOKEN,
    ScriptedTrainingPeaks,
    after,
)
from tests.integration.stored import StoredItems
from tests.integration.wholeness import is_linked_and_whole
from tests.integration.worker import Worker


@pytest.mark.parametrize("path", [TOKEN, PROFILE])
@pytest.mark.parametrize("linked", [True, False])
def test_a_callback_that_an_unlink_overtakes_parks_nothing(
    runner: Runner,
    stored: StoredItems,
    worker: Worker,
    path: str,
    *,
    linked: bool,
) -> None:
    """Its grant lies there for the worker, which ends it."""
    if linked:
        runner.linked()
    query = runner.allowed()
    unlinked: list[Answer] = []
    runner.trainingpeaks.script(path, after(lambda: unlinked.append(runner.unlink())))

    late = runner.come_back(query)

    assert unlinked[0].status == 204
    assert (late.outcome, "confirmation_code" in late.landing) == ("expired", False)
    _the_worker_ends_all(runner, stored, worker)
    assert runner.status().json["attempt"]["status"] == "expired"
    runner.linked()


def _the_worker_ends_all(runner: Runner, stored: StoredItems, worker: Worker) -> None:
    """Check that without a link no tokens outlive the worker's look, neither here nor at TrainingPeaks."""
    assert not worker.drain()
    assert runner.status().json["linked"] is False
    assert "holder" not in stored.claim(runner.athlete.id)
    assert not stored.grants_of(runner.user)
    assert not runner.trainingpeaks.simulator.live_grants(runner.athlete.id)


@pytest.mark.parametrize("operation", [("PutItem", 1), ("UpdateItem", 2)])
def test_an_unlink_between_the_callbacks_writes_leaves_no_tokens(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, worker: Worker, operation: tuple[str, int]
) -> None:
    name, nth = operation
    query = runner.allowed()
    with aws_calls.fault(name, after_deciding(runner.unlink), nth=nth):
        late = runner.come_back(query)

    assert late.outcome == "expired"
    _the_worker_ends_all(runner, stored, worker)


@pytest.mark.parametrize("linked", [True, False])
def test_a_confirmation_that_an_unlink_overtakes_links_nothing(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, worker: Worker, *, linked: bool
) -> None:
    if linked:
        runner.linked()
    authorised = runner.authorised()
    with aws_calls.fault("TransactWriteItems", after_deciding(runner.unlink)):
        answer = runner.confirm(authorised)

    assert answer.code == "attempt_expired"
    _the_worker_ends_all(runner, stored, worker)


def test_a_confirmation_that_another_unlink_and_link_overtake_disturbs_nothing(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, worker: Worker
) -> None:
    old = runner.authorised()
    new: list[Authorised] = []
    with aws_calls.fault("TransactWriteItems", after_deciding(runner.unlink, lambda: new.append(runner.linked()))):
        answer = runner.confirm(old)

    assert answer.code == "attempt_not_found"
    assert not worker.drain()
    assert is_linked_and_whole(stored, runner)
    assert runner.status().json["attempt"]["attempt_id"] == new[0].attempt_id


def test_a_confirmation_in_the_last_moment_does_not_outlive_the_attempt(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls
) -> None:
    authorised = runner.authorised()
    passes = after_deciding(lambda: stored.age(runner.user, timedelta(minutes=15)))
    with aws_calls.fault("TransactWriteItems", passes):
        answer = runner.confirm(authorised)

    assert answer.code == "attempt_expired"
    assert not is_linked_and_whole(stored, runner)


def test_a_confirmation_that_a_start_overtakes_links_nothing(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, worker: Worker
) -> None:
    authorised = runner.authorised()
    stored.age(runner.user, timedelta(minutes=2))
    with aws_calls.fault("TransactWriteItems", after_deciding(runner.start)):
        answer = runner.confirm(authorised)

    assert answer.code == "attempt_not_found"
    assert runner.status().json["linked"] is False
    stored.age(runner.user, timedelta(minutes=15))
    _the_worker_ends_all(runner, stored, worker)


def test_a_confirmation_that_the_worker_overtakes_links_nothing(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, worker: Worker
) -> None:
    """The attempt runs out between the decision to confirm and the write, and the worker releases its grant."""
    authorised = runner.authorised()
    passes = after_deciding(lambda: stored.age(runner.user, timedelta(minutes=15)), worker.drain)
    with aws_calls.fault("TransactWriteItems", passes):
        answer = runner.confirm(authorised)

    assert answer.code == "attempt_expired"
    _the_worker_ends_all(runner, stored, worker)


def test_an_unlink_that_a_new_link_overtakes_ends_that_one(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    """It answers 204, so afterwards nobody may find tokens, whichever they are."""
    runner.linked()
    again = runner.authorised()
    with aws_calls.fault("TransactWriteItems", after_deciding(lambda: runner.confirm(again))):
        assert runner.unlink().status == 204

    assert not is_linked_and_whole(stored, runner)
    assert not stored.grants_of(runner.user)
    # Only the superseded grant lives on there, and its tokens are stored nowhere.
    assert not worker.drain()
    assert len(trainingpeaks.simulator.live_grants(runner.athlete.id)) == 1


def test_an_unlink_leaves_an_athlete_alone_who_was_taken_meanwhile(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, aws_calls: AwsCalls
) -> None:
    runner.linked()
    other = new_runner()
    parked = other.authorised(runner.athlete)
    with aws_calls.fault("TransactWriteItems", after_deciding(lambda: other.confirm(parked))):
        assert runner.unlink().status == 204

    assert runner.status().json["linked"] is False
    assert other.status().json["connection"] == "active"
    assert stored.claim(runner.athlete.id)["holder"] == other.user


def test_an_athlete_who_moves_on_meanwhile_is_taken_from_the_new_holder(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, aws_calls: AwsCalls
) -> None:
    """The holder whom a confirmation saw has lost the athlete before it writes."""
    second, third = new_runner(), new_runner()
    runner.linked()
    parked = second.authorised(runner.athlete)
    newest = third.authorised(runner.athlete)
    with aws_calls.fault("TransactWriteItems", after_deciding(lambda: second.confirm(parked)), nth=2):
        assert third.confirm(newest).status == 200

    assert [who.status().json["connection"] for who in (runner, second, third)] == [
        "reauthorization_required",
        "reauthorization_required",
        "active",
    ]
    assert stored.claim(runner.athlete.id)["holder"] == third.user
