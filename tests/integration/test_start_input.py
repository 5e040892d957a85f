"""`POST /auth`: keys, return URLs and bodies that are refused, and those that are not."""

import json

import pytest

from tests.integration.runner import Runner
from tests.integration.services import RETURN_URLS
from tests.integration.stored import StoredItems

HTTPS, LOOPBACK, APP = RETURN_URLS


@pytest.mark.parametrize("key", [None, "", "\u00e9", "a b", " ", "a\tb", "a\x7f", "k" * 129, "\U0001f600"])
def test_an_unusable_key_is_refused_and_writes_nothing(runner: Runner, stored: StoredItems, key: str | None) -> None:
    answer = runner.start_with(key=key)

    assert (answer.status, answer.code) == (400, "idempotency_key_invalid")
    assert not stored.account_item(runner.user)


@pytest.mark.parametrize("key", ["!", "~", "k" * 128, '"\\;,:/#?%'])
def test_a_key_is_any_visible_ascii(runner: Runner, key: str) -> None:
    assert runner.start_with(key=key).status == 201
    assert runner.start_with(key=key).status == 200


@pytest.mark.parametrize("url", [*RETURN_URLS])
def test_each_configured_return_url_may_be_named(runner: Runner, url: str) -> None:
    assert runner.start(return_url=url).status == 201


@pytest.mark.parametrize("url", ["", f"{HTTPS}/", HTTPS.upper(), f"{HTTPS}#", "https://evil.example", "javascript:1"])
def test_any_other_return_url_is_refused_and_writes_nothing(runner: Runner, stored: StoredItems, url: str) -> None:
    answer = runner.start(return_url=url)

    assert (answer.status, answer.code) == (400, "return_url_not_allowed")
    assert not stored.account_item(runner.user)


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "null",
        "[]",
        '"x"',
        "1",
        " ",
        '{"return_url": 1}',
        '{"return_url": ["https://kinni.example/connected"]}',
        '{"return_url": "https://kinni.example/connected", "user": "runner-2"}',
        '{"ReturnUrl": "https://kinni.example/connected"}',
        '{"return_url": "\\ud800"}',
        "[" * 10_000,
        "\ud800",
        json.dumps({"return_url": "https://" + "a" * 2048}),
    ],
)
def test_a_body_that_does_not_parse_is_refused_and_writes_nothing(
    runner: Runner, stored: StoredItems, body: str
) -> None:
    answer = runner.start_with(body=body)

    assert (answer.status, answer.code) == (400, "request_invalid")
    assert not stored.account_item(runner.user)


@pytest.mark.parametrize("body", [None, "", "{}", '{"return_url": null}'])
def test_the_body_is_optional(runner: Runner, body: str | None) -> None:
    assert runner.start_with(body=body).status == 201


def test_a_body_that_is_too_large_is_refused(runner: Runner) -> None:
    answer = runner.start_with(body=json.dumps({"return_url": "a" * 20_000}))

    assert (answer.status, answer.code) == (413, "request_too_large")
