"""Clock: the time of one life, which passes where the life says so, and nowhere else."""

from datetime import UTC, datetime, timedelta
from threading import Lock

START = datetime(2100, 1, 31, 12, tzinfo=UTC)
"""Far ahead: DynamoDB Local removes by its own clock what a life says to remove later."""


class Clock:
    """Never goes back, also where several threads move it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at = START

    def now(self) -> datetime:
        """Return the time."""
        return self._at

    def move(self, step: timedelta) -> None:
        """Let time pass."""
        with self._lock:
            self._at += step

    def move_to(self, moment: datetime) -> None:
        """Let time pass until then; nothing happens where it is later already."""
        with self._lock:
            self._at = max(self._at, moment)

    def sleep(self, seconds: float) -> None:
        """Stand in for `time.sleep`."""
        self.move(timedelta(milliseconds=int(seconds * 1000)))
