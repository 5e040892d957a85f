"""What the functions send to AWS: counted, kept, and failed where a test says so.

It stands between the SDK and the network, so that the SDK's own retries are part of every test.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

EVENT = "before-send"
INVOCATION_HEADER = "amz-sdk-invocation-id"
"""The same in all tries of one request."""
CARRIED_OUT_HEADER = "x-carried-out"
"""What an action adds to a request that it has sent by itself before it raises."""

type Action = Callable[[AWSPreparedRequest, int], AWSResponse | None]
"""Answers one try (counted from 1) in the network's place, or raises, or returns None to let it through."""


@dataclass(frozen=True, slots=True)
class Call:
    """One try of one request."""

    service: str
    operation: str
    request: str
    thread: int
    body: bytes = field(repr=False)


@dataclass(slots=True)
class Fault:
    """What happens to the `nth` request of an operation, or to every one, and how often it did."""

    operation: str
    nth: int | None
    action: Action
    requests: list[str] = field(default_factory=list)
    tries: int = 0

    def strikes(self, call: Call) -> bool:
        if call.operation != self.operation:
            return False
        if call.request not in self.requests:
            self.requests.append(call.request)
        return self.nth is None or self.requests.index(call.request) == self.nth - 1


class AwsCalls:
    """All tries of all requests of the default session's clients, in the order in which they were sent."""

    def __init__(self) -> None:
        self._sent: list[Call] = []
        self._arrived: list[Call] = []
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    @contextmanager
    def listening(self) -> Iterator["AwsCalls"]:
        """Hear what clients send that are made from now on."""
        session = boto3.DEFAULT_SESSION
        assert session
        # botocore knows hooks that answer; its stubs do not.
        hook = cast("Callable[..., None]", self._before_send)
        session.events.register(EVENT, hook)
        try:
            yield self
        finally:
            session.events.unregister(EVENT, hook)

    @contextmanager
    def fault(self, operation: str, action: Action, *, nth: int | None = 1) -> Iterator[Fault]:
        """Let the action meet every try of the nth request of this operation, counted from here; None means all."""
        fault = Fault(operation, nth, action)
        with self._lock:
            self._faults.append(fault)
        try:
            yield fault
        finally:
            with self._lock:
                self._faults.remove(fault)
        assert fault.tries, f"{operation} was sent {len(fault.requests)} times, and the test is about number {nth}"

    @contextmanager
    def heard(self) -> Iterator[list[Call]]:
        """Fill the list, at the end of the block, with what was sent in it."""
        calls: list[Call] = []
        start = len(self._sent)
        try:
            yield calls
        finally:
            calls += self._sent[start:]

    def everything(self) -> list[Call]:
        return list(self._sent)

    def arrived(self) -> list[Call]:
        """Return the tries that AWS has seen, whoever heard its answer."""
        return list(self._arrived)

    def _before_send(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        service, operation = event_name.split(".")[1:]
        invocation = request.headers[INVOCATION_HEADER]
        name = invocation.decode() if isinstance(invocation, bytes) else str(invocation)
        call = Call(service, operation, name, threading.get_ident(), _bytes(request.body))
        fault = self._heard(call)
        try:
            answer = fault.action(request, fault.tries) if fault else None
        except BaseException:
            if CARRIED_OUT_HEADER in request.headers:
                self._arrived.append(call)
            raise
        if answer is None:
            self._arrived.append(call)
        return answer

    def _heard(self, call: Call) -> Fault | None:
        with self._lock:
            self._sent.append(call)
            for fault in self._faults:
                if fault.strikes(call):
                    fault.tries += 1
                    return fault
        return None


def requests(calls: list[Call], service: str) -> list[str]:
    """Return the operations that were asked of a service, whatever number of tries each took."""
    asked = {call.request: call.operation for call in calls if call.service == service}
    return list(asked.values())


def operations(calls: list[Call]) -> list[tuple[str, int]]:
    """Name each request by its operation and its number among those of this operation."""
    seen: dict[str, Iterator[int]] = {}
    numbered = {call.request: call.operation for call in calls}
    return [(name, next(seen.setdefault(name, itertools.count(1)))) for name in numbered.values()]


def _bytes(body: object) -> bytes:
    match body:
        case bytes() | bytearray():
            return bytes(body)
        case str():
            return body.encode()
        case _:
            return b""
