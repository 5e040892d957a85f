"""What every test may use: DynamoDB Local, the template's table on it, Chromium, axe; and the walls around the run."""

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from hypothesis import settings

from local.template import create_table
from tests import axe, permissions, skips
from tests.dynamodb_local import DynamoDBLocalMissingError, running
from tests.npm_package import NpmPackageMissingError
from tests.offline import NO_ACCOUNT
from tests.skips import do_without

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0", "::", ""})  # noqa: S104 -- compared, not listened on
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

_permissions = pytest.StashKey[permissions.Permissions]()


class OutsideConnectionError(BaseException):
    """A test reached beyond loopback. No `except` of the code under test may take it for a failing network."""


def _stay_on_loopback(event: str, arguments: tuple[object, ...]) -> None:
    match event, arguments:
        case ("socket.connect", (_, (str(host), *_))) | ("socket.getaddrinfo", (str(host), *_)) if host not in LOOPBACK:
            message = f"{event} to {host}"
            raise OutsideConnectionError(message)


def _forget_aws() -> None:
    """Leave the tests with made-up credentials only, whatever account this machine is signed in to."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= NO_ACCOUNT


def pytest_configure(config: pytest.Config) -> None:
    # How long an example takes says something about the machine only.
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")
    _forget_aws()
    sys.addaudithook(_stay_on_loopback)
    config.pluginmanager.register(skips)
    config.stash[_permissions] = permissions.enforce()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a function was refused something: it may have hidden that well."""
    if session.config.stash[_permissions].refused and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", name="permissions")
def _held_permissions(pytestconfig: pytest.Config) -> permissions.Permissions:
    """Return what every function is held against."""
    return pytestconfig.stash[_permissions]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if refused := config.stash[_permissions].refused:
        terminalreporter.section("template.yaml GIVES TOO FEW RIGHTS", red=True, bold=True)
        terminalreporter.line("\n".join(sorted(refused)), red=True)


@pytest.fixture(scope="session")
def dynamodb_local_url() -> Iterator[str]:
    """Yield the endpoint of DynamoDB Local, started once for all tests."""
    try:
        with running() as endpoint:
            yield endpoint
    except DynamoDBLocalMissingError as missing:
        do_without(f"{missing}. Races, conditions and transactions need it.")


@pytest.fixture(scope="session")
def dynamodb_local(dynamodb_local_url: str) -> Iterator["DynamoDBClient"]:
    """Yield a client of DynamoDB Local."""
    client = boto3.client("dynamodb", endpoint_url=dynamodb_local_url)
    yield client
    client.close()


@pytest.fixture
def link_table(dynamodb_local: "DynamoDBClient") -> Iterator[str]:
    """Yield the name of a table of this test's own on DynamoDB Local, made from template.yaml."""
    name = f"links-{uuid.uuid4()}"
    create_table(dynamodb_local, name)
    yield name
    dynamodb_local.delete_table(TableName=name)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Return the browser's program: `CHROMIUM`, or the first one found on the PATH."""
    given = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [given] if given else CHROMIUM_NAMES)), None)
    if found is None:
        do_without("Chromium is not installed (or CHROMIUM names no program). The page needs it.")
    return Path(found)


@pytest.fixture(scope="session")
def axe_script() -> str:
    """Return the source of axe-core."""
    try:
        return axe.script()
    except NpmPackageMissingError as missing:
        do_without(f"{missing}. Whether the pages are accessible needs it.")
