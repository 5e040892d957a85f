"""The connection that a call comes by: how the simulator drops it, and whether the client is still there."""

import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

READ_TIMEOUT: Final = "trainingpeaks.read_timeout"
"""Where a caller within this process says in the environment how many seconds it waits for an answer."""


class ConnectionDroppedError(ConnectionError):
    """There is no answer: the connection is closed instead."""


class ClientLeftError(ConnectionDroppedError):
    """There is nobody to answer: the client has stopped waiting."""


def hang_up(environ: "WSGIEnvironment") -> None:
    """Close the connection behind a request, if it came by one, so that its server has nothing to answer on."""
    connection = _connection(environ)
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # The client was faster.


def patience(environ: "WSGIEnvironment") -> float:
    """Return how many seconds a caller within this process waits; infinity where a connection will tell."""
    seconds: float | None = environ.get(READ_TIMEOUT)
    return float("inf") if seconds is None else seconds


def client_left(environ: "WSGIEnvironment") -> bool:
    """Return whether the client has closed the connection behind a request."""
    connection = _connection(environ)
    if connection is None:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _connection(environ: "WSGIEnvironment") -> socket.socket | None:
    connection: socket.socket | None = environ.get("werkzeug.socket")
    return connection
