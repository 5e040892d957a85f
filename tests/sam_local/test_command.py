"""`make sam-local` can be stopped at any time and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from local.sam_local import containers, sam

COMMAND = [sys.executable, "-m", "local.sam_local"]
STARTED_WITHIN_SECONDS = 300
STOPPED_WITHIN_SECONDS = 60


@contextmanager
def _running() -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"API_PORT": "0"}
    with subprocess.Popen(  # noqa: S603 -- ours
        COMMAND, cwd=sam.PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.mark.usefixtures("built")
def test_stopped_while_it_starts_it_leaves_nothing() -> None:
    before = containers.existing()
    with _running() as process:
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while containers.existing() == before:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPPED_WITHIN_SECONDS) == 0
    assert containers.existing() == before


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_it_says_when_it_is_ready_and_ends_cleanly(number: signal.Signals) -> None:
    before = containers.existing()
    with _running() as process:
        assert process.stdout
        ready, url = process.stdout.readline().split()
        assert ready == "ready"
        assert httpx.get(f"{url}/v1/trainingpeaks/status", timeout=60, trust_env=False).json()["linked"] is False
        process.send_signal(number)
        assert process.wait(STOPPED_WITHIN_SECONDS) == 0
    assert containers.existing() == before
