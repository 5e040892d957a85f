"""A threaded WSGI server on 127.0.0.1 that leaves neither threads nor sockets behind when it is stopped."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, override

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"
# More than any test's parallel calls: a connection that finds the queue full is only tried again after a second.
BACKLOG = 512
GRACE_SECONDS = 5.0


class PortInUseError(Exception):
    """Another program listens on the port."""


class QuietRequestHandler(WSGIRequestHandler):
    """Logs no requests: their query strings hold codes and states."""

    @override
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    @override
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: a message about a bad request quotes it."""


def listen(port: int) -> socket.socket:
    """Return a socket that listens on a port of 127.0.0.1, any free one for 0; raise PortInUseError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        message = f"port {port} of {HOST} cannot be used: {exc.strerror}"
        raise PortInUseError(message) from exc
    return listener


def port_of(listener: socket.socket) -> int:
    """Return the port that a socket listens on."""
    port: int = listener.getsockname()[1]
    return port


class LoopbackServer(ThreadedWSGIServer):
    """Serves a WSGI application from its own thread, each connection in another one."""

    def __init__(
        self,
        app: WSGIApplication,
        listener: socket.socket | None = None,
        handler: type[WSGIRequestHandler] = QuietRequestHandler,
    ) -> None:
        """Take over the listening socket, or a free port; `start` serves."""
        listener = listener or listen(0)
        with listener:
            super().__init__(HOST, port_of(listener), app, handler, fd=listener.fileno())
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._acceptor = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """The server's origin, such as http://127.0.0.1:3000."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Serve from now on, in the background."""
        self._acceptor.start()

    def stop(self) -> None:
        """Stop listening, let the answers under way be finished for a few seconds, and close every connection."""
        if self._acceptor.is_alive():
            self.shutdown()
            self._acceptor.join()
        self.server_close()
        connections = dict(self._connections)
        for connection in connections:
            # An idle connection (browsers open some ahead) reads the end of its input; an answer can still be written.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        deadline = time.monotonic() + GRACE_SECONDS
        for thread in connections.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in a thread that `stop` can wait for."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            daemon=True,
        )
        self._connections[request] = thread
        thread.start()

    @override
    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        super().shutdown_request(request)
        self._connections.pop(request, None)
