"""Warm requests: their CPU, calls and memory, with one link in the table and with very many."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import boto3
from werkzeug.serving import WSGIRequestHandler

from bench.budgets import COLD
from bench.filling import fill
from bench.journey import Journey
from bench.worker import Worker
from local.settings import LocalSettings
from local.stack import LocalStack
from tests.dynamodb_local import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from bench.artefacts import Artefacts

WARM_UPS = 3
OF_A_LINK = ("start_auth", "callback", "confirm")


@dataclass(frozen=True, slots=True)
class Warm:
    """What a function's warm request takes, medians: CPU seconds, the same of its bare calls, and the calls."""

    cpu: float
    bare: float
    calls: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """CPU of the request to that of its bare calls."""
        return self.cpu / self.bare


@dataclass(frozen=True, slots=True)
class Measured:
    """All functions, with one link in the table and with `links`; a link's bytes; the peak of memory at both times."""

    few: dict[str, Warm]
    many: dict[str, Warm]
    links: int
    link_bytes: int
    peaks: dict[str, int]
    peaks_of_many: dict[str, int]


def measure(artefacts: Artefacts, rounds: int, links: int) -> Measured:
    """Walk the journey so many times before and after filling the table."""
    with _service() as (dynamodb, simulator_url), _workers(artefacts) as workers:
        resident = Journey(workers, simulator_url, dynamodb)
        few = _walk(workers, simulator_url, dynamodb, rounds)
        peaks = _peaks(workers)
        resident.link()
        link_bytes = fill(dynamodb, resident.user, links)
        many = _walk(workers, simulator_url, dynamodb, rounds)
        peaks_of_many = _peaks(workers)
    return Measured(few, many, links, link_bytes, peaks, peaks_of_many)


def link_seconds(warm: Mapping[str, Warm]) -> float:
    """Return the CPU seconds of the three requests that make a link."""
    return sum(warm[function].cpu for function in OF_A_LINK)


@contextmanager
def _service() -> Iterator[tuple[DynamoDBClient, str]]:
    """Run what the functions call, and set this process's environment to lead there."""
    # Whoever answers sends head and body in one piece: what comes in two costs its reader more.
    WSGIRequestHandler.wbufsize = -1
    with redirect_stdout(sys.stderr), running() as url, LocalStack(LocalSettings(port=0, dynamodb_url=url)) as stack:
        os.environ["LOG_LEVEL"] = "INFO"
        dynamodb = boto3.client("dynamodb")
        yield dynamodb, stack.trainingpeaks.oauth_url
        dynamodb.close()


@contextmanager
def _workers(artefacts: Artefacts) -> Iterator[dict[str, Worker]]:
    with ExitStack() as running_workers:
        yield {function: running_workers.enter_context(Worker(artefacts, function)) for function in COLD}


def _walk(workers: Mapping[str, Worker], simulator_url: str, dynamodb: DynamoDBClient, rounds: int) -> dict[str, Warm]:
    for ask, times in ((Worker.warm_up, WARM_UPS), (Worker.record, 1), (Worker.measure, rounds)):
        for _ in range(times):
            Journey(workers, simulator_url, dynamodb, ask).walk()
    return {function: _warm(worker) for function, worker in workers.items()}


def _peaks(workers: Mapping[str, Worker]) -> dict[str, int]:
    return {function: worker.peak() for function, worker in workers.items()}


def _warm(worker: Worker) -> Warm:
    return Warm(median(worker.requests), median(worker.bare), tuple(worker.calls))
