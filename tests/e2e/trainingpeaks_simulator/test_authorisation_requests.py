"""What a client may ask, and how it learns that it may not."""

import httpx
import pytest

from tests.e2e.athlete_browser import AthleteBrowser, told
from tests.e2e.trainingpeaks_simulator.rig import ASKED, CALLBACK, running


@pytest.mark.parametrize(
    "redirect_uri",
    [CALLBACK + "/", CALLBACK + "?", CALLBACK.upper(), CALLBACK[:-1], "https://elsewhere.example/", ""],
)
def test_any_other_redirect_uri_gets_trainingpeaks_own_page(browser: AthleteBrowser, redirect_uri: str) -> None:
    page = browser.open(ASKED | {"redirect_uri": redirect_uri})

    assert page.status_code == 400
    assert "Invalid Redirect URI" in page.text


def test_a_repeated_redirect_uri_is_not_trusted(browser: AthleteBrowser) -> None:
    page = browser.open(str(httpx.QueryParams(ASKED)) + "&redirect_uri=https://elsewhere.example/")

    assert page.status_code == 400


@pytest.mark.parametrize("client_id", ["somebody", "", "KINNI"])
def test_an_unknown_client_gets_an_error_page(browser: AthleteBrowser, client_id: str) -> None:
    page = browser.open(ASKED | {"client_id": client_id})

    assert page.status_code == 400
    assert "Unknown application" in page.text


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "athlete:profile workouts:read"}, "invalid_scope"),
        ({"scope": "athlete:profile coach:athletes"}, "invalid_scope"),
        ({"scope": "athlete:profile,file:write"}, "invalid_scope"),
    ],
)
def test_a_bad_request_is_told_to_the_client(browser: AthleteBrowser, changed: dict[str, str], expected: str) -> None:
    answer = told(browser.open(ASKED | changed))

    assert answer["error"] == expected
    assert answer["state"] == ASKED["state"]


@pytest.mark.parametrize(("name", "expected"), [("response_type", "invalid_request"), ("scope", "invalid_scope")])
def test_a_missing_parameter_is_told_to_the_client(browser: AthleteBrowser, name: str, expected: str) -> None:
    asked = {key: value for key, value in ASKED.items() if key != name}

    assert told(browser.open(asked))["error"] == expected


def test_a_repeated_parameter_is_told_to_the_client(browser: AthleteBrowser) -> None:
    answer = told(browser.open(str(httpx.QueryParams(ASKED)) + "&state=other"))

    assert answer["error"] == "invalid_request"
    assert "state" not in answer


@pytest.mark.parametrize("uri", ["http://localhost:8080/callback", "http://127.0.0.1/", "http://localhost/a?b=c"])
def test_without_registered_uris_any_loopback_address_will_do(uri: str) -> None:
    with running(None) as simulator, AthleteBrowser(simulator.url) as browser:
        assert "code" in browser.authorize(ASKED | {"redirect_uri": uri}, "basic")


@pytest.mark.parametrize(
    "uri",
    [
        "https://localhost/callback",
        "http://localhost",
        "http://localhost:8080@elsewhere.example/",
        "http://localhost.elsewhere.example/",
        "http://elsewhere.example/http://localhost/",
        "http://localhost\\@elsewhere.example/",
        "http://localhost/\\\\elsewhere.example",
        "http://localhost/#fragment",
        "http://localhost/\nx",
        "kinni://callback",
    ],
)
def test_without_registered_uris_nothing_else_will_do(uri: str) -> None:
    with running(None) as simulator, AthleteBrowser(simulator.url) as browser:
        assert "Invalid Redirect URI" in browser.open(ASKED | {"redirect_uri": uri}).text
