"""Worker: a process that holds one built function, as Lambda holds one, and measures itself."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bench.replay import replaying

if TYPE_CHECKING:
    from types import TracebackType

    from bench.artefacts import Artefacts

PROGRAM = Path(__file__).parent / "inside" / "request.py"

type Event = dict[str, Any]
type Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Handled:
    cpu: float
    answer: Answer


class Worker:
    """One function between enter and exit, in the environment that this process has when it starts.

    `calls` names the calls of its recorded request. Times are CPU seconds.
    """

    def __init__(self, artefacts: Artefacts, function: str) -> None:
        self._command = artefacts.command(str(PROGRAM))
        self._path = artefacts.path(function)
        self._running = ExitStack()
        self._begin()

    def _begin(self) -> None:
        """Forget what was measured."""
        self.calls: list[str] = []
        self.requests: list[float] = []
        self.bare: list[float] = []

    def __enter__(self) -> Self:
        """Start the process; the function is imported and its service built at once, as on Lambda."""
        self._process = self._running.enter_context(
            subprocess.Popen(  # noqa: S603 - this Python and a file of ours
                self._command,
                env=os.environ | self._path | {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the process: it has no more commands."""
        self._running.close()

    def warm_up(self, event: Event) -> Answer:
        """Answer an event without measuring it."""
        return self._handle(event).answer

    def record(self, event: Event) -> Answer:
        """Answer an event, and from now on know the calls that it takes."""
        self._begin()
        answer = self._handle(event, record=True).answer
        recorded = self._do("recorded")
        self.calls = recorded["names"]
        url = self._running.enter_context(replaying(recorded["answers"]))
        self._do("replay", url=url)
        self._do("bare")
        return answer

    def measure(self, event: Event) -> Answer:
        """Answer an event and make its calls without the function, and note the time of both.

        What comes second finds the processor's caches warm, so the two take turns.
        """
        bare_first = len(self.bare) % 2 == 0
        if bare_first:
            self._measure_bare()
        handled = self._handle(event)
        self.requests.append(handled.cpu)
        if not bare_first:
            self._measure_bare()
        return handled.answer

    def peak(self) -> int:
        """Return the most memory that the process has had, in bytes."""
        return int(self._do("peak")["peak"])

    def _measure_bare(self) -> None:
        self.bare.append(self._do("bare")["cpu"])

    def _handle(self, event: Event, *, record: bool = False) -> _Handled:
        return _Handled(**self._do("handle", event=event, record=record))

    def _do(self, command: str, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            message = "the process has no pipes"
            raise RuntimeError(message)
        print(json.dumps({"do": command, **parts}), file=stdin, flush=True)
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer
