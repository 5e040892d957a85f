"""Clock: the time of a schedule, in whole milliseconds, which only the scheduler moves."""

from datetime import UTC, datetime, timedelta

from tests.interleave.actors import present

START = datetime(2100, 1, 31, 12, tzinfo=UTC)
"""Far ahead: DynamoDB Local removes by its own clock what a schedule says to remove later."""


FROZEN = timedelta(seconds=60)


class Clock:
    """Every step takes a millisecond; a sleep takes what it asks for, and no real time."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """Return the time to the code under test; the scheduler notes that it was read."""
        actor = present()
        if actor:
            actor.read_the_clock = True
        return self.at

    def simulator_now(self) -> datetime:
        """Return the time to the simulator: its answers belong to the call that asked."""
        return self.at

    def move(self, step: timedelta) -> None:
        """Let time pass."""
        self.at += step

    def outlive(self) -> None:
        """Freeze the present actor for longer than any lease or fence lasts."""
        actor = present()
        if actor:
            self.move(FROZEN)
            actor.pause()

    def sleep(self, seconds: float) -> None:
        """Stand in for `time.sleep`."""
        self.move(timedelta(milliseconds=int(seconds * 1000)))
