"""Where the callback leads: a redirect, or a page that a person can act on."""

from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any, override
from urllib.parse import parse_qsl, urldefrag

import pytest

from account_link.callback import UNKNOWN, Landing
from account_link.models import AttemptId, ConfirmationCode, Outcome
from account_link.page_texts import BRAND, GO_ON, LANGUAGE, RETURN, TEXTS, WINDOW_TITLE
from account_link.pages import answer

HTTPS = "https://kinni.example/connected?from=trainingpeaks&to=runner"
LOOPBACK = "http://127.0.0.1:3000/"
APP = "kinni://connected-apps/trainingpeaks"
ATTEMPT = AttemptId("attempt-1")
CODE = ConfirmationCode("code-1")
FAILURES = [outcome for outcome in Outcome if outcome is not Outcome.AUTHORIZED]


class Page(HTMLParser):
    """What a browser makes of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.metas: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._open = ""
        self.feed(html)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.attributes[tag] = dict(attrs)
        if tag == "meta":
            known = dict(attrs)
            self.metas[known.get("http-equiv") or known.get("name") or "charset"] = known.get("content") or ""

    @override
    def handle_data(self, data: str) -> None:
        self.texts[self._open] = self.texts.get(self._open, "") + data


def landing(outcome: Outcome | None, return_url: str | None = HTTPS) -> Landing:
    code = CODE if outcome is Outcome.AUTHORIZED else None
    return Landing(outcome, ATTEMPT, return_url, code)


def shown(given: Landing, default: str = HTTPS) -> tuple[int, Page]:
    response = answer(given, default)
    return response["statusCode"], Page(response["body"])


def told(url: str) -> dict[str, str]:
    return dict(parse_qsl(urldefrag(url).fragment, strict_parsing=True))


@pytest.mark.parametrize("return_url", [HTTPS, LOOPBACK])
@pytest.mark.parametrize("outcome", Outcome)
def test_a_web_address_is_redirected_to(outcome: Outcome, return_url: str) -> None:
    response = answer(landing(outcome, return_url), APP)

    assert response["statusCode"] == 303
    assert response["body"] == ""
    assert urldefrag(response["headers"]["Location"]).url == return_url
    assert told(response["headers"]["Location"])["outcome"] == outcome.value


@pytest.mark.parametrize("return_url", [HTTPS, LOOPBACK, APP])
def test_the_app_learns_the_attempt_and_the_code_in_the_fragment_alone(return_url: str) -> None:
    response = answer(landing(Outcome.AUTHORIZED, return_url), HTTPS)
    url = response["headers"].get("Location") or str(Page(response["body"]).attributes["a"]["href"])

    assert urldefrag(url).url == return_url
    assert told(url) == {"attempt_id": "attempt-1", "outcome": "authorized", "confirmation_code": "code-1"}


@pytest.mark.parametrize("outcome", FAILURES)
def test_without_a_grant_there_is_no_confirmation_code(outcome: Outcome) -> None:
    url = answer(landing(outcome), HTTPS)["headers"]["Location"]

    assert told(url) == {"attempt_id": "attempt-1", "outcome": outcome.value}


@pytest.mark.parametrize("outcome", Outcome)
def test_an_app_scheme_gets_a_page_that_goes_there_by_itself(outcome: Outcome) -> None:
    status, page = shown(landing(outcome, APP))

    assert status == (503 if outcome is Outcome.TRY_AGAIN else 200)
    delay, _, target = page.metas["refresh"].partition("; url=")
    assert delay == "0"
    assert target == page.attributes["a"]["href"]
    assert page.texts["a"] == "Return to Kinni"
    assert urldefrag(target).url == APP


@pytest.mark.parametrize("outcome", [Outcome.EXPIRED, Outcome.TRY_AGAIN])
@pytest.mark.parametrize("default", [HTTPS, LOOPBACK, APP])
def test_without_a_known_state_a_button_leads_to_the_first_return_url(outcome: Outcome, default: str) -> None:
    status, page = shown(Landing(outcome), default)

    target = str(page.attributes["a"]["href"])
    assert urldefrag(target).url == default
    assert told(target) == {"outcome": outcome.value}
    assert page.texts["a"] == "Return to Kinni"
    assert "refresh" not in page.metas
    assert status == (503 if outcome is Outcome.TRY_AGAIN else 200)


def test_an_unknown_state_is_told_with_status_200() -> None:
    status, page = shown(UNKNOWN)

    assert status == 200
    assert page.texts["h1"] == TEXTS[Outcome.EXPIRED].title


@pytest.mark.parametrize("return_url", [HTTPS, APP])
def test_while_the_exchange_runs_the_page_reloads_itself_every_two_seconds(return_url: str) -> None:
    response = answer(landing(None, return_url), HTTPS)

    assert response["statusCode"] == 200
    assert response["headers"]["Refresh"] == "2"
    assert "refresh" not in Page(response["body"]).metas


def test_where_a_browser_reloads_nothing_by_itself_a_link_does_it() -> None:
    _, page = shown(landing(None, APP))

    assert page.attributes["a"] == {"href": ""}
    assert page.texts["a"] == GO_ON


@pytest.mark.parametrize("outcome", Outcome)
def test_only_the_page_that_waits_is_reloaded(outcome: Outcome) -> None:
    assert "Refresh" not in answer(landing(outcome, APP), HTTPS)["headers"]


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_a_page_says_what_happened_and_what_to_do(outcome: Outcome | None) -> None:
    _, page = shown(landing(outcome, APP))

    assert page.texts["h1"] == TEXTS[outcome].title
    assert page.texts["title"] == WINDOW_TITLE.format(title=TEXTS[outcome].title)
    assert TEXTS[outcome].advice in page.texts["p"]


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_a_page_has_no_word_that_a_translator_does_not_find(outcome: Outcome | None) -> None:
    _, page = shown(landing(outcome, APP))
    text, link = TEXTS[outcome], RETURN if outcome else GO_ON
    del page.texts["style"]

    assert page.texts == {
        "title": WINDOW_TITLE.format(title=text.title),
        "p": BRAND + text.advice,
        "h1": text.title,
        "a": link,
    }


@pytest.mark.parametrize("outcome", [*Outcome, None])
@pytest.mark.parametrize("return_url", [HTTPS, APP, None])
def test_nobody_keeps_frames_or_follows_an_answer(outcome: Outcome | None, return_url: str | None) -> None:
    headers = answer(landing(outcome, return_url), HTTPS)["headers"]

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy.keys() == {"default-src", "style-src", "base-uri", "form-action", "frame-ancestors"}


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_the_policy_allows_the_pages_own_style_and_no_other(outcome: Outcome | None) -> None:
    response = answer(landing(outcome, APP), HTTPS)
    style = response["body"].partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}';" in response["headers"]["Content-Security-Policy"]
    assert response["body"].count("<style") == 1


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_a_page_needs_no_script_and_loads_nothing(outcome: Outcome | None) -> None:
    response = answer(landing(outcome, APP), HTTPS)
    page = Page(response["body"])

    assert response["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert page.attributes.keys() <= {"html", "head", "meta", "title", "style", "body", "main", "p", "h1", "a"}
    used = {name for attributes in page.attributes.values() for name in attributes}
    assert used <= {"lang", "charset", "name", "content", "http-equiv", "class", "href"}
    assert "url(" not in page.texts["style"]


def test_a_page_can_be_read_aloud_and_on_a_phone() -> None:
    _, page = shown(UNKNOWN)

    assert page.attributes["html"]["lang"] == LANGUAGE == "en-GB"
    assert page.metas["viewport"] == "width=device-width, initial-scale=1"
    assert page.attributes["meta"].keys() <= {"name", "content"}


@pytest.mark.parametrize(
    "return_url",
    [
        "kinni://back?a=1&b=2&copy=3",
        "kinni://back?a='\"><script>alert(1)</script>",
        "kinni://back?title=</title><img src=x>",
        "kinni://back/ö;x=y",
    ],
)
def test_a_return_url_is_led_to_letter_by_letter(return_url: str) -> None:
    for page in (shown(landing(Outcome.CANCELLED, return_url))[1], shown(UNKNOWN, return_url)[1]):
        assert urldefrag(str(page.attributes["a"]["href"])).url == return_url
        assert page.attributes.keys().isdisjoint({"script", "img"})
    refresh = shown(landing(Outcome.CANCELLED, return_url))[1].metas["refresh"]
    assert refresh.startswith(f"0; url={return_url}#")


def test_whatever_a_code_is_made_of_it_stays_in_its_place() -> None:
    odd = Landing(Outcome.AUTHORIZED, AttemptId("a&b=c#d"), APP, ConfirmationCode("x&outcome=cancelled#\"'<>"))
    _, page = shown(odd)

    assert told(str(page.attributes["a"]["href"])) == {
        "attempt_id": "a&b=c#d",
        "outcome": "authorized",
        "confirmation_code": "x&outcome=cancelled#\"'<>",
    }


@pytest.mark.parametrize("given", [Landing(Outcome.TRY_AGAIN), landing(Outcome.TRY_AGAIN, APP)], ids=["unknown", "app"])
def test_a_503_page_says_when_to_come_back(given: Landing) -> None:
    response = answer(given, HTTPS)

    assert response["statusCode"] == 503
    assert int(response["headers"]["Retry-After"]) >= 1


def test_an_answer_is_json_for_lambda() -> None:
    response: dict[str, Any] = answer(UNKNOWN, HTTPS)

    assert type(response["statusCode"]) is int
    assert all(type(value) is str for value in response["headers"].values())
