"""The stack of `make dev` in this process, and a gateway over functions that tests write themselves."""

from collections.abc import Iterator

import httpx
import pytest

from local.settings import LocalSettings
from local.stack import LocalStack
from tests.e2e.echo_gateway import EchoGateway, echo_gateway


@pytest.fixture(scope="package")
def stack() -> Iterator[LocalStack]:
    """Run everything on free ports. Its environment is the whole process's, so it ends with this folder's tests."""
    with LocalStack(LocalSettings(port=0)) as running:
        yield running


@pytest.fixture(scope="package")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EchoGateway]:
    """Run a gateway over functions that show what reaches them."""
    with echo_gateway(tmp_path_factory.mktemp("echo")) as running:
        yield running


@pytest.fixture(scope="package")
def client(gateway: EchoGateway) -> Iterator[httpx.Client]:
    """Return a client of that gateway. It sends no token of its own and follows no redirect."""
    with httpx.Client(base_url=gateway.url, trust_env=False) as client:
        yield client
