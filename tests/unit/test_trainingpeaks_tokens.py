"""What a token answer is worth: which pairs are taken, and what they are taken for."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_link.errors import (
    InvalidGrantError,
    TrainingPeaksError,
    TrainingPeaksUnavailableError,
)
from account_link.models import TokenSet
from tests.fakes import NOW
from tests.unit.strategies import json_values, thrifty
from tests.unit.trainingpeaks_rig import AMPLE, GRANTED, TOKENS, Answer, TrainingPeaks, body, granted

KILOBYTE = 1024
calls = pytest.mark.parametrize("call", [TrainingPeaks.exchange, TrainingPeaks.refresh], ids=["exchange", "refresh"])
type Call = Callable[[TrainingPeaks], TokenSet]


def error_of(call: Call, answer: Answer) -> tuple[type[Exception], int]:
    """Return how the call failed, and how many requests it took to fail."""
    trainingpeaks = TrainingPeaks(answer)
    with pytest.raises(TrainingPeaksError) as failure:
        call(trainingpeaks)
    return type(failure.value), len(trainingpeaks.requests)


def test_a_pair_is_what_trainingpeaks_gave() -> None:
    expected = TokenSet("MARK-access", "MARK-refresh", NOW + timedelta(seconds=600), ("athlete:profile", "file:write"))

    assert TrainingPeaks(granted()).exchange() == expected
    assert TrainingPeaks(granted()).refresh() == expected


def test_new_fields_and_odd_types_of_unused_ones_do_no_harm() -> None:
    answer = granted(token_type=7, user_id=[1], expires=None, id_token={"a": 1})

    assert TrainingPeaks(answer).exchange().access_token == "MARK-access"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (600, 600),
        (3600, 3600),
        (1, 1),
        ("600", 600),
        (" 3600 ", 3600),
        (None, 600),
        ("", 600),
        ("soon", 600),
        (0, 600),
        (-1, 600),
        ("-1", 600),
        (True, 600),
        (False, 600),
        (600.5, 600),
        ("1e3", 600),
        ("٣٠٠", 600),
        ([300], 600),
        ({"seconds": 300}, 600),
        (10**9, 600),
        (10**30, 600),
        ("9" * 5000, 600),
        (366 * 24 * 3600, 366 * 24 * 3600),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_an_expiry_is_a_number_of_seconds_or_600(given: object, seconds: int) -> None:
    assert TrainingPeaks(granted(expires_in=given)).exchange().expires_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("raw", [b"null", b"NaN", b"Infinity", b"1e999", b"1" + b"0" * 4000])
def test_an_expiry_that_no_number_can_hold_is_600(raw: bytes) -> None:
    answer = body(b'{"access_token": "a", "refresh_token": "r", "expires_in": %s}' % raw)

    assert TrainingPeaks(answer).exchange().expires_at == NOW + timedelta(seconds=600)


def test_an_exchange_without_a_refresh_token_is_of_no_use() -> None:
    assert error_of(TrainingPeaks.exchange, granted(refresh_token=None)) == (TrainingPeaksUnavailableError, 1)
    null = body(json.dumps(GRANTED | {"refresh_token": None}).encode())
    assert error_of(TrainingPeaks.exchange, null) == (TrainingPeaksUnavailableError, 1)


def test_a_refresh_takes_the_new_refresh_token() -> None:
    assert TrainingPeaks(granted(refresh_token="rotated")).refresh().refresh_token == "rotated"


def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one() -> None:
    assert TrainingPeaks(granted(refresh_token=None)).refresh().refresh_token == TOKENS.refresh_token


def test_a_pair_without_a_refresh_token_cannot_be_refreshed() -> None:
    trainingpeaks = TrainingPeaks(granted())

    with pytest.raises(InvalidGrantError):
        trainingpeaks.client.refresh(TokenSet("a", None, NOW, ()), NOW, AMPLE)
    assert trainingpeaks.requests == []


@pytest.mark.parametrize(
    ("scope", "granted_scopes"),
    [
        ("athlete:profile file:write", ("athlete:profile", "file:write")),
        ("file:write athlete:profile", ("file:write", "athlete:profile")),
        ("athlete:profile", ("athlete:profile",)),
        ("athlete:profile file:write workouts:read", ("athlete:profile", "file:write", "workouts:read")),
        ("  athlete:profile   file:write\n", ("athlete:profile", "file:write")),
        ("athlete:profile,file:write", ("athlete:profile,file:write",)),
        ("", ()),
        (" ", ()),
    ],
)
def test_scopes_are_those_that_were_granted(scope: str, granted_scopes: tuple[str, ...]) -> None:
    assert TrainingPeaks(granted(scope=scope)).exchange().scopes == granted_scopes


@pytest.mark.parametrize("raw", [{}, {"scope": None}], ids=["missing", "null"])
def test_without_a_scope_what_was_asked_for_was_granted(raw: dict[str, None]) -> None:
    answer = body(json.dumps({"access_token": "a", "refresh_token": "r"} | raw).encode())

    assert TrainingPeaks(answer).exchange().scopes == ("athlete:profile", "file:write")


def test_a_refresh_without_a_scope_keeps_the_pairs_own() -> None:
    trainingpeaks = TrainingPeaks(granted(scope=None))
    pair = TokenSet("a", "r", NOW, ("athlete:profile",))

    assert trainingpeaks.client.refresh(pair, NOW, AMPLE).scopes == ("athlete:profile",)


@calls
@pytest.mark.parametrize("length", [8 * KILOBYTE, 16 * KILOBYTE])
def test_tokens_of_up_to_16_kilobytes_are_taken(call: Call, length: int) -> None:
    pair = call(TrainingPeaks(granted(access_token="a" * length, refresh_token="r" * length)))

    assert (len(pair.access_token), len(pair.refresh_token or "")) == (length, length)


@calls
@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_a_token_beyond_16_kilobytes_is_not(call: Call, name: str) -> None:
    answer = granted(**{name: "t" * (16 * KILOBYTE + 1)})

    assert error_of(call, answer) == (TrainingPeaksUnavailableError, 1)


@calls
@pytest.mark.parametrize("token", ["ü", "a\nb", "a\r\nx: y", "a\x00", "\x7f", "€" * 9], ids=ascii)
def test_a_token_that_no_header_can_carry_is_not(call: Call, token: str) -> None:
    assert error_of(call, granted(access_token=token)) == (TrainingPeaksUnavailableError, 1)


def test_scopes_of_any_length_are_not() -> None:
    assert error_of(TrainingPeaks.exchange, granted(scope="s " * 60_000)) == (TrainingPeaksUnavailableError, 1)


@thrifty
@given(answer=json_values | st.fixed_dictionaries({}, optional=dict.fromkeys(GRANTED, json_values)))
def test_any_json_is_a_pair_or_unavailable(answer: object) -> None:
    trainingpeaks = TrainingPeaks(body(json.dumps(answer).encode()))
    try:
        pair = trainingpeaks.exchange()
    except TrainingPeaksUnavailableError:
        return
    assert isinstance(answer, dict)
    assert pair.access_token == answer["access_token"]
    assert pair.expires_at > NOW
