"""What comes into the functions: who calls, the idempotency key, the body."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_link import api
from account_link.errors import IdempotencyKeyInvalidError, NotSignedInError, RequestInvalidError, RequestTooLargeError
from tests.fakes import FakeContext, event
from tests.unit.strategies import anything, unhurried, users

VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
BYTES = st.binary(max_size=300)


def claiming(sub: object) -> dict[str, Any]:
    return event(requestContext={"authorizer": {"jwt": {"claims": {"sub": sub}}}})


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what `sam local` sends: nobody was asked for a token."""
    monkeypatch.delenv("AWS_SAM_LOCAL", raising=False)
    monkeypatch.delenv("LOCAL_USER_ID", raising=False)
    return event(requestContext={})


@unhurried
@given(user=users)
def test_the_caller_is_the_tokens_sub(user: str) -> None:
    assert api.caller(claiming(user)) == user


def test_nothing_else_in_the_request_names_the_caller(nobody: dict[str, Any]) -> None:
    nobody |= {
        "headers": {"authorization": "Bearer a.b.c", "x-user-id": "runner-2", "sub": "runner-2"},
        "queryStringParameters": {"sub": "runner-2"},
        "body": '{"sub": "runner-2"}',
        "sub": "runner-2",
        "requestContext": {"sub": "runner-2", "authorizer": {"lambda": {"sub": "x"}, "jwt": {"sub": "runner-2"}}},
    }

    with pytest.raises(NotSignedInError):
        api.caller(nobody)


@pytest.mark.parametrize("sub", [None, "", 7, 0, True, 1.5, ["runner-1"], {"runner-1": 1}, b"runner-1"], ids=repr)
def test_a_sub_that_is_no_text_signs_nobody_in(sub: object) -> None:
    with pytest.raises(NotSignedInError):
        api.caller(claiming(sub))


@pytest.mark.parametrize("sub", ["x" * 256, "é" * 128, "€" * 86], ids=["ascii", "two bytes", "three bytes"])
def test_a_sub_of_more_than_255_bytes_signs_nobody_in(sub: str) -> None:
    with pytest.raises(NotSignedInError):
        api.caller(claiming(sub))


def test_a_sub_of_255_bytes_is_a_user() -> None:
    assert api.caller(claiming("x" * 255)) == "x" * 255
    assert api.caller(claiming("€" * 85)) == "€" * 85


def test_a_sub_that_is_no_unicode_signs_nobody_in() -> None:
    with pytest.raises(NotSignedInError):
        api.caller(claiming("runner-\ud800"))


