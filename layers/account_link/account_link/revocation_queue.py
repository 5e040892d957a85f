"""RevocationQueue: names grants that the revocation worker shall look at."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from account_link.aws_errors import try_again
from account_link.models import ANNOUNCED_AFTER, GrantId

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_WAIT = timedelta(hours=11)
"""SQS keeps a message invisible for 12 hours at most."""


class RevocationQueue:
    """Messages name a grant and never carry a token. Each method may raise TryAgainError."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def announce(self, grant_id: GrantId) -> None:
        """Have the worker look at the grant when whoever announces it has finished or died."""
        try:
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=json.dumps({"grant_id": grant_id}),
                DelaySeconds=int(ANNOUNCED_AFTER.total_seconds()),
            )
        except (ClientError, BotoCoreError) as exc:
            raise try_again(exc) from exc

    def defer(self, receipt: str, wait: timedelta) -> None:
        """Have the message come again after the wait, which a failed batch item does by itself."""
        seconds = int(min(max(wait, timedelta(seconds=1)), LONGEST_WAIT).total_seconds())
        try:
            self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)
        except (ClientError, BotoCoreError) as exc:
            raise try_again(exc) from exc
