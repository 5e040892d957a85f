"""The revocation worker meets an unlink, and itself, on DynamoDB Local: each grant is deauthorised once."""

from datetime import timedelta

from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import after as after_deciding
from tests.integration.crowd import at_once
from tests.integration.runner import Answer, NewRunner, Runner
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    ScriptedTrainingPeaks,
    after,
    says,
)
from tests.integration.stored import StoredItems
from tests.integration.wholeness import is_linked_and_whole
from tests.integration.worker import Worker

ROUNDS = 8


def test_an_unlink_and_its_workers_at_once_deauthorise_once(
    new_runner: NewRunner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    for _ in range(ROUNDS):
        runner = new_runner()
        runner.linked()
        (look,) = worker.looks()[-1:]
        before = trainingpeaks.requests[DEAUTHORISE]
        unlinked, *_ = at_once(runner.unlink, *[look] * 4)

        assert isinstance(unlinked, Answer)
        assert unlinked.status == 204
        _is_revoked_once(runner, stored, worker, before)


def test_a_worker_that_overtakes_an_unlink_deauthorises_in_its_place(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    """It gets the grant between the unlink's transaction and its lease."""
    runner.linked()
    (look,), waits = worker.looks(), []
    before = trainingpeaks.requests[DEAUTHORISE]
    with aws_calls.fault("UpdateItem", after_deciding(lambda: waits.append(look()))):
        assert runner.unlink().status == 204

    assert waits == [None]
    _is_revoked_once(runner, stored, worker, before)


def test_a_worker_that_comes_while_an_unlink_deauthorises_waits_for_it(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    runner.linked()
    (look,), waits = worker.looks(), []
    before = trainingpeaks.requests[DEAUTHORISE]
    trainingpeaks.script(DEAUTHORISE, after(lambda: waits.append(look())))

    assert runner.unlink().status == 204
    (wait,) = waits
    assert wait
    assert timedelta(seconds=40) < wait <= timedelta(seconds=45)
    _is_revoked_once(runner, stored, worker, before)


def test_parallel_workers_deauthorise_once(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    """The unlink's own try failed."""
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, says(500, {}))
    assert runner.unlink().status == 204
    (look,) = worker.looks()
    before = trainingpeaks.requests[DEAUTHORISE]
    waits = at_once(*[look] * 10)

    assert None in waits
    _is_revoked_once(runner, stored, worker, before)


def _is_revoked_once(runner: Runner, stored: StoredItems, worker: Worker, before: int) -> None:
    assert not worker.drain()
    assert runner.trainingpeaks.requests[DEAUTHORISE] == before + 1
    assert not runner.trainingpeaks.simulator.live_grants(runner.athlete.id)
    assert not is_linked_and_whole(stored, runner)


def test_a_worker_that_a_confirmation_overtakes_revokes_nothing(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    """It saw the attempt run out; by the time that it releases the grant, that is the link."""
    authorised = runner.authorised()
    stored.age(runner.user, timedelta(minutes=15))
    before = trainingpeaks.requests.copy()

    def confirm() -> None:
        stored.age(runner.user, -timedelta(minutes=15))
        assert runner.confirm(authorised).status == 200

    with aws_calls.fault("UpdateItem", after_deciding(confirm)):
        assert not worker.drain()

    assert is_linked_and_whole(stored, runner)
    assert not stored.released_of(runner.user)
    assert trainingpeaks.requests == before


def test_a_worker_that_a_link_elsewhere_overtakes_revokes_nothing(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, aws_calls: AwsCalls, worker: Worker
) -> None:
    """Somebody links the athlete between the worker's lease and its fence."""
    runner.authorised()
    stored.age(runner.user, timedelta(minutes=15))
    other, before = new_runner(), runner.trainingpeaks.requests[DEAUTHORISE]
    with aws_calls.fault("UpdateItem", after_deciding(lambda: other.linked(runner.athlete)), nth=3):
        assert not worker.drain()

    assert not stored.grants_of(runner.user)
    assert other.status().json["connection"] == "active"
    assert runner.trainingpeaks.requests[DEAUTHORISE] == before


def test_a_link_that_a_revocation_of_the_same_athlete_overtakes_is_refused(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, aws_calls: AwsCalls, worker: Worker
) -> None:
    """A grant that was there before the fence may have been ended with the one behind it."""
    runner.authorised()
    stored.age(runner.user, timedelta(minutes=15))
    looks = worker.looks()
    other = new_runner()
    parked = other.authorised(runner.athlete)
    with aws_calls.fault("TransactWriteItems", after_deciding(*looks)):
        answer = other.confirm(parked)

    assert answer.code == "attempt_not_authorized"
    assert not stored.grants_of(runner.user)
    assert "holder" not in stored.claim(runner.athlete.id)
    other.linked(runner.athlete)
    assert other.status().json["connection"] == "active"
