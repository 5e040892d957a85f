"""What can happen to a request on its way to AWS and back."""

import io
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from tests.integration.aws_calls import CARRIED_OUT_HEADER, Action

SHORT_PAUSE = 152_559
"""A seed whose first random number is all but 0: the SDK multiplies it with its pause before a second try."""


class _Body(io.BytesIO):
    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def refused(request: AWSPreparedRequest, _: int) -> AWSResponse:
    """The caller has no right to do this, for good."""
    return _error(request, 400, "AccessDeniedException")


def throttled(request: AWSPreparedRequest, _: int) -> AWSResponse:
    """Too many requests, however often it is tried."""
    random.seed(SHORT_PAUSE)
    return _error(request, 400, "ThrottlingException")


def failing(request: AWSPreparedRequest, _: int) -> AWSResponse:
    """The service has a fault of its own."""
    random.seed(SHORT_PAUSE)
    return _error(request, 500, "InternalServerError")


def unreachable(request: AWSPreparedRequest, _: int) -> None:
    """Nothing gets there."""
    random.seed(SHORT_PAUSE)
    raise EndpointConnectionError(endpoint_url=request.url)


def timed_out(request: AWSPreparedRequest, _: int) -> None:
    """No answer comes in time, and nothing was done."""
    random.seed(SHORT_PAUSE)
    raise ReadTimeoutError(endpoint_url=request.url)


def answer_lost(request: AWSPreparedRequest, tried: int) -> None:
    """It is done and the answer gets lost, so that the SDK sends it again; then all is well."""
    if tried == 1:
        _lose(request)


def answers_lost(request: AWSPreparedRequest, _: int) -> None:
    """It is done, and nobody hears of it."""
    _lose(request)


def _lose(request: AWSPreparedRequest) -> None:
    _carry_out(request)
    random.seed(SHORT_PAUSE)
    raise ConnectionClosedError(endpoint_url=request.url)


def transaction_conflict(request: AWSPreparedRequest, _: int) -> AWSResponse:
    """Somebody else is writing one of the transaction's items. DynamoDB Local never says so."""
    items = len(json.loads(cast("bytes", request.body))["TransactItems"])
    reasons = [{"Code": "TransactionConflict", "Message": "conflict"}] + [{"Code": "None"}] * (items - 1)
    return _error(request, 400, "TransactionCanceledException", CancellationReasons=reasons)


def write_conflict(request: AWSPreparedRequest, _: int) -> AWSResponse:
    """A transaction is writing the item just now. DynamoDB Local never says so."""
    return _error(request, 400, "TransactionConflictException")


def after(*meanwhile: Callable[[], object]) -> Action:
    """Let something happen between the decision to send and the sending, once."""
    waiting = list(meanwhile)

    def action(_: AWSPreparedRequest, __: int) -> None:
        while waiting:
            waiting.pop(0)()

    return action


def lost_after(meanwhile: Callable[[], object], *, for_good: bool = False) -> Action:
    """Do it, let something else happen on top of it, and only then lose the answer: once, or in all tries."""

    def action(request: AWSPreparedRequest, tried: int) -> None:
        if tried == 1:
            _carry_out(request)
            meanwhile()
        if tried == 1 or for_good:
            random.seed(SHORT_PAUSE)
            raise ConnectionClosedError(endpoint_url=request.url)

    return action


def _error(request: AWSPreparedRequest, status: int, code: str, **more: Any) -> AWSResponse:  # noqa: ANN401 -- JSON
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no", **more}).encode()
    headers = HTTPHeaders.from_dict({"Content-Type": "application/x-amz-json-1.0"})
    return AWSResponse(request.url, status, headers, _Body(body))


class DiedError(BaseException):
    """The process is gone. No `except` of the code under test may take it for anything else."""


def died_before(_: AWSPreparedRequest, __: int) -> None:
    """The process dies, and nothing was sent."""
    raise DiedError


def died_after(request: AWSPreparedRequest, _: int) -> None:
    """The process dies after it was done."""
    _carry_out(request)
    raise DiedError


def _carry_out(request: AWSPreparedRequest) -> None:
    with closing(URLLib3Session()) as network:
        network.send(request)
    request.headers[CARRIED_OUT_HEADER] = "yes"
