"""Invocation: what one run of a function was given, stored, destroyed and said; and which one is this thread's."""

import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO, override

if TYPE_CHECKING:
    from tests.soak.world import World

GRANT = "GRANT#"
METRIC = '{"_aws"'


@dataclass
class Invocation:
    """Grants of TrainingPeaks are named by its own ids, items of the table by the ids in their keys."""

    function: str
    given: list[str] = field(default_factory=list)
    stored: dict[str, str] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    answers_lost: int = 0
    output: list[str] = field(default_factory=list)

    def wrote(self, part: dict[str, Any]) -> None:
        """Note what a write to the table did to sealed tokens; they are those that TrainingPeaks gave last."""
        key: str = (part.get("Key") or part["Item"])["pk"]["S"]
        if not key.startswith(GRANT):
            return
        if "Item" in part or ":sealed" in part.get("ExpressionAttributeValues", {}):
            self.stored[key.removeprefix(GRANT)] = self.given[-1]
        elif "UpdateExpression" not in part:
            self.destroyed.append(key.removeprefix(GRANT))

    def metrics(self) -> Counter[str]:
        """Return what was counted, by the metric's name, and by its name and dimensions."""
        found: Counter[str] = Counter()
        for line in "".join(self.output).splitlines():
            if line.startswith(METRIC):
                found.update(_names(json.loads(line)))
        return found


def _names(document: dict[str, Any]) -> list[str]:
    definition = document["_aws"]["CloudWatchMetrics"][0]
    name: str = definition["Metrics"][0]["Name"]
    dimensions = [document[dimension] for dimension in definition["Dimensions"][0] if dimension != "service"]
    return [name, " ".join([name, *dimensions])] if dimensions else [name]


class _Here(threading.local):
    world: "World | None" = None
    invocation: Invocation | None = None


_here = _Here()


def present_world() -> "World | None":
    """Return whose life this thread is living; None outside of a life."""
    return _here.world


def present() -> Invocation | None:
    """Return which invocation this thread is; None outside of one."""
    return _here.invocation


@contextmanager
def invoked(world: "World", function: str) -> Iterator[Invocation]:
    """Be an invocation of a function in a life, for the length of the block."""
    invocation = Invocation(function)
    world.invocations.append(invocation)
    _here.world, _here.invocation = world, invocation
    try:
        yield invocation
    finally:
        _here.world = _here.invocation = None


class Output(io.TextIOBase):
    """Standard output: what an invocation prints stays with it."""

    def __init__(self, terminal: TextIO | None = None) -> None:
        super().__init__()
        self._terminal = terminal or sys.stdout

    @override
    def write(self, text: str) -> int:
        invocation = present()
        if invocation:
            invocation.output.append(text)
        else:
            self._terminal.write(text)
        return len(text)

    @override
    def flush(self) -> None:
        self._terminal.flush()
