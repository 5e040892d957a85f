"""`make sam-local` can be stopped at any time and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

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


def left_behind() -> set[str]:
    """Return all containers of functions, and the folders that runs have built into."""
    return containers.existing() | {folder.name for folder in sam.FOLDER.glob("run-*")}


def test_stopped_while_it_starts_it_leaves_nothing() -> None:
    before = left_behind()
    with _running() as process:
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while not containers.existing() - before:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPPED_WITHIN_SECONDS) == 0
    assert left_behind() == before


def test_it_says_when_it_is_ready_and_ctrl_c_ends_it() -> None:
    before = left_behind()
    with _running() as process:
        assert process.stdout
        ready, url = process.stdout.readline().split()
        assert ready == "ready"
        assert httpx.get(f"{url}/v1/trainingpeaks/status", timeout=60, trust_env=False).json()["linked"] is False
        process.send_signal(signal.SIGINT)
        assert process.wait(STOPPED_WITHIN_SECONDS) == 0
    assert left_behind() == before
