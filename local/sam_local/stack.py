"""The service in containers, started and stopped with all that it needs beside it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from local.identity import Issuer
from local.loopback import HOST, LoopbackServer, listen, port_of
from local.poller import FUNCTION, RevocationPoller
from local.sam_local.front import api_client, front
from local.sam_local.neighbours import serving
from local.sam_local.service import SamService, free_port
from local.sam_local.surroundings import Surroundings
from local.sam_local.worker import ContainerWorker
from local.settings import LocalSettings

if TYPE_CHECKING:
    from types import TracebackType

    from flask import Flask

AUDIENCE = "kinni-local"


class SamLocalStack:
    """Serves the API in containers, and the page, on 127.0.0.1 between enter and exit.

    After the start `url` is where the browser goes, and `api` and `worker` are the SAM CLI's two servers.
    """

    url: str
    surroundings: Surroundings
    api: SamService
    worker: SamService

    def __init__(self, settings: LocalSettings | None = None) -> None:
        """Choose how to run; nothing is started yet."""
        self.settings = settings or LocalSettings()
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Build and start everything; raise PortInUseError or SamError."""
        with ExitStack() as starting:
            self._start(starting)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything: no container, no process and no port stays."""
        self._running.close()

    @property
    def is_running(self) -> bool:
        """Whether the SAM CLI still serves."""
        return self.api.is_running and self.worker.is_running

    def _start(self, running: ExitStack) -> None:
        # The port comes first: the callback and return URLs name it.
        listener = running.enter_context(listen(self.settings.port))
        self.url = f"http://{HOST}:{port_of(listener)}"
        self.surroundings = running.enter_context(Surroundings(self.settings, self.url))
        self.api = running.enter_context(self._service("start-api", "--warm-containers", "EAGER"))
        self.worker = running.enter_context(self._service("start-lambda", FUNCTION, "--warm-containers", "LAZY"))
        for service in (self.api, self.worker):
            service.wait_until_ready()
        running.enter_context(RevocationPoller(ContainerWorker(self.worker.url), self.surroundings.queue_url))
        running.enter_context(serving(LoopbackServer(self._front(running), listener)))

    def _service(self, command: str, *arguments: str) -> SamService:
        port = free_port()
        options = ("--host", HOST, "--port", str(port), "--no-watch")
        return SamService(self.surroundings.call(command, *arguments, options=options), port)

    def _front(self, running: ExitStack) -> Flask:
        issuer = Issuer(url=self.url, audience=AUDIENCE)
        simulator = self.surroundings.simulator_origin
        api = running.enter_context(api_client(self.api.url))
        return front(issuer, simulator.shared_url if simulator else None, api)
