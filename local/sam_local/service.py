"""A server of the SAM CLI: its process, and the containers that it starts."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Self

from local.loopback import HOST, listen, port_of
from local.sam_local import containers
from local.sam_local.sam import PROJECT, SamError

if TYPE_CHECKING:
    from types import TracebackType

    from local.sam_local.sam import Call

READY_WITHIN_SECONDS = 300.0
STOPPED_WITHIN_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.1
LINES_REMEMBERED = 30
CONTAINER = re.compile("SAM_CONTAINER_ID: ([0-9a-f]{64})")
# The SAM CLI logs requests with their query strings, and the callback's holds the code and the state.
REQUEST = re.compile(r"\bHTTP/[0-9.]+\b")


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with listen(0) as listener:
        return port_of(listener)


class SamService:
    """Runs `sam local start-…` between enter and exit.

    `url` is its origin, `containers` are the ids of those it has started.
    """

    def __init__(self, call: Call, port: int) -> None:
        """Take the call that makes the SAM CLI serve on a port of loopback."""
        self._call = call
        self._port = port
        self.url = f"http://{HOST}:{port}"
        self.containers: list[str] = []
        self._said: deque[str] = deque(maxlen=LINES_REMEMBERED)
        self._is_stopping = False

    def __enter__(self) -> Self:
        """Start it; it is ready when `wait_until_ready` returns."""
        # In a session of its own: Ctrl-C is for us, and we stop it when nobody needs it any more.
        self._process = subprocess.Popen(  # noqa: S603 -- our words
            self._call.command,
            cwd=PROJECT,
            env=self._call.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it and see that none of its containers stays."""
        self._is_stopping = True
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        containers.remove(self.containers)

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended by itself."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Return when it answers; raise SamError where it does not start."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._listens():
            if not self.is_running or time.monotonic() > deadline:
                message = "the SAM CLI did not start:\n" + "\n".join(self._said)
                raise SamError(message)
            time.sleep(LOOK_EVERY_SECONDS)

    def _listens(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex((HOST, self._port)) == 0

    def _read(self) -> None:
        """Pass on what it says: most of it is the functions' logs."""
        if self._process.stdout is None:
            return
        with self._process.stdout as output:
            for line in output:
                if found := CONTAINER.search(line):
                    self.containers.append(found[1])
                # While it stops it only complains about the containers that it has just closed.
                elif not (self._is_stopping or REQUEST.search(line)):
                    self._said.append(line.rstrip())
                    print(line.rstrip(), file=sys.stderr, flush=True)
