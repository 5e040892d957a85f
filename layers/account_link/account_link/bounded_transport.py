"""BoundedTransport: an HTTP transport whose every read and write ends at the call's deadline.

httpx's read time-out starts anew with each piece that arrives, so a reply that drips would outlast any function.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any, override

import httpcore
import httpx

from account_link.deadline import Deadline

MOST_CONNECTIONS = 100
KEPT_ALIVE_SECONDS = 5.0
"""A connection that slept with the function may be dead without a word, and a code is sent only once."""

_call: ContextVar[Deadline | None] = ContextVar("_call", default=None)


@contextmanager
def bounded_by(deadline: Deadline) -> Iterator[None]:
    """Let everything that is read and written in the block end at the deadline."""
    token = _call.set(deadline)
    try:
        yield
    finally:
        _call.reset(token)


class BoundedTransport(httpx.HTTPTransport):
    """httpx's own transport, on sockets that know the deadline."""

    def __init__(self) -> None:
        context = httpx.create_ssl_context()
        super().__init__(verify=context)
        # httpx has no argument for it; the version is pinned, and a dripping server in the tests tells if this breaks.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            network_backend=_Backend(),
            max_connections=MOST_CONNECTIONS,
            keepalive_expiry=KEPT_ALIVE_SECONDS,
        )


class _Backend(httpcore.SyncBackend):
    @override
    def connect_tcp(self, *given: Any, **options: Any) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(*given, **options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        bounded = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, bounded))

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, over: type[Exception]) -> float | None:
    deadline = _call.get()
    if deadline is None:
        return timeout
    left = deadline.left()
    if not left:
        raise over
    return left if timeout is None else min(timeout, left)
