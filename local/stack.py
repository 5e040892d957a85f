"""The whole service on a laptop: AWS, TrainingPeaks, the functions and the gateway, started and stopped together."""

from __future__ import annotations

import importlib
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self, cast

from local.aws import aws_server, create_resources
from local.endpoints import local_endpoints
from local.environment import (
    CALLBACK_PATH,
    aws_environment,
    declared_texts,
    function_settings,
    loopback_environment,
    own_environment,
)
from local.gateway import api_server
from local.identity import Issuer, TokenVerifier
from local.loopback import HOST, LoopbackServer, listen, port_of
from local.poller import RevocationPoller
from local.runner import InProcessRunner
from local.runtime import Functions
from local.settings import LocalSettings, TrainingPeaksService
from local.template import load_template, public_routes
from local.trainingpeaks import SimulatorState, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from flask import Flask

AUDIENCE = "kinni-local"


class LocalStack:
    """Serves the API on 127.0.0.1 between enter and exit.

    Starting sets this process's environment, for the functions run in it; stopping puts it back. After the start `url`
    is the API's origin, `issuer` makes tokens for it, and `simulator` is the state of the TrainingPeaks simulator, None
    where another TrainingPeaks is used.
    """

    url: str
    issuer: Issuer
    aws_url: str
    trainingpeaks: TrainingPeaksService
    simulator: SimulatorState | None = None
    poller: RevocationPoller

    def __init__(self, settings: LocalSettings | None = None) -> None:
        """Choose how to run; nothing is started yet."""
        self.settings = settings or LocalSettings()
        self._template = load_template(self.settings.template_file)
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Start everything; raise PortInUseError where the API's port is taken."""
        with ExitStack() as starting:
            self._start(starting)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything: no thread, no port and no variable of the environment stays."""
        self._running.close()

    def _start(self, running: ExitStack) -> None:
        # The port comes first: the callback and return URLs name it.
        listener = running.enter_context(listen(self.settings.port))
        self.url = f"http://{HOST}:{port_of(listener)}"
        self.issuer = Issuer(url=self.url, audience=AUDIENCE)
        running.enter_context(own_environment())
        self.trainingpeaks = self.settings.trainingpeaks or self._start_simulator(running)
        self.aws_url = running.enter_context(_serving(aws_server()))
        self._set_environment()
        functions = running.enter_context(Functions(self._template, parallel=self.settings.parallel_invocations))
        running.enter_context(_fresh_wiring())
        self.poller = running.enter_context(RevocationPoller(functions, os.environ["REVOCATION_QUEUE_URL"]))
        running.enter_context(_serving(LoopbackServer(self._gateway(functions), listener)))

    def _start_simulator(self, running: ExitStack) -> TrainingPeaksService:
        app = create_app(
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret,
            redirect_uris=frozenset({self.url + CALLBACK_PATH}),
            access_token_lifetime=self.settings.access_token_lifetime,
        )
        self.simulator = cast("SimulatorState", app.extensions["trainingpeaks"])
        url = running.enter_context(_serving(LoopbackServer(app)))
        return TrainingPeaksService(oauth_url=url, api_url=url)

    def _set_environment(self) -> None:
        settings = self.settings
        os.environ.update(declared_texts(self._template))
        os.environ.update(loopback_environment() | aws_environment(self.aws_url, settings.dynamodb_url))
        resources = create_resources(settings)
        os.environ.update(function_settings(settings, resources, self.trainingpeaks, self.url))

    def _gateway(self, functions: Functions) -> Flask:
        verifier = TokenVerifier(self.issuer.jwks(), issuer=self.issuer.url, audience=self.issuer.audience)
        runner = InProcessRunner(functions, verifier, public_routes(self._template))
        app = api_server(self.settings.template_file, runner, int(self.url.rpartition(":")[2]))
        simulator_url = self.trainingpeaks.oauth_url if self.simulator else None
        app.register_blueprint(local_endpoints(self.issuer, simulator_url))
        return app


@contextmanager
def _serving(server: LoopbackServer) -> Iterator[str]:
    """Run a server and return its origin."""
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def _fresh_wiring() -> Iterator[None]:
    """Let the layer build its clients for this start and for no other: it keeps them for as long as a process lives."""
    # Only now is the layer on the path.
    wiring = importlib.import_module("account_link.wiring")
    wiring.forget()
    try:
        yield
    finally:
        wiring.forget()
