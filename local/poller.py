"""Feeds the revocation worker from its queue, in the place of Lambda's event source mapping."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from mypy_boto3_sqs.type_defs import MessageTypeDef

FUNCTION = "RevokeFunction"
BATCH = 5
LOOK_EVERY_SECONDS = 1.0


logger = logging.getLogger(__name__)


class Invoker(Protocol):
    """What runs a function, by its logical id: in this process, or in a container."""

    def invoke(self, name: str, event: dict[str, Any], /) -> Any:  # noqa: ANN401 -- a function may answer anything
        """Return what the function returns; raise what it raises."""


class WorkerCrashedError(Exception):
    """The worker raised, which is the cause, or answered nothing that tells which messages it is done with."""


class RevocationPoller:
    """Polls between enter and exit, and removes what the worker is done with; the rest comes again by itself."""

    def __init__(self, functions: Invoker, queue_url: str, *, look_every_seconds: float = LOOK_EVERY_SECONDS) -> None:
        """Poll the queue in the SQS that the environment leads to."""
        self._sqs = boto3.client("sqs")
        self._functions = functions
        self._queue_url = queue_url
        self._look_every_seconds = look_every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Start polling."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop after the batch under way."""
        self._stopped.set()
        self._thread.join()
        self._sqs.close()

    def poll(self) -> int:
        """Hand one batch to the worker and return how many messages it is done with.

        Raises WorkerCrashedError, and what boto3 raises where the queue cannot be reached.
        """
        received = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=BATCH,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        messages = received.get("Messages", [])
        if not messages:
            return 0
        again = self._work_on([_record(message) for message in messages])
        done = [message for message in messages if message["MessageId"] not in again]
        for message in done:
            self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return len(done)

    def _work_on(self, records: list[dict[str, Any]]) -> set[str]:
        """Return the ids of the messages that shall come again; raise WorkerCrashedError."""
        try:
            answer = self._functions.invoke(FUNCTION, {"Records": records})
            return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        except Exception as exc:
            raise WorkerCrashedError from exc

    def _run(self) -> None:
        while not self._stopped.wait(self._look_every_seconds):
            try:
                self.poll()
            except (WorkerCrashedError, BotoCoreError, ClientError):
                # As on AWS: whatever went wrong with one batch, its messages come again, and others meanwhile.
                logger.exception("a poll of the revocation queue failed; its messages come again")


def _record(message: MessageTypeDef) -> dict[str, Any]:
    """Return the message as Lambda hands it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSource": "aws:sqs",
    }
