"""DynamoDB Local, Amazon's own engine on a laptop: fetched once, started once per test session.

`python -m tests.dynamodb_local` fetches it.
"""

import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

from tests.npm_package import NpmPackageMissingError, download

# AWS ships the engine inside this npm package; nothing of it is run but the engine.
PACKAGE = "amplify-dynamodb-simulator@2.9.30"
SHA512 = (
    "c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c52804398"
    "36665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1"
)
ENGINE = "package/emulator/"
FOLDER = Path(__file__).resolve().parent.parent / ".cache" / "dynamodb-local"
JAR = FOLDER / "DynamoDBLocal.jar"
READY_WITHIN_SECONDS = 60


class DynamoDBLocalMissingError(Exception):
    """Something that DynamoDB Local needs is not on this machine; the message says what."""


def fetch() -> None:
    """Fetch the engine unless it is there; raise DynamoDBLocalMissingError where something for it is missing."""
    if shutil.which("java") is None:
        message = "DynamoDB Local needs java, which is not installed"
        raise DynamoDBLocalMissingError(message)
    if JAR.exists():
        return
    try:
        _unpack(download(PACKAGE, SHA512))
    except NpmPackageMissingError as missing:
        message = f"DynamoDB Local cannot be had: {missing}"
        raise DynamoDBLocalMissingError(message) from missing


def _unpack(content: bytes) -> None:
    """Put the engine's files in their place, all of them or none."""
    FOLDER.parent.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder,
        tarfile.open(fileobj=io.BytesIO(content)) as archive,
    ):
        members = [member for member in archive if member.name.startswith(ENGINE)]
        archive.extractall(folder, members, filter="data")
        (Path(folder) / ENGINE).rename(FOLDER)


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run the engine, in memory, for the length of the block; yield its endpoint.

    Raises DynamoDBLocalMissingError where it was not fetched or there is no Java.
    """
    java = shutil.which("java")
    if java is None or not JAR.exists():
        message = "DynamoDB Local is not there: `make test` fetches it, with npm; it runs on Java"
        raise DynamoDBLocalMissingError(message)
    port = _free_port()
    command = [java, "-Djava.library.path=DynamoDBLocal_lib", "-jar", JAR.name, "-inMemory", "-disableTelemetry"]
    with subprocess.Popen(  # noqa: S603 -- constants, and the Java found above
        [*command, "-port", str(port)], cwd=FOLDER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as engine:
        try:
            _wait_until_ready(engine, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            engine.terminate()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(engine: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not _answers(port):
        if engine.poll() is not None or time.monotonic() > deadline:
            message = f"DynamoDB Local did not start (exit status {engine.returncode})"
            raise RuntimeError(message)
        time.sleep(0.1)


def _answers(port: int) -> bool:
    """Tell whether the engine answers at all; what it says to a request without a signature does not matter."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except OSError:
        return False
    finally:
        connection.close()
    return True


if __name__ == "__main__":
    try:
        fetch()
    except DynamoDBLocalMissingError as error:
        if os.environ.get("CI") == "true":
            sys.exit(f"{error}, and in CI nothing may be skipped")
        sys.stderr.write(f"{error}: the tests of races, conditions and transactions will be SKIPPED\n")
