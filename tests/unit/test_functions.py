"""The six handlers, as far as they get without a table: no bad request ever reaches one."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest

from account_link import wiring
from functions.callback import app as callback
from functions.confirm import app as confirm
from functions.start_auth import app as start_auth
from functions.status import app as status
from functions.toggle import app as toggle
from functions.unlink import app as unlink
from tests.fakes import ENVIRONMENT, FakeContext, event

CONTEXT = FakeContext()
SIGNED_IN = [start_auth, confirm, status, toggle, unlink]
KEY = {"idempotency-key": "tap-1"}
VALID_CONFIRMATION = '{"attempt_id": "a", "confirmation_code": "c"}'


class AwsCalledError(BaseException):
    """A request left for AWS that should have been refused before."""


def _refuse(request: AWSPreparedRequest, **_: object) -> None:
    raise AwsCalledError(request.url)


@pytest.fixture(autouse=True)
def nothing_reaches_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert boto3.DEFAULT_SESSION
    events = boto3.DEFAULT_SESSION.events
    events.register("before-send", _refuse)
    wiring.forget()
    yield
    wiring.forget()
    events.unregister("before-send", _refuse)


def code_of(answer: dict[str, Any]) -> tuple[int, str]:
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    return answer["statusCode"], json.loads(answer["body"])["code"]


@pytest.mark.parametrize("function", SIGNED_IN, ids=lambda function: function.__name__)
def test_nobody_gets_anything_without_signing_in(function: Any) -> None:  # noqa: ANN401 -- a module
    nobody = event(requestContext={"requestId": "request-1"}, headers=KEY, body=VALID_CONFIRMATION)

    assert code_of(function.lambda_handler(nobody, CONTEXT)) == (401, "not_signed_in")


@pytest.mark.parametrize("function", [confirm, toggle], ids=lambda function: function.__name__)
@pytest.mark.parametrize("body", [None, "", "{", "[]", "{}", '{"enabled": "true"}', '{"attempt_id": 1}', "[" * 16_000])
def test_a_bad_body_is_refused_before_the_table_is_asked(function: Any, body: str | None) -> None:  # noqa: ANN401
    assert code_of(function.lambda_handler(event(body=body), CONTEXT)) == (400, "request_invalid")


@pytest.mark.parametrize("function", [start_auth, confirm, toggle], ids=lambda function: function.__name__)
def test_an_oversize_body_is_refused_before_the_table_is_asked(function: Any) -> None:  # noqa: ANN401
    answer = function.lambda_handler(event(headers=KEY, body=" " * 16_385), CONTEXT)

    assert code_of(answer) == (413, "request_too_large")


def test_a_start_without_a_key_is_refused_before_the_table_is_asked() -> None:
    assert code_of(start_auth.lambda_handler(event(), CONTEXT)) == (400, "idempotency_key_invalid")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"return_url": "https://kinni.example"}', "return_url_not_allowed"),
        ('{"return_url": "https://kinni.example/#"}', "return_url_not_allowed"),
        ('{"return_url": "HTTPS://kinni.example/"}', "return_url_not_allowed"),
        ('{"return_url": "https://evil.example/"}', "return_url_not_allowed"),
        ('{"return_url": ""}', "return_url_not_allowed"),
        ('{"return_url": 1}', "request_invalid"),
        ('{"state": "mine"}', "request_invalid"),
        ("null", "request_invalid"),
        (" ", "request_invalid"),
    ],
)
def test_a_return_url_is_one_of_ours_letter_by_letter(body: str, code: str) -> None:
    assert code_of(start_auth.lambda_handler(event(headers=KEY, body=body), CONTEXT)) == (400, code)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=MARK",
        "error=access_denied",
        "code=MARK&state=MARK",
        "error=MARK&state=MARK",
        "state=MARK",
        "state=MARK&state=MARK&code=MARK",
        "state=" + "MARK" * 200 + "&code=MARK",
        "state=%00%FF.MARK&code=MARK",
        "state=" + "MARK" * 32 + ".x&code=MARK",
        "&" * 5000,
    ],
    ids=lambda query: query[:20],
)
def test_a_state_that_is_not_ours_ends_on_a_page_and_asks_no_table(query: str) -> None:
    answer = callback.lambda_handler(event(rawQueryString=query, requestContext={}), CONTEXT)

    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"].startswith("text/html")
    assert 'href="https://kinni.example/#outcome=expired"' in answer["body"]
    assert "MARK" not in str(answer)


def test_a_callback_without_a_query_is_one_that_makes_no_sense() -> None:
    given = event()
    del given["rawQueryString"]

    assert callback.lambda_handler(given, CONTEXT)["statusCode"] == 200


def test_a_good_request_does_ask_the_table() -> None:
    """Otherwise the tests above would pass for want of a wall."""
    good: list[Callable[[], object]] = [
        partial(start_auth.lambda_handler, event(headers=KEY), CONTEXT),
        partial(confirm.lambda_handler, event(body=VALID_CONFIRMATION), CONTEXT),
        partial(status.lambda_handler, event(), CONTEXT),
        partial(toggle.lambda_handler, event(body='{"enabled": true}'), CONTEXT),
        partial(unlink.lambda_handler, event(), CONTEXT),
    ]

    for request in good:
        with pytest.raises(AwsCalledError):
            request()
