"""People sign in, allow and deny."""

import pytest

from tests.e2e.athlete_browser import AthleteBrowser, told
from tests.e2e.trainingpeaks_simulator.rig import ASKED, Simulator


def test_the_home_page_says_what_it_is_and_names_every_demo_athlete(simulator: Simulator) -> None:
    page = simulator.http.get("/").text

    assert "This is not TrainingPeaks" in page
    for username in ("basic", "second", "premium", "coach", "empty"):
        assert f"<code>{username}</code>" in page


def test_allowing_returns_a_code_and_the_unchanged_state(browser: AthleteBrowser) -> None:
    answer = browser.authorize(ASKED, "basic")

    assert answer.keys() == {"code", "state"}
    assert answer["state"] == ASKED["state"]


def test_denying_returns_access_denied_and_the_unchanged_state(browser: AthleteBrowser) -> None:
    answer = browser.authorize(ASKED, "basic", "deny")

    assert answer == {"error": "access_denied", "state": ASKED["state"]}


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_no_state_is_returned_where_none_was_sent(browser: AthleteBrowser, decision: str) -> None:
    asked = {name: value for name, value in ASKED.items() if name != "state"}

    assert "state" not in browser.authorize(asked, "basic", decision)


def test_the_answer_joins_the_query_that_a_redirect_uri_has(browser: AthleteBrowser) -> None:
    asked = ASKED | {"redirect_uri": "https://kinni.example/callback?from=trainingpeaks"}

    assert browser.authorize(asked, "basic").keys() == {"from", "code", "state"}


def test_a_wrong_password_leads_nowhere(browser: AthleteBrowser) -> None:
    page = browser.sign_in(browser.open(ASKED), "basic", "guess")

    assert page.status_code == 403
    assert 'role="alert"' in page.text
    assert "Sign in" in browser.open(ASKED).text


def test_the_browser_stays_signed_in_until_somebody_else_signs_in(
    simulator: Simulator, browser: AthleteBrowser
) -> None:
    browser.authorize(ASKED, "basic")
    consent = browser.open(ASKED)
    assert "Robin Vale" in consent.text

    other = browser.sign_in(browser.sign_in_as_somebody_else(consent), "premium")
    code = told(browser.answer(other, "allow"))["code"]

    assert simulator.profile(simulator.exchange(code).json()["access_token"]).json()["FirstName"] == "Dana"


def test_an_answer_given_for_another_athlete_is_asked_again(browser: AthleteBrowser) -> None:
    for_basic = browser.sign_in(browser.open(ASKED), "basic")
    browser.sign_in(browser.sign_in_as_somebody_else(for_basic), "second")

    again = browser.answer(for_basic, "allow")

    assert again.status_code == 200
    assert "Sam Okafor" in again.text


def test_another_browser_cannot_answer(simulator: Simulator, browser: AthleteBrowser) -> None:
    consent = browser.sign_in(browser.open(ASKED), "basic")
    with AthleteBrowser(simulator.url) as other:
        other.sign_in(other.open(ASKED), "basic")

        assert other.answer(consent, "allow").status_code == 200


def test_two_tabs_of_one_browser_do_not_disturb_each_other(browser: AthleteBrowser) -> None:
    first, second = browser.open(ASKED), browser.open(ASKED | {"state": "second"})
    first, second = browser.sign_in(first, "basic"), browser.sign_in(second, "basic")

    assert told(browser.answer(first, "allow"))["state"] == ASKED["state"]
    assert told(browser.answer(second, "allow"))["state"] == "second"


def test_consent_names_what_is_asked_in_words(browser: AthleteBrowser) -> None:
    page = browser.sign_in(browser.open(ASKED), "basic").text

    assert "See your profile" in page
    assert "Upload workout files" in page
    assert "athletes you coach" not in page


def test_the_pages_run_no_script_and_stay_out_of_frames_and_caches(browser: AthleteBrowser) -> None:
    for page in (browser.open(ASKED), browser.sign_in(browser.open(ASKED), "basic")):
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
