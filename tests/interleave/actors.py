"""Actors: threads of which exactly one runs at a time, held before every outside call."""

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import override

from tests.interleave.calls import PAUSE, REST, Access, Call

STUCK_AFTER_SECONDS = 60.0


class Fault(StrEnum):
    """What can happen to one outside call."""

    CRASH = "crash"
    LOST = "lost"
    CONFLICT = "conflict"
    DOWN = "down"
    PAUSE = "pause"


class DiedError(BaseException):
    """The process of an actor ends here: nothing but `finally` runs. No `except` of the code may stop it."""


class Actor(threading.Thread):
    """One invocation of a function; `faults` says by the number of its call what goes wrong."""

    def __init__(self, name: str, work: Callable[[], object], faults: dict[int, Fault]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._faults = faults
        self._may_go = threading.Semaphore(0)
        self._has_stopped = threading.Semaphore(0)
        self._killed = False
        self.calls: list[Call] = []
        self.pending: Call | None = None
        self.read_the_clock = False
        self.answer: object = None
        self.error: BaseException | None = None
        self.is_over = False

    def begin(self) -> None:
        """Run up to the first outside call."""
        self.start()
        self._wait()

    def step(self) -> None:
        """Let the pending call happen, and run up to the next one."""
        self.read_the_clock = False
        self._may_go.release()
        self._wait()

    def kill(self) -> None:
        """End an actor that will not be stepped any more."""
        if not self.is_over:
            self._killed = True
            self.step()
        self.join()

    def hold(self, call: Call) -> Fault | None:
        """Wait before a call; return what shall go wrong with it."""
        if self._killed:
            raise DiedError
        self.pending = call
        self._has_stopped.release()
        self._may_go.acquire()
        self.pending = None
        if self._killed:
            raise DiedError
        self.calls.append(call)
        return self._faults.get(len(self.calls) - 1)

    def rest(self) -> None:
        """Wait as a waiter does, until what it looked at has changed or nobody else can go."""
        looked_at = self.calls[-1].access
        self.hold(Call(REST, REST, Access(looked_at.reads | looked_at.writes)))

    def pause(self) -> None:
        """Stand still, as a process that was frozen, until nobody else can go."""
        self.hold(Call(PAUSE, PAUSE))

    @override
    def run(self) -> None:
        """Do the work; the thread's body."""
        _here.actor = self
        try:
            self.answer = self._work()
        except BaseException as exc:  # noqa: BLE001 -- whatever ended it is what the run is judged by
            self.error = exc
        self.is_over = True
        self._has_stopped.release()

    def _wait(self) -> None:
        if not self._has_stopped.acquire(timeout=STUCK_AFTER_SECONDS):
            message = f"{self.name} neither calls out nor ends"
            raise RuntimeError(message)


class _Here(threading.local):
    actor: Actor | None = None


_here = _Here()


def present() -> Actor | None:
    """Return the actor whose thread this is; None outside of a schedule."""
    return _here.actor


def hold(call: Call) -> Fault | None:
    """Hold the present actor, if this is one's thread, before the call."""
    actor = present()
    return actor.hold(call) if actor else None
