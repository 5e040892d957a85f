"""The stack of `make dev` in this process, Chromium in front of it, and a gateway over functions that tests write."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from local.settings import LocalSettings
from local.stack import LocalStack
from tests.e2e.app_page.runner import PHONE, NewContext, NewRunner, Runner, Scheme
from tests.e2e.echo_gateway import EchoGateway, echo_gateway

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


expect.set_options(timeout=15_000)  # A busy machine is slow, not wrong.


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


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=chromium, args=FLAGS) as browser:
        yield browser


@pytest.fixture
def new_context(browser: Browser) -> Iterator[NewContext]:
    """Make browsers that share nothing, and close them."""
    contexts: list[BrowserContext] = []

    def new(size: tuple[int, int] = PHONE, scheme: Scheme = "light", *, bypass_csp: bool = False) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            locale="en-GB",
            bypass_csp=bypass_csp,
        )
        contexts.append(context)
        return context

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    return new_context()


@pytest.fixture
def new_runner(stack: LocalStack) -> NewRunner:
    """Open a tab for a Kinni user whom no other test knows, or for the one given."""

    def new(context: BrowserContext, user: str | None = None) -> Runner:
        return Runner(context, stack.url, user or f"runner-{uuid.uuid4()}")

    return new


@pytest.fixture
def runner(context: BrowserContext, new_runner: NewRunner) -> Runner:
    return new_runner(context)
