"""The simulator as the transport of an HTTP client in the same process."""

from typing import TYPE_CHECKING, override

import httpx
from flask import Flask

from local.trainingpeaks.connection import READ_TIMEOUT, ClientLeftError, ConnectionDroppedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class SimulatorTransport(httpx.BaseTransport):
    """Calls the simulator without a network, and fails as one would.

    A dropped connection is httpx.RemoteProtocolError. A fault's latency that is longer than the client's read timeout
    takes that timeout's time and is httpx.ReadTimeout, after the work was done.
    """

    def __init__(self, app: Flask) -> None:
        """Take what `create_app` returned."""
        self._app = app

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return httpx.WSGITransport(self._as_seen_by(request)).handle_request(request)
        except ClientLeftError as exc:
            message = "timed out"
            raise httpx.ReadTimeout(message, request=request) from exc
        except ConnectionDroppedError as exc:
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message, request=request) from exc

    def _as_seen_by(self, request: httpx.Request) -> "WSGIApplication":
        read_timeout: float | None = request.extensions.get("timeout", {}).get("read")

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
            return self._app(environ | {READ_TIMEOUT: read_timeout}, start_response)

        return app
