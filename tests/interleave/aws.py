"""Aws: holds every AWS call in the actor's own thread and answers in the network's place."""

import json
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from botocore.httpsession import URLLib3Session

from tests.interleave.actors import DiedError, Fault, hold
from tests.interleave.calls import Call, grant_named_in, table_call
from tests.interleave.clock import Clock
from tests.interleave.journal import Journal
from tests.interleave.key_service import KeyService
from tests.interleave.message_queue import MessageQueue

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

CLIENT_SECRET = "the-client-secret-of-every-schedule"


class Aws:
    """DynamoDB Local is really asked; KMS, SQS and Secrets Manager are answered from memory."""

    def __init__(self, clock: Clock, keys: KeyService, queue: MessageQueue, journal: Journal) -> None:
        self._clock = clock
        self._keys = keys
        self._queue = queue
        self._journal = journal
        at_once: Any = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        self._network = URLLib3Session(socket_options=at_once)

    def attach(self) -> None:
        """Stand before the network of boto3's default session, which is made anew."""
        boto3.setup_default_session()
        session = boto3.DEFAULT_SESSION
        if session is None:
            raise RuntimeError
        hook: Any = self._before_send
        session.events.register("before-send", hook)

    def _before_send(self, request: "AWSPreparedRequest", event_name: str, **_: object) -> AWSResponse:
        service, operation = event_name.split(".")[1:]
        body = json.loads(cast("bytes", request.body))
        if service == "secrets-manager":
            return _response(200, {"Name": "secret", "SecretString": CLIENT_SECRET})
        call = self._journal.named(_call(service, operation, body))
        fault = hold(call)
        if fault is Fault.CONFLICT:
            return _conflict(operation, body)
        if fault is Fault.DOWN:
            raise EndpointConnectionError(endpoint_url=request.url)
        response = self._answer(service, operation, body, request)
        self._journal.happened(call, response.status_code)
        if fault is Fault.CRASH:
            raise DiedError
        if fault is Fault.PAUSE:
            self._clock.outlive()
        if fault is Fault.LOST:
            raise ConnectionClosedError(endpoint_url=request.url)
        return response

    def _answer(self, service: str, operation: str, body: dict[str, Any], request: "AWSPreparedRequest") -> AWSResponse:
        if service == "kms":
            return _response(*self._keys.answer(operation, body))
        if service == "sqs":
            return _response(200, self._queue.answer(operation, body))
        return self._network.send(request)


def _call(service: str, operation: str, body: dict[str, Any]) -> Call:
    if service == "dynamodb":
        return table_call(operation, body)
    return Call(service, operation, label=grant_named_in(body) or "")


def _conflict(operation: str, body: dict[str, Any]) -> AWSResponse:
    """Answer as DynamoDB does while another transaction is writing the same items."""
    if operation != "TransactWriteItems":
        return _error("TransactionConflictException", {})
    reasons = [{"Code": "None"} for _ in body["TransactItems"]]
    reasons[0] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return _error("TransactionCanceledException", {"CancellationReasons": reasons})


def _error(code: str, parts: dict[str, Any]) -> AWSResponse:
    document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code} | parts
    return _response(400, document)


class _Raw:
    """What botocore reads a body from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Yield the body."""
        yield self._content


def _response(status: int, document: dict[str, Any]) -> AWSResponse:
    content = json.dumps(document).encode()
    headers: Any = {"Content-Type": "application/x-amz-json-1.1"}
    return AWSResponse("memory", status, headers, _Raw(content))
