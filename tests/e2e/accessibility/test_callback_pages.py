"""The callback's pages are usable by everybody: small, large, dark, light, without styles; they have no script."""

import re

import pytest
from playwright.sync_api import expect

from account_link.models import Outcome
from account_link.page_texts import GO_ON, RETURN, TEXTS
from local.stack import LocalStack
from tests.e2e.accessibility.conftest import CALLBACK, OpenLanding
from tests.e2e.accessibility.inspection import inspect, what_axe_finds
from tests.e2e.app_page.runner import NewContext

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("axe_script")]

PAGES = [pytest.param(outcome, id=outcome or "working") for outcome in (*Outcome, None)]


@pytest.mark.parametrize("outcome", PAGES)
def test_a_page_has_no_barrier(open_landing: OpenLanding, outcome: Outcome | None) -> None:
    assert inspect(open_landing(outcome)) == []


@pytest.mark.parametrize("outcome", [Outcome.EXPIRED, None], ids=["to the app", "to itself"])
def test_going_on_by_itself_is_no_barrier(open_landing: OpenLanding, outcome: Outcome | None) -> None:
    assert what_axe_finds(open_landing(outcome, by_itself=True)) == []


@pytest.mark.parametrize("outcome", [Outcome.EXPIRED, None], ids=["with a button", "with a link"])
def test_without_styles_everything_is_there_in_its_order(open_landing: OpenLanding, outcome: Outcome | None) -> None:
    page = open_landing(outcome, change=lambda html: re.sub("<style>.*?</style>", "", html, flags=re.DOTALL))
    text, way_on = TEXTS[outcome], RETURN if outcome else GO_ON

    assert page.locator("body").inner_text().split("\n\n") == ["Kinni", text.title, text.advice, way_on]
    assert what_axe_finds(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_strict_policy_lets_the_pages_own_style_through(
    new_context: NewContext, stack: LocalStack, scheme: str
) -> None:
    page = new_context(scheme=scheme).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{stack.url}/v1/trainingpeaks/callback?code=a-code&state=unknown")

    card = {"light": "rgb(255, 253, 248)", "dark": "rgb(21, 32, 28)"}[scheme]
    expect(page.get_by_role("heading", name=TEXTS[Outcome.EXPIRED].title)).to_be_visible()
    expect(page.get_by_role("main")).to_have_css("background-color", card)
    assert complaints == []


def test_the_page_that_waits_asks_again_by_itself(new_context: NewContext, open_landing: OpenLanding) -> None:
    page = open_landing(None, within=new_context(), by_itself=True)
    with page.expect_request(CALLBACK, timeout=15_000):
        pass


def test_the_page_that_waits_asks_again_on_request(open_landing: OpenLanding) -> None:
    page = open_landing(None)
    with page.expect_request(CALLBACK):
        page.get_by_role("link", name=GO_ON).click()
