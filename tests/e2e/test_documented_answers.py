"""Every answer that the OpenAPI document tells of is given by the running service, and looks as described."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from account_link import wiring
from account_link.api import LARGEST_BODY
from local.stack import LocalStack
from tests.api_document import ApiDocument, Part
from tests.e2e.athlete_browser import NO_TLS
from tests.e2e.kinni_app import BASE, App

APP_URL = "kinni://connected-apps/trainingpeaks"
OTHER_URL = "https://other.example/"
GATEWAYS_REFUSAL = (401, "")
PROBLEM = "application/problem+json"
OFF = {"enabled": False}
TOO_LARGE = b" " * (LARGEST_BODY + 1)
STRANGE = {"attempt_id": "strange", "confirmation_code": "strange"}

type Answer = Callable[[App], httpx.Response]


@contextmanager
def no_table() -> Iterator[None]:
    """Let the functions look for their table where there is none: DynamoDB then fails each request."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TABLE_NAME", "no-such-table")
        wiring.forget()
        try:
            yield
        finally:
            wiring.forget()


def state(app: App) -> str:
    link: str = app.start("tap-1", {"return_url": APP_URL}).json()["authorization_url"]
    return parse_qs(urlsplit(link).query)["state"][0]


def starts_again(app: App, key: str, body: object = None) -> httpx.Response:
    app.start()
    return app.start(key, body)


def is_cancelled(app: App) -> httpx.Response:
    return app.http.get(f"{BASE}/callback", params={"error": "access_denied", "state": state(app)})


def comes_back_to_a_failing_store(app: App) -> httpx.Response:
    query = {"code": "code", "state": state(app)}
    with no_table():
        return app.http.get(f"{BASE}/callback", params=query)


def confirms_too_early(app: App) -> httpx.Response:
    return app.confirm(STRANGE | {"attempt_id": app.start().json()["attempt_id"]})


def confirms_too_late(app: App) -> httpx.Response:
    authorized = app.authorize()
    app.unlink()
    return app.confirm(authorized)


def sets_the_checkbox(app: App) -> httpx.Response:
    app.link()
    return app.toggle(OFF)


def signed_out(call: Answer) -> Answer:
    def answer(app: App) -> httpx.Response:
        app.user = ""
        return call(app)

    return answer


def with_a_name_too_long(call: Answer) -> Answer:
    def answer(app: App) -> httpx.Response:
        app.user = "u" * 256
        return call(app)

    return answer


def with_a_failing_store(call: Answer) -> Answer:
    def answer(app: App) -> httpx.Response:
        with no_table():
            return call(app)

    return answer


# Function, status, and the problem's code where it is one.
ANSWERS: dict[tuple[str, int, str], Answer] = {
    ("start_auth", 201, ""): App.start,
    ("start_auth", 200, ""): lambda app: starts_again(app, "tap-2"),
    ("start_auth", 400, "request_invalid"): lambda app: app.start("tap-1", {"url": APP_URL}),
    ("start_auth", 400, "idempotency_key_invalid"): lambda app: app.start(""),
    ("start_auth", 400, "return_url_not_allowed"): lambda app: app.start("tap-1", {"return_url": OTHER_URL}),
    ("start_auth", 413, "request_too_large"): lambda app: app.start("tap-1", TOO_LARGE),
    ("start_auth", 422, "idempotency_key_reused"): lambda app: starts_again(app, "tap-1", {"return_url": APP_URL}),
    ("callback", 200, ""): is_cancelled,
    ("callback", 303, ""): App.come_back,
    ("callback", 503, ""): comes_back_to_a_failing_store,
    ("confirm", 200, ""): App.link,
    ("confirm", 400, "request_invalid"): lambda app: app.confirm({}),
    ("confirm", 403, "confirmation_code_wrong"): lambda app: app.confirm(app.authorize(confirmation_code="wrong")),
    ("confirm", 404, "attempt_not_found"): lambda app: app.confirm(STRANGE),
    ("confirm", 409, "attempt_not_authorized"): confirms_too_early,
    ("confirm", 410, "attempt_expired"): confirms_too_late,
    ("confirm", 413, "request_too_large"): lambda app: app.confirm(TOO_LARGE),
    ("status", 200, ""): lambda app: app.call("GET", "/status"),
    ("toggle", 200, ""): sets_the_checkbox,
    ("toggle", 400, "request_invalid"): lambda app: app.toggle({"enabled": "false"}),
    ("toggle", 404, "not_linked"): lambda app: app.toggle(OFF),
    ("toggle", 413, "request_too_large"): lambda app: app.toggle(TOO_LARGE),
    ("unlink", 204, ""): App.unlink,
}

CALLS: dict[str, Answer] = {
    "start_auth": App.start,
    "confirm": lambda app: app.confirm(STRANGE),
    "status": lambda app: app.call("GET", "/status"),
    "toggle": lambda app: app.toggle(OFF),
    "unlink": App.unlink,
}
for function, call in CALLS.items():
    ANSWERS[function, 401, ""] = signed_out(call)
    ANSWERS[function, 401, "not_signed_in"] = with_a_name_too_long(call)
    ANSWERS[function, 503, "try_again"] = with_a_failing_store(call)


@pytest.fixture(scope="module")
def described() -> ApiDocument:
    return ApiDocument()


@pytest.fixture
def app(stack: LocalStack) -> Iterator[App]:
    with httpx.Client(base_url=stack.url, trust_env=False, verify=NO_TLS) as http:
        yield App(stack, http)


@pytest.mark.parametrize(("function", "status", "code"), ANSWERS)
def test_an_answer_is_as_described(app: App, described: ApiDocument, function: str, status: int, code: str) -> None:
    answer = ANSWERS[function, status, code](app)

    assert answer.status_code == status, answer.text
    documented = described.operations[function]["responses"][str(status)]
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.content:
        assert described.faults(_content(answer), documented["content"][media_type]["schema"]) == []
    if media_type == PROBLEM:
        assert answer.json()["code"] == code
    if (status, code) != GATEWAYS_REFUSAL:
        assert _wrong_headers(described, answer, documented["headers"]) == []


def test_every_described_answer_is_given(described: ApiDocument) -> None:
    documented = {
        (function, int(status), code)
        for function, operation in described.operations.items()
        for status, answer in operation["responses"].items()
        for code in _codes(answer)
    }
    assert documented - ANSWERS.keys() == set()


def _content(answer: httpx.Response) -> object:
    return answer.text if "html" in answer.headers["Content-Type"] else answer.json()


def _wrong_headers(described: ApiDocument, answer: httpx.Response, documented: Part) -> list[str]:
    """Return the headers that are missing or not as described; a header is text even where it is a number."""
    wrong = []
    for name, header in documented.items():
        schema, text = described.resolved(header)["schema"], answer.headers.get(name, "")
        if not text and header.get("required") is False:
            continue
        value = int(text) if schema.get("type") == "integer" and text.isdigit() else text
        if not text or described.faults(value, schema):
            wrong.append(name)
    return wrong


def _codes(answer: Part) -> set[str]:
    """Return the codes that problems of this answer can have, and "" where it can be something else."""
    if "$ref" in answer:
        # API Gateway's throttling and its word for a crash, neither to be had here.
        return set()
    content = answer.get("content", {})
    problem = content.get(PROBLEM)
    if problem is None:
        return {""}
    codes = set(problem["schema"]["allOf"][1]["properties"]["code"]["enum"])
    return codes | {""} if "not_signed_in" in codes else codes
