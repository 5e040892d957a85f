"""Crew: threads that each live one life after another, until all are lived or the time is over."""

import gc
import time
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

from tests.soak.figures import GROWTH_ALLOWED_MB, SETTLED_AFTER, Figures
from tests.soak.life import Life
from tests.soak.service import Service, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

WARM_LIVES = 20
"""The first lives import and build what the rest share."""


def live_all(dynamodb_url: str, options: Namespace) -> Figures:
    """Live the lives and return the figures."""
    figures = Figures()
    with opened(dynamodb_url) as service:
        crew = Crew(service, figures, options)
        with ThreadPoolExecutor(options.users) as threads:
            list(threads.map(lambda _: crew.work(), range(options.users)))
        figures.violations += [f"template.yaml: {refused}" for refused in sorted(service.rights.refused)]
    crew.check_memory()
    return figures


class Crew:
    """Hands out the numbers of the lives."""

    def __init__(self, service: Service, figures: Figures, options: Namespace) -> None:
        self._service = service
        self._figures = figures
        self._options = options
        self._until = time.monotonic() + options.minutes * 60
        self._lock = Lock()
        first = 0 if options.life is None else options.life
        self._lives = options.lives if options.life is None else 1
        self._numbers: Iterator[int] = iter(range(first, first + self._lives))

    def work(self) -> None:
        """Live until nothing is left."""
        while (number := self._next()) is not None:
            life = Life(self._service, number, self._options.seed, self._options.faults)
            world = life.live()
            world.provider.close()
            self._figures.add(world)

    def check_memory(self) -> None:
        """A run that keeps something of every life grows."""
        self._measure("at the end")
        memory = self._figures.memory
        growth = memory["at the end"] - memory.get("once settled", memory["at the end"])
        if growth > GROWTH_ALLOWED_MB:
            self._figures.violations.append(f"memory grew by {growth:.0f} MB")

    def _next(self) -> int | None:
        with self._lock:
            number = next(self._numbers, None)
        lived = self._figures.counts["lives"]
        if lived >= WARM_LIVES:
            self._measure("at the start", once=True)
        if lived >= max(WARM_LIVES, self._lives * SETTLED_AFTER):
            self._measure("once settled", once=True)
        return number if time.monotonic() < self._until else None

    def _measure(self, moment: str, *, once: bool = False) -> None:
        if once and moment in self._figures.memory:
            return
        gc.collect()
        self._figures.measure(moment)
