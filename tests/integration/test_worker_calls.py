"""What the worker's look at an announced grant costs outside, counted on the wire: the bill stands on it."""

from collections import Counter

from bench.bill import REQUESTS
from tests.integration.aws_calls import AwsCalls
from tests.integration.runner import Runner
from tests.integration.scripted_trainingpeaks import ScriptedTrainingPeaks
from tests.integration.worker import Worker


def _counted(worker: Worker, aws_calls: AwsCalls, trainingpeaks: ScriptedTrainingPeaks) -> dict[str, int]:
    (look,) = worker.looks()
    before = trainingpeaks.requests.total()
    with aws_calls.heard() as calls:
        assert look() is None
    assert trainingpeaks.requests.total() == before
    return dict(Counter(call.service for call in calls))


def test_a_look_at_a_link_costs_what_the_bill_says(
    runner: Runner, worker: Worker, aws_calls: AwsCalls, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()

    assert _counted(worker, aws_calls, trainingpeaks) == REQUESTS["worker, of a link"].calls()


def test_a_look_at_what_is_done_costs_what_the_bill_says(
    runner: Runner, worker: Worker, aws_calls: AwsCalls, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    runner.unlink()

    assert _counted(worker, aws_calls, trainingpeaks) == REQUESTS["worker, of what is done"].calls()
