"""The stack of `make sam-local` in this process, its functions in containers. Where that cannot run, the tests fail."""

import signal
from collections.abc import Iterator

import httpx
import pytest

from local.sam_local import containers
from local.sam_local.stack import SamLocalStack
from local.settings import LocalSettings
from tests.sam_local.app import App


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests to `make test-sam-local`: `make test` needs no Docker."""
    return None if any("sam_local" in argument for argument in config.args) else True


@pytest.fixture(scope="session", autouse=True)
def end_in_order() -> Iterator[None]:
    """Let SIGTERM end the tests as Ctrl-C does: the containers go with the fixtures."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session", autouse=True)
def image() -> None:
    """Fetch the image that the functions run in."""
    containers.require_image()


@pytest.fixture(scope="package")
def stack() -> Iterator[SamLocalStack]:
    with SamLocalStack(LocalSettings(port=0)) as running:
        yield running
    started = {*running.api.containers, *running.worker.containers}
    assert started
    assert not started & containers.existing()


@pytest.fixture
def app(stack: SamLocalStack) -> Iterator[App]:
    """Return the Kinni app of the one user there is, not linked."""
    with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as client:
        app = App(stack, client)
        assert app.call("DELETE", "/link").status_code == 204
        yield app
