"""World: what one life happens in: its time, its TrainingPeaks, its queue, its luck, and the record of it all."""

from collections import Counter
from random import Random
from threading import Lock

from tests.memory_aws import AwsCall, Trouble
from tests.memory_queue import MemoryQueue
from tests.soak.clock import Clock
from tests.soak.invocation import Invocation, present
from tests.soak.provider import Kind, Provider

TROUBLES = (Trouble.DOWN, Trouble.FAILED, Trouble.THROTTLED, Trouble.LOST, Trouble.CONFLICT)


class World:
    """The witness of every AWS call of a life. `rate` is how many calls of a hundred go wrong, over a hundred."""

    def __init__(self, number: int, seed: str, rate: float) -> None:
        self.number = number
        self.random = Random(f"{seed}/{number}")  # noqa: S311 -- repeatable on purpose
        self.clock = Clock()
        self.queue = MemoryQueue(self.clock.now)
        self.provider = Provider(Kind.chosen(self.random), self.clock, rate, self.random)
        self.invocations: list[Invocation] = []
        self.keys: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.rate = rate
        self._luck = Random(self.random.getrandbits(32))  # noqa: S311 -- the same
        self._lock = Lock()

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self.rate = 0
        self.provider.state.faults.clear()

    def count(self, name: str, by: int = 1) -> None:
        """Add to a figure."""
        with self._lock:
            self.counts[name] += by

    def violate(self, what: str) -> None:
        """Note that a promise was broken."""
        with self._lock:
            self.violations.append(f"life {self.number} ({self.provider.kind}): {what}")

    def trouble(self, call: AwsCall) -> Trouble | None:
        """Return what goes wrong with a call."""
        with self._lock:
            self.counts["AWS calls"] += 1
            chosen = self._luck.choice(TROUBLES) if self._luck.random() < self.rate else None
        if chosen is Trouble.CONFLICT and not call.is_table_write:
            chosen = Trouble.THROTTLED
        if chosen:
            self.count("AWS faults")
        invocation = present()
        if chosen is Trouble.LOST and invocation:
            invocation.answers_lost += 1
        return chosen

    def happened(self, call: AwsCall, status: int) -> None:
        """Note what a call did to the table."""
        if call.service != "dynamodb":
            return
        parts = [part for item in call.body.get("TransactItems", []) for part in item.values()] or [call.body]
        invocation = present()
        for part in parts:
            self.keys.add((part.get("Key") or part["Item"])["pk"]["S"])
            if invocation and status == 200 and call.is_table_write:
                invocation.wrote(part)
