"""The local poller feeds the revocation worker as Lambda does: whatever fails, it goes on."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from local.poller import BATCH, FUNCTION, RevocationPoller, WorkerCrashedError
from tests.fakes import aws_answer

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/revocations"
NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}
LONG_ENOUGH = 10.0


@dataclass
class Queue:
    """SQS in the network's place: hands out one batch after another, None a refusal, and remembers what was removed."""

    batches: list[list[str] | None] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    drained: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        asked = json.loads(cast("bytes", request.body))
        if event_name.endswith("DeleteMessage"):
            self.removed.append(asked["ReceiptHandle"])
            return aws_answer(request.url, {})
        self.asked.append(asked)
        if not self.batches:
            self.drained.set()
            return aws_answer(request.url, {})
        batch = self.batches.pop(0)
        if batch is None:
            return aws_answer(request.url, {"__type": "com.amazonaws.sqs#QueueDoesNotExist"}, 400)
        return aws_answer(request.url, {"Messages": list(map(_message, batch))})


@dataclass
class Worker:
    """Stands where the functions are; answers, or raises, what a test says, then that all is done."""

    answers: list[dict[str, Any] | Exception] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def invoke(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        self.events.append((name, event))
        answer = self.answers.pop(0) if self.answers else NOTHING_FAILED
        if isinstance(answer, Exception):
            raise answer
        return answer


def _message(name: str) -> dict[str, Any]:
    return {
        "MessageId": name,
        "ReceiptHandle": f"receipt of {name}",
        "Body": json.dumps({"grant_id": name}),
        "Attributes": {"ApproximateReceiveCount": "3"},
    }


@pytest.fixture
def queue() -> Iterator[Queue]:
    queue = Queue()
    assert boto3.DEFAULT_SESSION
    events = boto3.DEFAULT_SESSION.events
    events.register("before-send.sqs", queue.answer)  # type: ignore[arg-type]
    yield queue
    events.unregister("before-send.sqs", queue.answer)  # type: ignore[arg-type]


def polled(queue: Queue, worker: Worker) -> None:
    """Poll in the background until the queue is empty, then stop; no thread may be left."""
    before = set(threading.enumerate())
    with RevocationPoller(worker, URL, look_every_seconds=0.001):
        assert queue.drained.wait(LONG_ENOUGH), "the poller is dead"
    assert set(threading.enumerate()) <= before


def test_the_worker_gets_a_batch_as_lambda_hands_it_over(queue: Queue) -> None:
    worker = Worker()
    queue.batches = [["a", "b"]]
    polled(queue, worker)

    ((function, event),) = worker.events
    assert function == FUNCTION
    assert [(record["messageId"], record["receiptHandle"], record["body"]) for record in event["Records"]] == [
        ("a", "receipt of a", '{"grant_id": "a"}'),
        ("b", "receipt of b", '{"grant_id": "b"}'),
    ]
    assert [record["attributes"] for record in event["Records"]] == [{"ApproximateReceiveCount": "3"}] * 2
    assert queue.asked[0] == {
        "QueueUrl": URL,
        "MaxNumberOfMessages": BATCH,
        "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
    }


def test_only_what_the_worker_is_done_with_is_removed(queue: Queue) -> None:
    queue.batches = [["a", "b", "c"]]
    polled(queue, Worker([{"batchItemFailures": [{"itemIdentifier": "b"}]}]))

    assert queue.removed == ["receipt of a", "receipt of c"]


def test_an_empty_queue_costs_no_invocation(queue: Queue) -> None:
    worker = Worker()
    polled(queue, worker)

    assert worker.events == []


def test_a_crash_of_the_worker_is_logged_and_the_next_batch_is_worked_on(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    """Its messages stay in the queue and come again."""
    worker = Worker([ZeroDivisionError("a bug in the worker")])
    queue.batches = [["a"], ["b"]]
    polled(queue, worker)

    assert queue.removed == ["receipt of b"]
    assert len(worker.events) == 2
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("local.poller", logging.ERROR)
    assert "ZeroDivisionError: a bug in the worker" in caplog.text
    assert "in invoke" in caplog.text, "the traceback says where"


def test_a_failing_queue_is_logged_and_asked_again(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    queue.batches = [None, None, ["a"]]
    polled(queue, Worker())

    assert queue.removed == ["receipt of a"]
    assert len(caplog.records) == 2
    assert "QueueDoesNotExist" in caplog.text


def test_what_is_logged_holds_no_message_of_the_queue(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    """A traceback shows lines of code and what the error says of itself, never the values at hand."""
    queue.batches = [["MARK-grant"]]
    polled(queue, Worker([{"not what was promised": []}]))

    assert "KeyError" in caplog.text
    assert "MARK" not in caplog.text


def test_a_poll_by_hand_says_what_failed(queue: Queue) -> None:
    """Who polls by hand wants to know; only the thread must live on."""
    queue.batches = [["a"]]
    poller = RevocationPoller(Worker([ZeroDivisionError()]), URL)

    with pytest.raises(WorkerCrashedError) as crash:
        poller.poll()
    assert isinstance(crash.value.__cause__, ZeroDivisionError)
    assert queue.removed == []


def test_a_bug_of_the_poller_itself_ends_it_and_is_told(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the worker's crashes and the queue's errors are an event source's daily life."""
    told: list[threading.ExceptHookArgs] = []
    ended = threading.Event()

    def tell(crash: threading.ExceptHookArgs) -> None:
        told.append(crash)
        ended.set()

    monkeypatch.setattr(threading, "excepthook", tell)
    monkeypatch.setattr("local.poller._record", lambda _: 1 / 0)
    queue.batches = [["a"], ["b"]]
    with RevocationPoller(Worker(), URL, look_every_seconds=0.001):
        assert ended.wait(LONG_ENOUGH)

    assert [crash.exc_type for crash in told] == [ZeroDivisionError]
    assert queue.batches == [["b"]]
    assert queue.removed == []
