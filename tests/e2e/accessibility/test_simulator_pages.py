"""The simulator's own pages are usable by everybody."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from local.trainingpeaks import Fault
from tests.e2e.accessibility.inspection import inspect, what_axe_finds
from tests.e2e.app_page.runner import BASIC, PASSWORD
from tests.e2e.trainingpeaks_simulator.rig import ASKED, REGISTERED, Simulator, running

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("axe_script")]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(REGISTERED) as simulator:
        yield simulator


@pytest.fixture
def page(context: BrowserContext, simulator: Simulator) -> Page:
    page = context.new_page()
    page.goto(simulator.url)
    return page


def test_home(page: Page) -> None:
    assert inspect(page) == []


def test_sign_in(page: Page, simulator: Simulator) -> None:
    ask(page, simulator)
    assert inspect(page) == []

    sign_in(page, "a guess")
    expect(page.get_by_role("alert")).to_be_visible()
    assert inspect(page) == []


def test_consent(page: Page, simulator: Simulator) -> None:
    ask(page, simulator)
    sign_in(page, PASSWORD)
    expect(page.get_by_role("button", name="Allow")).to_be_visible()

    assert inspect(page) == []


def test_a_request_that_is_refused(page: Page, simulator: Simulator) -> None:
    ask(page, simulator, client_id="unknown")
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    assert inspect(page) == []


def test_fault_switches(page: Page, simulator: Simulator) -> None:
    page.goto(f"{simulator.url}/fault-switches")
    assert inspect(page) == []

    simulator.state.faults.next("exchange", Fault(status=503, retry_after_seconds=30, latency_seconds=1.5))
    page.get_by_label("What happens").select_option("late")
    page.get_by_role("button", name="Add the fault").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("the next call", exact=True)).to_be_visible()
    assert inspect(page) == []


@pytest.mark.parametrize("path", ["/", "/fault-switches"])
def test_without_styles(context: BrowserContext, simulator: Simulator, path: str) -> None:
    page = context.new_page()
    page.route("**/*.css", lambda route: route.abort())
    page.goto(simulator.url + path)

    assert what_axe_finds(page) == []


def ask(page: Page, simulator: Simulator, **changed: str) -> None:
    page.goto(f"{simulator.url}/OAuth/Authorize?{urlencode(ASKED | changed)}")


def sign_in(page: Page, password: str) -> None:
    page.get_by_label("Username").fill(BASIC[0])
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
