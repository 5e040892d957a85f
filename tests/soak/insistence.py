"""Insistence: how an app repeats what failed, and how several do something at the same time."""

import threading
from collections.abc import Callable
from datetime import timedelta

from tests.soak.acts import Answer
from tests.soak.world import World

TRIES = 6
A_MOMENT = timedelta(milliseconds=300)


def insists(world: World, act: Callable[[], Answer]) -> Answer:
    """Repeat what was answered 503, as an app does, after the time to wait."""
    answer = act()
    for _ in range(TRIES):
        world.clock.move(A_MOMENT)
        if not answer.is_worth_repeating:
            return answer
        world.clock.move(timedelta(seconds=answer.retry_after))
        answer = act()
    return answer


def crowd(world: World, *acts: Callable[[], object]) -> None:
    """Do all of it at the same time."""
    threads = [threading.Thread(target=_safely, args=(world, act)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.clock.move(A_MOMENT)


def _safely(world: World, act: Callable[[], object]) -> None:
    try:
        act()
    except Exception as exc:  # noqa: BLE001 -- a function that ends by a bug is a violation, not the end of the run
        world.violate(f"a function ended by {exc!r}")
