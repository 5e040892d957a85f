"""The revocation worker, called by the tests: nothing that they announce is looked at behind their backs."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3

from account_link.models import GrantId
from local.runtime import LambdaContext
from tests.integration.aws_calls import AwsCalls
from tests.integration.runner import handler

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

TIMEOUT = timedelta(seconds=29)

type Record = dict[str, Any]


def a_queue_that_nobody_polls() -> str:
    """Return the URL of a queue in which messages wait: the local poller knows another one."""
    sqs = boto3.client("sqs")
    try:
        return sqs.create_queue(QueueName=str(uuid.uuid4()))["QueueUrl"]
    finally:
        sqs.close()


class Worker:
    """Looks at the grants that were announced since it was made, without the 45 seconds before that."""

    def __init__(self, queue_url: str, aws_calls: AwsCalls) -> None:
        # With a session of its own, whose calls nobody listens to, and nobody takes for a function's.
        self._sqs: SQSClient = boto3.Session().client("sqs")
        self._queue_url = queue_url
        self._aws_calls = aws_calls
        self._before = len(aws_calls.everything())

    def announced(self) -> list[GrantId]:
        """Return each announced grant once, in order."""
        bodies = [json.loads(told["MessageBody"]) for told in self._told("SendMessage")]
        return list(dict.fromkeys(GrantId(body["grant_id"]) for body in bodies))

    def close(self) -> None:
        self._sqs.close()

    def looks(self) -> list[Callable[[], timedelta | None]]:
        """Return one look at each announced grant, which returns when it comes again, or None where it is done."""
        return [partial(self._look, self._received(grant_id)) for grant_id in self.announced()]

    def drain(self) -> list[timedelta]:
        """Look at all of them; return when those come again that are not done."""
        waits = [look() for look in self.looks()]
        return [wait for wait in waits if wait is not None]

    def _received(self, grant_id: GrantId) -> Record:
        """Send the announcement again, to be had at once, and receive it as Lambda hands it on."""
        body = json.dumps({"grant_id": grant_id})
        sent = self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=body)
        while True:
            received = self._sqs.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
            mine = None
            for message in received["Messages"]:
                if message["MessageId"] == sent["MessageId"]:
                    mine = _record(message)
                else:
                    # Announced by an earlier test; the longer the queue, the slower it is.
                    self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
            if mine is not None:
                return mine

    def _look(self, record: Record) -> timedelta | None:
        answer = handler("revoke")({"Records": [record]}, LambdaContext("revoke", TIMEOUT, 512))
        if not answer["batchItemFailures"]:
            return None
        waits = [
            told["VisibilityTimeout"]
            for told in self._told("ChangeMessageVisibility")
            if told["ReceiptHandle"] == record["receiptHandle"]
        ]
        return timedelta(seconds=waits[-1])

    def _told(self, operation: str) -> list[dict[str, Any]]:
        sent = self._aws_calls.everything()[self._before :]
        return [json.loads(call.body) for call in sent if call.operation == operation]


def _record(message: "MessageTypeDef") -> Record:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
    }
