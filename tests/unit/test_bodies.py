"""The app's JSON bodies: what `api.md` names, and nothing that looks like it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_link.bodies import AutoUploadBody, Body, ConfirmBody, StartBody, parse
from account_link.errors import RequestInvalidError
from tests.unit.strategies import json_values

MODELS = (AutoUploadBody, ConfirmBody, StartBody)
VALID: dict[type[Body], dict[str, object]] = {
    AutoUploadBody: {"enabled": True},
    ConfirmBody: {"attempt_id": "a", "confirmation_code": "c"},
    StartBody: {"return_url": "kinni://"},
}


def refused(model: type[Body], body: bytes) -> bool:
    try:
        parse(model, body)
    except RequestInvalidError:
        return True
    return False


@pytest.mark.parametrize("enabled", [True, False])
def test_the_checkbox_takes_a_json_boolean(enabled: bool) -> None:  # noqa: FBT001 -- parametrised
    assert parse(AutoUploadBody, json.dumps({"enabled": enabled}).encode()).enabled is enabled


@given(value=json_values.filter(lambda value: not isinstance(value, bool)))
def test_the_checkbox_takes_nothing_else(value: object) -> None:
    assert refused(AutoUploadBody, json.dumps({"enabled": value}).encode())


@pytest.mark.parametrize(
    "value", ['"true"', '"false"', "1", "0", "1.0", "null", "[]", "[true]", '"on"', '""', "NaN", "Infinity", "True"]
)
def test_nothing_that_looks_like_a_boolean_sets_the_checkbox(value: str) -> None:
    assert refused(AutoUploadBody, b'{"enabled": %s}' % value.encode())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"{",
        b"{}{}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"\\ud800": 1}',
        b'{"a": "\\udfff"}',
        b'{"a": "\xed\xa0\x80"}',
        b"{} // said",
        b"null",
        b"true",
        b"1",
        b'"text"',
        b"[]",
        b"[[]]",
    ],
)
def test_what_is_no_json_object_is_invalid(model: type[Body], body: bytes) -> None:
    assert refused(model, body)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"return_url":' + b"[" * 100_000])
def test_deep_nesting_is_invalid_and_no_crash(model: type[Body], body: bytes) -> None:
    assert refused(model, body)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("extra", ["user", "sub", "enabled2", "", "Enabled", "ATTEMPT_ID"])
def test_an_unknown_field_is_refused(model: type[Body], extra: str) -> None:
    assert not refused(model, json.dumps(VALID[model]).encode())
    assert refused(model, json.dumps(VALID[model] | {extra: "x"}).encode())


@given(raw=st.binary(max_size=64) | json_values.map(json.dumps).map(str.encode))
def test_any_bytes_parse_or_are_refused(raw: bytes) -> None:
    for model in MODELS:
        if not refused(model, raw):
            assert isinstance(json.loads(raw), dict)


@pytest.mark.parametrize("missing", ["attempt_id", "confirmation_code"])
@pytest.mark.parametrize("value", [None, 1, True, "", "x" * 129, ["x"], {"x": "x"}], ids=repr)
def test_a_confirmation_needs_both_texts(missing: str, value: object) -> None:
    good = VALID[ConfirmBody]
    without = {name: part for name, part in good.items() if name != missing}

    assert refused(ConfirmBody, json.dumps(without).encode())
    assert refused(ConfirmBody, json.dumps(good | {missing: value}).encode())


@pytest.mark.parametrize("body", [b"{}", b'{"return_url": null}'])
def test_a_start_may_leave_the_return_url_open(body: bytes) -> None:
    assert parse(StartBody, body).return_url is None


@pytest.mark.parametrize("value", [1, True, [], {}, "u" * 2049], ids=lambda value: repr(value)[:9])
def test_a_return_url_is_a_text_of_bounded_length(value: object) -> None:
    assert refused(StartBody, json.dumps({"return_url": value}).encode())


def test_a_refusal_shows_nothing_of_the_body() -> None:
    with pytest.raises(RequestInvalidError) as refusal:
        parse(ConfirmBody, b'{"attempt_id": "MARK", "confirmation_code": ["MARK"], "x": "MARK"}')

    assert "MARK" not in str(refusal.value)
    assert "MARK" not in str(refusal.value.__cause__)


def test_broken_json_shows_nothing_of_itself() -> None:
    with pytest.raises(RequestInvalidError) as refusal:
        parse(ConfirmBody, b'{"confirmation_code": "MARK"')

    assert "MARK" not in str(refusal.value.__cause__)


def test_a_printed_confirmation_keeps_its_code() -> None:
    assert "MARK" not in repr(parse(ConfirmBody, b'{"attempt_id": "a", "confirmation_code": "MARK"}'))
