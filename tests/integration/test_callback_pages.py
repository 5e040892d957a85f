"""`GET /callback`: what the person in front of the browser gets to see."""

from urllib.parse import urlencode

import pytest

from tests.integration.runner import Answer, Runner, state_of
from tests.integration.scripted_trainingpeaks import (
    ScriptedTrainingPeaks,
)
from tests.integration.services import RETURN_URLS

HTTPS, LOOPBACK, APP = RETURN_URLS


def _come_back_denied(runner: Runner, return_url: str, *, error: str = "access_denied") -> Answer:
    return runner.come_back_denied(runner.start(return_url=return_url).json["authorization_url"], error=error)


def test_an_https_return_url_gets_a_redirect(runner: Runner) -> None:
    answer = _come_back_denied(runner, HTTPS, error="access_denied")

    assert (answer.status, answer.text) == (303, "")
    assert answer.target.startswith(f"{HTTPS}#attempt_id=")
    assert answer.is_private


def test_a_loopback_return_url_gets_a_redirect(runner: Runner) -> None:
    answer = _come_back_denied(runner, LOOPBACK, error="access_denied")

    assert answer.status == 303
    assert answer.target.startswith(f"{LOOPBACK}#attempt_id=")
    assert answer.is_private


@pytest.mark.parametrize("error", ["access_denied", "server_error", "invalid_scope"])
def test_an_app_scheme_gets_a_page_that_goes_there_and_has_a_button(runner: Runner, error: str) -> None:
    answer = _come_back_denied(runner, APP, error=error)

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'http-equiv="refresh" content="0; url={APP}#attempt_id=' in answer.text
    assert answer.target.startswith(f"{APP}#attempt_id=")
    assert "Return to Kinni</a>" in answer.text
    assert "<script" not in answer.text
    assert answer.is_private


def test_an_app_scheme_gets_the_confirmation_code_too(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    url = runner.start(return_url=APP).json["authorization_url"]
    answer = runner.come_back(trainingpeaks.allow(url, runner.athlete))

    assert answer.status == 200
    assert runner.present(answer.landing["attempt_id"], answer.landing["confirmation_code"]).status == 200


@pytest.mark.parametrize("state", ["unknown", "a.b", "..", "\u2603", "%00", "A" * 512, ""])
@pytest.mark.parametrize("what", ["code=some-code", "error=access_denied", ""])
def test_a_state_that_we_do_not_know_is_told_on_a_page(runner: Runner, state: str, what: str) -> None:
    answer = runner.come_back(f"{what}&{urlencode({'state': state})}")

    assert answer.status == 200
    assert answer.landing == {"outcome": "expired"}
    assert answer.target.startswith(f"{HTTPS}#")
    assert "refresh" not in answer.text
    assert answer.is_private


def test_nothing_from_the_query_or_of_the_person_is_on_a_page(runner: Runner) -> None:
    url = runner.start(return_url=APP).json["authorization_url"]
    state = state_of(url)
    pages = [
        runner.come_back(urlencode({"code": "<b>my-code</b>", "state": "<b>my-state</b>"})),
        runner.come_back(urlencode({"error": "<b>my-error</b>", "error_description": "<i>words</i>", "state": state})),
    ]

    for page in pages:
        for echoed in ("my-code", "my-state", "my-error", "words", state, runner.user, "Robin"):
            assert echoed not in page.text
