"""KMS, SQS and Secrets Manager in memory, in the network's place; DynamoDB is really asked. Any call can be spoilt."""

import json
import secrets
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, cast

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from botocore.httpsession import URLLib3Session
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    import boto3
    from botocore.awsrequest import AWSPreparedRequest

    from tests.memory_queue import MemoryQueue

type Document = dict[str, Any]

CONNECTIONS = 64
AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
NONCE_BYTES = 12
KEY_BYTES = 32


class Trouble(StrEnum):
    """What can happen to one HTTP try; after `LOST` the work is done and nobody is told."""

    DOWN = "down"
    FAILED = "failed"
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One HTTP try, by the service's name in botocore's events."""

    service: str
    operation: str
    body: Document

    @property
    def is_table_write(self) -> bool:
        """Whether DynamoDB could find it in conflict with a transaction."""
        return self.service == "dynamodb" and self.operation.startswith(("Put", "Update", "Delete", "Transact"))


class Witness(Protocol):
    """Whose calls these are: it decides what goes wrong, and is told what had its effect."""

    @property
    def queue(self) -> "MemoryQueue":
        """Return the queue that messages go to."""
        ...

    def trouble(self, call: AwsCall) -> Trouble | None:
        """Return what goes wrong with a call."""
        ...

    def happened(self, call: AwsCall, status: int) -> None:
        """Take note of a call that was answered; the answer may yet be lost."""
        ...


class MemoryAws:
    """Stands before the network of every client of a session. Each thread's calls have the witness that is present."""

    def __init__(self, client_secret: str, present: Callable[[], Witness | None]) -> None:
        self.keys = MemoryKeys()
        self._client_secret = client_secret
        self._present = present
        self._network = URLLib3Session(max_pool_connections=CONNECTIONS, socket_options=AT_ONCE)  # type: ignore[arg-type]

    def attach(self, session: "boto3.Session") -> None:
        """Answer for all clients that the session makes from now on."""
        session.events.register("before-send", self._before_send)  # type: ignore[arg-type]

    def _before_send(self, request: "AWSPreparedRequest", event_name: str, **_: object) -> AWSResponse:
        _hook, service, operation = event_name.split(".")
        call = AwsCall(service, operation, json.loads(cast("bytes", request.body)))
        witness = self._present()
        trouble = witness.trouble(call) if witness else None
        match trouble:
            case Trouble.DOWN:
                raise EndpointConnectionError(endpoint_url=request.url)
            case Trouble.FAILED:
                return _response(500, {"__type": "InternalServerError"})
            case Trouble.THROTTLED:
                return _response(400, {"__type": "ThrottlingException"})
            case Trouble.CONFLICT:
                return _conflict(call)
        response = self._answer(call, request, witness)
        if witness:
            witness.happened(call, response.status_code)
        if trouble is Trouble.LOST:
            raise ConnectionClosedError(endpoint_url=request.url)
        return response

    def _answer(self, call: AwsCall, request: "AWSPreparedRequest", witness: Witness | None) -> AWSResponse:
        match call.service:
            case "kms":
                return _response(*self.keys.answer(call))
            case "sqs" if witness:
                return _response(200, witness.queue.answer(call.operation, call.body))
            case "secrets-manager":
                return _response(200, {"Name": "secret", "SecretString": self._client_secret})
        return self._network.send(request)


class MemoryKeys:
    """One master key that wraps data keys and, as KMS does, authenticates their encryption context."""

    def __init__(self) -> None:
        self._master = AESGCM(AESGCM.generate_key(256))

    def answer(self, call: AwsCall) -> tuple[int, Document]:
        """Answer GenerateDataKey or Decrypt with a status and a document."""
        context = json.dumps(call.body["EncryptionContext"], sort_keys=True).encode()
        if call.operation == "GenerateDataKey":
            plain, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
            wrapped = nonce + self._master.encrypt(nonce, plain, context)
            return 200, {"KeyId": "key", "Plaintext": _text(plain), "CiphertextBlob": _text(wrapped)}
        wrapped = b64decode(call.body["CiphertextBlob"])
        try:
            plain = self._master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except InvalidTag:
            return 400, {"__type": "InvalidCiphertextException"}
        return 200, {"KeyId": "key", "Plaintext": _text(plain)}


def _conflict(call: AwsCall) -> AWSResponse:
    """Answer as DynamoDB does while another transaction is writing the same items."""
    if call.operation != "TransactWriteItems":
        return _response(400, {"__type": "TransactionConflictException"})
    reasons = [{"Code": "None"} for _ in call.body["TransactItems"]]
    reasons[0] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return _response(400, {"__type": "TransactionCanceledException", "CancellationReasons": reasons})


def _text(content: bytes) -> str:
    return b64encode(content).decode()


class _Raw:
    """What botocore reads a body from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._content


def _response(status: int, document: Document) -> AWSResponse:
    headers: Any = {"Content-Type": "application/x-amz-json-1.1"}
    return AWSResponse("memory", status, headers, _Raw(json.dumps(document).encode()))
