"""Pages that a test may put its own script and style into, and the callback's pages as API Gateway sends them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from account_link.callback import Landing
from account_link.models import AttemptId, ConfirmationCode, Outcome
from account_link.pages import answer
from tests.e2e.app_page.runner import NewContext

CALLBACK = "http://callback.test/?state=a-state"
APP = "kinni://connected-apps/trainingpeaks"

type Change = Callable[[str], str]
type OpenLanding = Callable[..., Page]


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    """Return a browser that axe may run in; everywhere else the pages' own policy holds."""
    return new_context(bypass_csp=True)


@pytest.fixture
def open_landing(context: BrowserContext) -> OpenLanding:
    """Open the page that an app's own scheme gets, changed as given, here or in another browser.

    Unless it is asked to, it goes nowhere by itself: that would pull it away from under an inspection.
    """

    def open_landing(
        outcome: Outcome | None, *, change: Change = str, within: BrowserContext = context, by_itself: bool = False
    ) -> Page:
        code = ConfirmationCode("a-code") if outcome is Outcome.AUTHORIZED else None
        response = answer(Landing(outcome, AttemptId("an-attempt"), APP, code), APP)
        if not by_itself:
            response["headers"].pop("Refresh", None)
            response["body"] = re.sub('<meta http-equiv="refresh"[^>]*>', "", response["body"])
        page = within.new_page()
        page.route(
            CALLBACK,
            lambda route: route.fulfill(
                status=response["statusCode"], headers=response["headers"], body=change(response["body"])
            ),
        )
        page.goto(CALLBACK)
        return page

    return open_landing
