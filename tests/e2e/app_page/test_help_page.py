"""A real browser walks the help page: Profile → Connected apps & devices → TrainingPeaks."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from local.stack import LocalStack
from tests.e2e.app_page.runner import BASIC, PREMIUM, SECOND, NewRunner, Runner

pytestmark = pytest.mark.browser


def test_linking_shows_the_athlete_with_auto_upload_on(runner: Runner) -> None:
    runner.go_to_trainingpeaks()
    expect(runner.page.get_by_text("to continue to kinni")).to_be_visible()
    runner.answer(BASIC[0])

    runner.expect_linked("Robin Vale")
    expect(runner.notice).to_contain_text("TrainingPeaks is linked")
    expect(runner.page.get_by_text("Athlete ID 123456")).to_be_visible()
    expect(runner.auto_upload).to_be_checked()
    expect(runner.page.get_by_text("Valid, expires in 10 minutes")).to_be_visible()
    expect(runner.page.get_by_text("Read your profile")).to_be_visible()
    expect(runner.page.get_by_text("Upload workout files")).to_be_visible()
    expect(runner.page.locator("#since")).to_have_attribute("datetime", re.compile(r"^20\d\d-.*Z$"))


def test_denying_is_told_and_can_simply_be_tried_again(runner: Runner) -> None:
    runner.go_to_trainingpeaks()
    runner.answer(BASIC[0], "Deny")

    expect(runner.notice).to_contain_text("Linking was cancelled")
    expect(runner.notice).to_contain_text("simply try again")
    runner.expect_not_linked()
    runner.link(*BASIC)


@pytest.mark.parametrize(
    ("athlete", "title"),
    [("coach", "That is a coach account"), ("empty", "TrainingPeaks sent no athlete profile")],
)
def test_an_account_without_an_athlete_is_told_and_another_can_be_linked(
    runner: Runner, athlete: str, title: str
) -> None:
    runner.go_to_trainingpeaks()
    runner.answer(athlete)

    expect(runner.notice).to_contain_text(title)
    runner.expect_not_linked()
    runner.link(*PREMIUM)


def test_a_missing_permission_is_told(runner: Runner, stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack.simulator, "grant_scopes", frozenset({"athlete:profile"}))
    runner.go_to_trainingpeaks()
    runner.answer(BASIC[0])

    expect(runner.notice).to_contain_text("A permission is missing")
    runner.expect_not_linked()


def test_a_wrong_account_is_unlinked_and_then_the_right_one_linked(runner: Runner) -> None:
    runner.link(*SECOND)
    runner.go_to_trainingpeaks("Authorise again")
    runner.answer(BASIC[0])
    expect(runner.notice).to_contain_text("unlink this one first, then link the right one")
    runner.expect_linked("Sam Okafor")

    runner.unlink()
    runner.expect_not_linked()
    runner.link(*BASIC)


def test_authorising_again_keeps_the_checkbox(runner: Runner) -> None:
    runner.link(*BASIC)
    runner.auto_upload.uncheck()
    expect(runner.page.get_by_text("Saved: new runs stay in Kinni.")).to_be_visible()
    runner.go_to_trainingpeaks("Authorise again")
    runner.answer(BASIC[0])

    runner.expect_linked("Robin Vale")
    expect(runner.auto_upload).not_to_be_checked()


def test_the_checkbox_is_kept(runner: Runner) -> None:
    runner.link(*BASIC)
    runner.auto_upload.uncheck()
    expect(runner.page.get_by_text("Saved: new runs stay in Kinni.")).to_be_visible()
    runner.page.reload()
    expect(runner.auto_upload).not_to_be_checked()

    runner.auto_upload.check()
    expect(runner.page.get_by_text("Saved: new runs are uploaded.")).to_be_visible()
    runner.page.reload()
    expect(runner.auto_upload).to_be_checked()


def test_unlinking_asks_first(runner: Runner) -> None:
    runner.link(*BASIC)
    runner.button("Unlink").click()
    dialog = runner.page.get_by_role("dialog", name="Unlink TrainingPeaks?")
    dialog.get_by_role("button", name="Keep it linked").click()
    expect(dialog).to_be_hidden()
    expect(runner.button("Unlink")).to_be_focused()
    runner.expect_linked("Robin Vale")

    runner.unlink()
    expect(runner.notice).to_contain_text("TrainingPeaks is unlinked")
    runner.expect_not_linked()
    expect(runner.heading("Your runs, in TrainingPeaks too")).to_be_focused()
    runner.page.reload()
    runner.expect_not_linked()


def test_two_tabs_at_once_share_one_attempt_and_one_link(context: BrowserContext, new_runner: NewRunner) -> None:
    first = new_runner(context)
    second = new_runner(context, first.user)
    first.go_to_trainingpeaks()
    second.go_to_trainingpeaks()
    assert first.page.url == second.page.url

    first.answer(BASIC[0])
    first.expect_linked("Robin Vale")
    second.answer(BASIC[0])
    second.expect_linked("Robin Vale")
    expect(second.notice).to_contain_text("TrainingPeaks is linked already")


def test_one_tab_follows_another(context: BrowserContext, new_runner: NewRunner) -> None:
    first = new_runner(context)
    second = new_runner(context, first.user)
    first.link(*BASIC)
    second.expect_linked("Robin Vale")

    first.auto_upload.uncheck()
    expect(second.auto_upload).not_to_be_checked()
    second.unlink()
    first.expect_not_linked()


def test_a_started_attempt_can_be_continued(runner: Runner) -> None:
    runner.go_to_trainingpeaks()
    started = runner.page.url
    runner.page.go_back()
    expect(runner.heading("Waiting for TrainingPeaks")).to_be_visible()
    runner.go_to_trainingpeaks("Continue in TrainingPeaks")

    assert runner.page.url == started
    runner.answer(BASIC[0])
    runner.expect_linked("Robin Vale")


def test_another_kinni_user_is_another_account(context: BrowserContext, new_runner: NewRunner) -> None:
    first = new_runner(context)
    first.link(*BASIC)
    second = new_runner(context)
    second.expect_not_linked()
    second.link(*PREMIUM)

    second.sign_in_to_kinni(first.user)
    second.expect_linked("Robin Vale")
    first.page.reload()
    first.expect_linked("Robin Vale")
    expect(first.page.get_by_label("Signed in as")).to_have_value(first.user)


def test_an_athlete_who_moves_to_another_user_leaves_a_link_to_renew(
    context: BrowserContext, new_runner: NewRunner
) -> None:
    first = new_runner(context)
    first.link(*SECOND)
    second = new_runner(context)
    second.link(*SECOND)
    first.page.reload()

    expect(first.heading("Please link again")).to_be_visible()
    expect(first.heading("Sam Okafor")).to_be_visible()
    first.go_to_trainingpeaks("Link TrainingPeaks again")
    first.answer(SECOND[0])
    first.expect_linked("Sam Okafor")
