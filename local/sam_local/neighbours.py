"""What the containers talk to: AWS and TrainingPeaks, simulated in this process."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from local.aws import aws_server
from local.loopback import BACKLOG, LoopbackServer, PortInUseError
from local.sam_local.containers import HOST_GATEWAY, bridge_address
from local.trainingpeaks import SimulatorState, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.serving import WSGIRequestHandler

    from local.settings import LocalSettings

# A name below `localhost` is this very machine to every browser, and containers are told the same: so one URL of the
# simulator is right for both.
AWS_NAME = "aws.localhost"
TRAININGPEAKS_NAME = "trainingpeaks.localhost"
ADD_HOSTS = (f"{AWS_NAME}:{HOST_GATEWAY}", f"{TRAININGPEAKS_NAME}:{HOST_GATEWAY}")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A server's origin for this process (`url`), and for containers and browsers (`shared_url`)."""

    url: str
    shared_url: str

    def shared(self, url: str) -> str:
        """Return a URL of this server as containers and browsers reach it."""
        return self.shared_url + url.removeprefix(self.url)


@contextmanager
def aws() -> Iterator[Neighbour]:
    """Run moto's server."""
    with _reachable(aws_server(), AWS_NAME) as neighbour:
        yield neighbour


@contextmanager
def trainingpeaks(settings: LocalSettings, redirect_uri: str) -> Iterator[tuple[Neighbour, SimulatorState]]:
    """Run the simulator, with one registered redirect URI."""
    app = create_app(
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        redirect_uris=frozenset({redirect_uri}),
        access_token_lifetime=settings.access_token_lifetime,
    )
    with _reachable(LoopbackServer(app), TRAININGPEAKS_NAME) as neighbour:
        yield neighbour, cast("SimulatorState", app.extensions["trainingpeaks"])


@contextmanager
def serving(server: LoopbackServer) -> Iterator[None]:
    """Run a server for a while."""
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def _reachable(server: LoopbackServer, name: str) -> Iterator[Neighbour]:
    """Run a server also where containers look for this machine, on the same port of another address."""
    with ExitStack() as running:
        running.enter_context(serving(server))
        if address := bridge_address():
            listener = _listen(address, server.port)
            handler = cast("type[WSGIRequestHandler]", server.RequestHandlerClass)
            running.enter_context(serving(LoopbackServer(server.app, listener, handler)))
        yield Neighbour(url=server.url, shared_url=f"http://{name}:{server.port}")


def _listen(address: str, port: int) -> socket.socket:
    try:
        return socket.create_server((address, port), backlog=BACKLOG)
    except OSError as exc:
        message = f"port {port} of {address}, where containers look for this machine, cannot be used: {exc.strerror}"
        raise PortInUseError(message) from exc
