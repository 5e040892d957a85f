"""Deadline: how much of the invocation's time is left."""

import time


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, never less than zero."""
        return max(0.0, self._at - time.monotonic())

    def earlier(self, *, reserve: float, at_most: float) -> "Deadline":
        """Return a deadline for one call: `reserve` seconds earlier and at most so far away."""
        return Deadline(min(max(0.0, self.left() - reserve), at_most))
