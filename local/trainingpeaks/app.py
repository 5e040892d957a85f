"""The simulator as a WSGI application, and a server for it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, override

from flask import Flask, Response, request

from local.loopback import LoopbackServer, listen
from local.trainingpeaks.api import api
from local.trainingpeaks.client import Client
from local.trainingpeaks.connection import ConnectionDroppedError, hang_up
from local.trainingpeaks.grants import ACCESS_TOKEN_LIFETIME
from local.trainingpeaks.pages import pages
from local.trainingpeaks.state import Clock, SimulatorState, current_state, utc_now
from local.trainingpeaks.switch_page import switch_page
from local.trainingpeaks.switches import switches
from local.trainingpeaks.tokens import tokens

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LARGEST_BODY: Final = 64 * 1024
_OAUTH_PATHS: Final = {path.lower(): path for path in ("/OAuth/Authorize", "/oauth/token", "/oauth/deauthorize")}


class Simulator(Flask):
    """A Flask application whose OAuth paths are found in any case, and which may drop a connection.

    TrainingPeaks documents `/OAuth/Authorize` and `/oauth/token`, and its own sample client posts to `/OAuth/Token`.
    """

    @override
    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        environ["PATH_INFO"] = _OAUTH_PATHS.get(path.lower(), path)
        try:
            return super().wsgi_app(environ, start_response)
        except ConnectionDroppedError:
            hang_up(environ)
            raise

    @override
    def handle_exception(self, e: Exception) -> Response:
        """Answer 500 to what nobody handled, and nothing at all where the connection is to be dropped."""
        if isinstance(e, ConnectionDroppedError):
            raise e
        return super().handle_exception(e)


def create_app(
    *,
    client_id: str,
    client_secret: str,
    redirect_uris: frozenset[str] | None,
    access_token_lifetime: timedelta = ACCESS_TOKEN_LIFETIME,
    clock: Clock = utc_now,
) -> Flask:
    """Build a simulator with one registered client.

    `redirect_uris` None accepts any loopback address as registered. `clock` decides when codes and access tokens
    expire. The state is in `app.extensions["trainingpeaks"]`.
    """
    app = Simulator(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    client = Client(client_id, client_secret, redirect_uris)
    app.extensions["trainingpeaks"] = SimulatorState(client, access_token_lifetime, clock)
    app.before_request(_count)
    app.after_request(_never_cached)
    for blueprint in (pages, tokens, api, switches, switch_page):
        app.register_blueprint(blueprint)
    return app


def serve(app: Flask, port: int) -> LoopbackServer:
    """Return a threaded server that listens on 127.0.0.1; `port` 0 takes a free one, found in `server.port`.

    It answers once `start` or `serve_forever` runs. Raises PortInUseError.
    """
    return LoopbackServer(app, listen(port))


def _count() -> None:
    if request.endpoint is not None:
        current_state().count(request.endpoint.rpartition(".")[2])


def _never_cached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
