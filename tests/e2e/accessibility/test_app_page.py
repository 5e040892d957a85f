"""The app page is usable by everybody in each of its states."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from local.stack import LocalStack
from tests.e2e.accessibility.inspection import inspect, what_axe_finds
from tests.e2e.app_page.runner import BASIC, SECOND, NewContext, NewRunner, Runner

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("axe_script")]


def test_unlinked(runner: Runner) -> None:
    assert inspect(runner.page) == []


def test_loading(runner: Runner) -> None:
    def leave_unanswered(_route: Route) -> None:
        """The page waits until it is closed."""

    runner.page.route("**/status", leave_unanswered)
    runner.page.reload()
    expect(runner.heading("Loading your connection…")).to_be_visible()

    assert inspect(runner.page) == []


def test_pending(runner: Runner) -> None:
    runner.go_to_trainingpeaks()
    runner.page.go_back()
    expect(runner.heading("Waiting for TrainingPeaks")).to_be_visible()

    assert inspect(runner.page) == []


def test_denied(runner: Runner) -> None:
    runner.go_to_trainingpeaks()
    runner.answer(BASIC[0], "Deny")
    expect(runner.notice).to_contain_text("Linking was cancelled")

    assert inspect(runner.page) == []


def test_allowed_and_not_confirmed(runner: Runner) -> None:
    runner.page.route("**/trainingpeaks/link", lambda route: route.abort())
    runner.go_to_trainingpeaks()
    runner.answer(BASIC[0])
    expect(runner.notice).to_contain_text("Kinni is not answering")

    assert inspect(runner.page) == []


def test_allowed_in_another_browser(runner: Runner, new_context: NewContext, new_runner: NewRunner) -> None:
    runner.go_to_trainingpeaks()
    elsewhere = new_runner(new_context())
    elsewhere.page.goto(runner.page.url)
    elsewhere.answer(BASIC[0])
    runner.page.goto(runner.url)
    expect(runner.heading("One step is left")).to_be_visible()

    assert inspect(runner.page) == []


def test_linked_and_asked_before_unlinking(runner: Runner) -> None:
    runner.link(*BASIC)
    assert inspect(runner.page) == []

    runner.button("Unlink").click()
    assert inspect(runner.page) == []


def test_reauthorisation_required(runner: Runner, context: BrowserContext, new_runner: NewRunner) -> None:
    runner.link(*SECOND)
    new_runner(context).link(*SECOND)
    runner.page.reload()
    expect(runner.heading("Please link again")).to_be_visible()

    assert inspect(runner.page) == []


def test_a_status_that_cannot_be_read(runner: Runner) -> None:
    runner.page.route("**/status", lambda route: route.fulfill(status=500, json={"message": "Internal Server Error"}))
    runner.page.reload()
    expect(runner.heading("Your connection cannot be shown")).to_be_visible()

    assert inspect(runner.page) == []


def test_linked_without_styles(runner: Runner) -> None:
    without_styles(runner.page)
    runner.link(*BASIC)

    expect(runner.page.get_by_role("heading", name="Loading")).to_be_hidden()
    assert what_axe_finds(runner.page) == []


@pytest.mark.parametrize("styled", [True, False], ids=["with styles", "without styles"])
def test_without_javascript(context: BrowserContext, stack: LocalStack, *, styled: bool) -> None:
    page = context.new_page()
    page.route(f"{stack.url}/", as_without_javascript)
    if not styled:
        without_styles(page)
    page.goto(stack.url)

    assert page.locator("body").inner_text().strip().startswith("JavaScript is switched off")
    assert page.get_by_role("button").count() == 0
    assert what_axe_finds(page) == []


def as_without_javascript(route: Route) -> None:
    """Send the page as a browser without JavaScript takes it: axe is JavaScript itself."""
    html = re.sub("<script.*?</script>", "", route.fetch().text()).replace("noscript>", "div>")
    route.fulfill(body=html, content_type="text/html; charset=utf-8")


def without_styles(page: Page) -> None:
    page.route("**/*.css", lambda route: route.abort())