@pytest.mark.parametrize("authorizer", [{}, {"jwt": {}}, {"jwt": {"claims": {}}}], ids=repr)
def test_an_authorizer_that_says_nothing_signs_nobody_in(authorizer: dict[str, Any]) -> None:
    with pytest.raises(NotSignedInError):
        api.caller(event(requestContext={"authorizer": authorizer}))


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LOCAL_USER_ID": "runner-2"},
        {"AWS_SAM_LOCAL": "true"},
        {"AWS_SAM_LOCAL": "true", "LOCAL_USER_ID": ""},
        {"AWS_SAM_LOCAL": "", "LOCAL_USER_ID": "runner-2"},
        {"AWS_SAM_LOCAL": "1", "LOCAL_USER_ID": "runner-2"},
        {"AWS_SAM_LOCAL": "True", "LOCAL_USER_ID": "runner-2"},
        {"AWS_SAM_LOCAL": "TRUE", "LOCAL_USER_ID": "runner-2"},
        {"AWS_SAM_LOCAL": "yes", "LOCAL_USER_ID": "runner-2"},
        {"AWS_SAM_LOCAL": " true", "LOCAL_USER_ID": "runner-2"},
        {"AWS_SAM_LOCAL": "false", "LOCAL_USER_ID": "runner-2"},
    ],
    ids=str,
)
def test_one_local_variable_alone_signs_nobody_in(
    nobody: dict[str, Any], monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(NotSignedInError):
        api.caller(nobody)


def test_under_sam_local_the_local_user_stands_in(nobody: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SAM_LOCAL", "true")
    monkeypatch.setenv("LOCAL_USER_ID", "runner-2")

    assert api.caller(nobody) == "runner-2"
    assert api.caller(claiming("runner-1")) == "runner-1"


@pytest.mark.parametrize("name", ["idempotency-key", "Idempotency-Key", "IDEMPOTENCY-KEY"])
def test_the_key_is_found_in_any_case_of_its_header(name: str) -> None:
    assert api.idempotency_key(event(headers={"accept": "*/*", name: "tap-1"})) == "tap-1"


@given(key=st.text(alphabet=VISIBLE, min_size=1, max_size=128))
def test_any_128_visible_characters_are_a_key(key: str) -> None:
    assert api.idempotency_key(event(headers={"idempotency-key": key})) == key


@given(key=anything.filter(lambda key: not key or any(not "!" <= character <= "~" for character in key)))
def test_anything_else_is_no_key(key: str) -> None:
    with pytest.raises(IdempotencyKeyInvalidError):
        api.idempotency_key(event(headers={"idempotency-key": key}))


@pytest.mark.parametrize("key", ["x" * 129, "x" * 10_000, " tap", "tap ", "a b", "a\tb", "a\n", "\x7f", "é", ""])
def test_a_key_too_long_or_not_visible_is_refused(key: str) -> None:
    with pytest.raises(IdempotencyKeyInvalidError):
        api.idempotency_key(event(headers={"idempotency-key": key}))


def test_a_request_without_a_key_is_refused() -> None:
    with pytest.raises(IdempotencyKeyInvalidError):
        api.idempotency_key(event(headers={"x-idempotency-key": "tap-1"}))


@pytest.mark.parametrize("parts", [{}, {"body": None}, {"body": ""}, {"body": "", "isBase64Encoded": True}], ids=str)
def test_a_missing_body_is_an_empty_one(parts: dict[str, Any]) -> None:
    assert api.body(event(**parts)) == b""


@given(raw=BYTES)
def test_a_base64_body_is_read_as_it_was_sent(raw: bytes) -> None:
    assert api.body(event(body=b64encode(raw).decode(), isBase64Encoded=True)) == raw


@given(text=st.text(max_size=300))
def test_a_text_body_is_read_as_utf_8(text: str) -> None:
    assert api.body(event(body=text)) == text.encode()


@pytest.mark.parametrize("body", ["====", "a", "YQ=", "Y Q==", "Y!Q==", "é", "YQ==\n", "YQ==YQ=="])
def test_a_body_that_is_no_base64_is_invalid(body: str) -> None:
    with pytest.raises(RequestInvalidError):
        api.body(event(body=body, isBase64Encoded=True))


@pytest.mark.parametrize("body", ["\ud800", '{"enabled": "\udfff"}'])
def test_a_body_that_is_no_unicode_is_invalid(body: str) -> None:
    with pytest.raises(RequestInvalidError):
        api.body(event(body=body))


@pytest.mark.parametrize(("character", "times"), [("x", 16 * 1024), ("é", 8 * 1024)])
def test_a_body_of_more_than_16_kilobytes_is_too_large(character: str, times: int) -> None:
    body = character * times
    encoded = b64encode(f"{body}x".encode()).decode()

    assert len(api.body(event(body=body))) == 16 * 1024
    for parts in ({"body": body + "x"}, {"body": encoded, "isBase64Encoded": True}):
        with pytest.raises(RequestTooLargeError):
            api.body(event(**parts))


def test_trainingpeaks_leads_back_to_the_apis_own_domain() -> None:
    assert api.callback_url(event(), "") == "https://api.kinni.example/v1/trainingpeaks/callback"


def test_a_configured_callback_url_goes_first() -> None:
    configured = "http://127.0.0.1:3000/v1/trainingpeaks/callback"

    assert api.callback_url(event(), configured) == configured


def test_a_host_header_moves_no_callback() -> None:
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example"}

    assert "evil" not in api.callback_url(event(headers=headers), "")


@given(headers=st.dictionaries(st.text(max_size=20), st.text(max_size=20)))
def test_other_headers_are_of_no_account(headers: dict[str, str]) -> None:
    others = {name: text for name, text in headers.items() if name.lower() != "idempotency-key"}

    assert api.idempotency_key(event(headers=others | {"Idempotency-Key": "tap-1"})) == "tap-1"


def test_an_invocation_is_known_by_lambdas_own_id() -> None:
    assert api.invocation(FakeContext("invocation-7")) == "invocation-7"


def test_the_deadline_is_lambdas() -> None:
    assert 28 < api.deadline(FakeContext()).left() <= 29
