"""The page is usable by everybody, on everything, and says what is true while time passes."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from local.stack import LocalStack
from tests.e2e.app_page.runner import BASIC, NewContext, NewRunner, Runner

pytestmark = pytest.mark.browser


def test_the_keyboard_is_enough(runner: Runner) -> None:
    page = runner.page

    def go_to(name: str) -> None:
        for _ in range(20):
            if (
                page.evaluate("document.activeElement.innerText || document.activeElement.labels?.[0]?.innerText")
                == name
            ):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"the Tab key does not reach {name}")

    go_to("Link TrainingPeaks")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/OAuth/Authorize"))
    runner.answer(BASIC[0])
    expect(runner.heading("Robin Vale")).to_be_focused()
    go_to("Auto-upload")
    page.keyboard.press("Space")
    expect(page.get_by_text("Saved: new runs stay in Kinni.")).to_be_visible()
    expect(runner.auto_upload).to_be_focused()
    go_to("Unlink")
    page.keyboard.press("Enter")
    expect(runner.button("Keep it linked")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    go_to("Unlink")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(runner.heading("Your runs, in TrainingPeaks too")).to_be_focused()


def test_the_tokens_clock_runs_on_the_screen(runner: Runner) -> None:
    runner.link(*BASIC)
    runner.page.clock.install()
    runner.page.reload()
    expect(runner.page.get_by_text(re.compile("Valid, expires in (9|10) minutes"))).to_be_visible()
    runner.page.clock.fast_forward("09:30")
    expect(runner.page.get_by_text("Valid, expires in less than a minute")).to_be_visible()
    runner.page.clock.fast_forward("01:00")
    expect(runner.page.get_by_text(re.compile("Expired .* Kinni refreshes it at the next upload"))).to_be_visible()


def test_the_page_loads_nothing_from_elsewhere_and_breaks_no_policy(runner: Runner, stack: LocalStack) -> None:
    urls: list[str] = []
    faults: list[str] = []
    runner.page.on("request", lambda request: urls.append(request.url))
    runner.page.on("console", lambda message: faults.append(message.text))
    runner.page.on("pageerror", lambda error: faults.append(str(error)))
    runner.page.reload()
    runner.expect_not_linked()

    assert urls
    assert [url for url in urls if not url.startswith(f"{stack.url}/")] == []
    assert faults == []


def test_without_javascript_the_page_says_so(browser: Browser, stack: LocalStack) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(stack.url)
        # Playwright's searches by text and role skip what is inside <noscript>.
        expect(page.locator("noscript .notice")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)


def test_a_small_phone_needs_no_sideways_scrolling(new_context: NewContext, new_runner: NewRunner) -> None:
    runner = new_runner(new_context((320, 568)))
    assert is_as_wide_as_the_window(runner.page)
    runner.link(*BASIC)
    assert is_as_wide_as_the_window(runner.page)


def is_as_wide_as_the_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
