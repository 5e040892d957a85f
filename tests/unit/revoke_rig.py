"""The revocation worker with what it works on said by a test: the fate of each grant, and the queue's answers."""

import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast, override

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from account_link.deadline import Deadline
from account_link.models import GrantId, InvocationId
from account_link.revocation import RevocationUnfinishedError
from functions.revoke import app
from tests.fakes import ENVIRONMENT, FakeContext, aws_answer

CONTEXT = FakeContext()
SHORT = timedelta(seconds=7)


@dataclass
class Revocations:
    """Stands in the place of the service: what becomes of each grant is said here."""

    fates: dict[str, Exception] = field(default_factory=dict)
    seconds: float = 0.0
    looked_at: list[str] = field(default_factory=list)

    def revoke(self, grant_id: GrantId, by: InvocationId, deadline: Deadline) -> None:
        assert by == CONTEXT.aws_request_id
        assert deadline.left() <= 29
        self.looked_at.append(grant_id)
        time.sleep(self.seconds)
        if grant_id in self.fates:
            raise self.fates[grant_id]


class Sqs:
    """A real client whose network is this object: remembers how long each message stays hidden, or is out of reach."""

    def __init__(self) -> None:
        self.hidden: dict[str, int] = {}
        self.is_down = False
        self.client = boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}))
        self.client.meta.events.register("before-send", self._answer)  # type: ignore[arg-type]

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        asked = json.loads(cast("bytes", request.body))
        assert asked.keys() == {"QueueUrl", "ReceiptHandle", "VisibilityTimeout"}
        assert asked["QueueUrl"] == ENVIRONMENT["REVOCATION_QUEUE_URL"]
        if self.is_down:
            raise EndpointConnectionError(endpoint_url=request.url)
        self.hidden[asked["ReceiptHandle"]] = asked["VisibilityTimeout"]
        return aws_answer(request.url, {})


class HurriedContext(FakeContext):
    """An invocation with less time left than a fresh one."""

    def __init__(self, *, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    @override
    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]
        return int(self._seconds * 1000)


def message(grant: str, received: int = 1, body: str | None = None) -> dict[str, Any]:
    """Return a record that names a grant, received for the so-manieth time."""
    return {
        "messageId": f"message of {grant}",
        "receiptHandle": f"receipt of {grant}",
        "body": json.dumps({"grant_id": grant}) if body is None else body,
        "attributes": {"ApproximateReceiveCount": str(received)},
    }


def unfinished_of(*records: dict[str, Any], context: FakeContext = CONTEXT) -> list[str]:
    """Hand over a batch and return the grants whose messages shall come again."""
    answer = app.lambda_handler({"Records": records}, context)
    assert answer.keys() == {"batchItemFailures"}
    assert all(failure.keys() == {"itemIdentifier"} for failure in answer["batchItemFailures"])
    return [failure["itemIdentifier"].removeprefix("message of ") for failure in answer["batchItemFailures"]]


def failing(wait: timedelta = SHORT) -> RevocationUnfinishedError:
    """Return what is raised where TrainingPeaks was asked in vain."""
    return RevocationUnfinishedError(wait, tried=True)


def postponed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return why messages were postponed, as counted."""
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return [line["reason"] for line in lines if "RevocationPostponed" in line]
