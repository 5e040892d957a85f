"""What goes wrong is told and leads on, and the page can neither be tricked nor made to leak."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Request, Route, expect

from tests.e2e.app_page.runner import BASIC, NewContext, NewRunner, Runner

pytestmark = pytest.mark.browser


def test_several_taps_start_once(runner: Runner) -> None:
    keys: list[str] = []
    runner.page.on("request", lambda request: keys.append(request.headers.get("idempotency-key", "")))
    runner.button("Link TrainingPeaks").dblclick(no_wait_after=True)
    runner.page.wait_for_url(re.compile("/OAuth/Authorize"))

    assert len([key for key in keys if key]) == 1


def test_a_busy_service_is_asked_once_more_with_the_same_key(runner: Runner) -> None:
    keys: list[str] = []

    def busy_at_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={"code": "try_again"})
        else:
            route.continue_()

    runner.page.route("**/auth", busy_at_first)
    runner.go_to_trainingpeaks()

    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_service_that_stays_busy_is_told(runner: Runner) -> None:
    runner.page.route(
        "**/auth", lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}, json={"code": "try_again"})
    )
    runner.button("Link TrainingPeaks").click()

    expect(runner.notice).to_contain_text("Please try again shortly")
    runner.page.unroute("**/auth")
    runner.link(*BASIC)


def test_a_confirmation_that_failed_can_be_repeated(runner: Runner) -> None:
    runner.page.route("**/trainingpeaks/link", lambda route: route.abort())
    runner.go_to_trainingpeaks()
    runner.answer(BASIC[0])
    expect(runner.notice).to_contain_text("Kinni is not answering")
    runner.page.unroute("**/trainingpeaks/link")
    runner.button("Confirm the link").click()

    runner.expect_linked("Robin Vale")


def test_being_offline_is_told_and_the_checkbox_stays(runner: Runner, context: BrowserContext) -> None:
    runner.link(*BASIC)
    context.set_offline(True)
    runner.auto_upload.click()
    expect(runner.notice).to_contain_text("You are offline")
    expect(runner.auto_upload).to_be_checked()

    context.set_offline(False)
    expect(runner.notice).to_have_text("")


def test_a_refused_token_is_replaced_once(runner: Runner) -> None:
    refusals: list[str] = []

    def refuse_once(route: Route) -> None:
        if refusals:
            route.continue_()
            return
        refusals.append(route.request.url)
        route.fulfill(status=401, json={"message": "Unauthorized"})

    runner.page.route("**/status", refuse_once)
    runner.page.reload()

    runner.expect_not_linked()
    assert refusals


def test_an_attempt_that_the_page_did_not_start_is_ignored(new_context: NewContext, new_runner: NewRunner) -> None:
    sender, victim = new_runner(new_context()), new_runner(new_context())
    sender.go_to_trainingpeaks()
    victim.page.goto(sender.page.url)
    victim.answer(BASIC[0])

    expect(victim.notice).to_contain_text("That connection was not started here")
    victim.expect_not_linked()
    sender.page.goto(sender.url)
    expect(sender.heading("One step is left")).to_be_visible()
    expect(sender.button("Unlink")).to_be_hidden()


def test_the_address_and_the_history_keep_nothing_of_the_fragment(runner: Runner) -> None:
    runner.link(*BASIC)
    assert runner.page.url == runner.url
    runner.page.goto("about:blank")
    runner.page.go_back()

    runner.expect_linked("Robin Vale")
    assert runner.page.url == runner.url


def test_the_page_and_the_browser_store_no_secret(runner: Runner) -> None:
    secrets: set[str] = set()

    def collect(request: Request) -> None:
        if request.url.endswith("/link"):
            secrets.add(json.loads(request.post_data or "")["confirmation_code"])
        secrets.add(request.headers.get("authorization", "").removeprefix("Bearer "))

    console: list[str] = []
    runner.page.on("request", collect)
    runner.page.on("console", lambda message: console.append(message.text))
    runner.link(*BASIC)
    stored = runner.page.evaluate("JSON.stringify([localStorage, sessionStorage])") + runner.page.content()

    assert len(secrets - {""}) >= 2
    assert not [secret for secret in secrets - {""} if secret in stored]
    assert console == []
