"""What the token endpoint and `deauthorize` can answer in the place of what they promised."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_link.errors import (
    AccessTokenRefusedError,
    ClientRefusedError,
    InvalidGrantError,
    TrainingPeaksError,
    TrainingPeaksUnavailableError,
)
from account_link.models import TokenSet
from tests.fakes import NOW
from tests.unit.strategies import thrifty
from tests.unit.trainingpeaks_rig import AMPLE, GRANTED, TOKENS, Answer, TrainingPeaks, as_json, body, granted

calls = pytest.mark.parametrize("call", [TrainingPeaks.exchange, TrainingPeaks.refresh], ids=["exchange", "refresh"])
type Call = Callable[[TrainingPeaks], TokenSet]

OURS: list[tuple[bytes, int]] = [
    *[(b'{"error": "%s"}' % code, 400) for code in (b"invalid_client", b"unauthorized_client", b"invalid_request")],
    (b'{"error": "unsupported_grant_type"}', 400),
    (b'{"error": "invalid_client", "error_description": "MARK"}', 400),
    (b'{"error": "invalid_client"}', 403),
    (b'{"error": "invalid_grant"}', 401),
    (b"", 401),
    (b"<html>Unauthorized</html>", 401),
]
"""Says that Kinni is misconfigured, whatever it was asked."""
NOT_OURS: list[tuple[bytes, int]] = [
    (b'{"error": "invalid_scope"}', 400),
    (b'{"error": "INVALID_GRANT"}', 400),
    (b'{"error": "INVALID_CLIENT"}', 400),
    (b'{"error": ["invalid_grant"]}', 400),
    (b'{"error": ["invalid_client"]}', 400),
    (b'{"error": null}', 400),
    (b'["invalid_grant"]', 400),
    (b'"invalid_grant"', 400),
    (b"invalid_grant", 400),
    (b"<html>invalid_grant</html>", 400),
    (b"", 400),
    (b"[" * 100_000, 400),
    *[(b'{"error": "invalid_grant"}', status) for status in (403, 404, 409, 418, 499)],
]
"""Blames the grant, or nobody in the words of the standard."""
NOT_OAUTH: list[tuple[bytes, int]] = [
    (b"<html>Forbidden</html>", 403),
    (b"", 403),
    (b"{}", 403),
    (b"<html>Not Found</html>", 404),
    (b"", 405),
    (b'{"error": null}', 410),
]
"""May come from somebody between TrainingPeaks and us."""

FAULTS: list[Answer] = [
    *[body(b"", status) for status in (300, 302, 304, 429, 500, 502, 503, 504, 599)],
    body(b"<html>Bad Gateway</html>", 502),
    body(b'{"error": "invalid_grant"}', 429),
    body(b'{"error": "invalid_grant"}', 500),
    body(b""),
    body(b"", 204),
    body(b"<html>OK</html>"),
    body(b"\xff\xfe"),
    body(b"\xef\xbb\xbf" + json.dumps(GRANTED).encode()),
    body(json.dumps(GRANTED).encode()[:-1]),
    body(json.dumps(GRANTED).encode()[:40]),
    body(json.dumps(GRANTED).encode() + b"x"),
    *[body(text) for text in (b"null", b"[]", b"[{}]", b'"text"', b"1", b"true", b"{}")],
    body(b"[" * 100_000),
    body(b'{"access_token":' + b"[" * 100_000),
    body(json.dumps(GRANTED).encode()[:-1] + b"," + b'"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    body(b"not gzip", content_encoding="gzip"),
    body(b"not deflate", content_encoding="deflate"),
    granted(access_token=""),
    granted(access_token=1),
    granted(access_token=["a"]),
    granted(refresh_token=""),
    granted(refresh_token=1),
    granted(scope=["athlete:profile", "file:write"]),
    granted(scope={"athlete:profile": True}),
    granted(scope=1),
    granted(access_token=None),
    as_json(GRANTED | {"access_token": None}),
    httpx.ConnectTimeout("x"),
    httpx.ReadTimeout("x"),
    httpx.WriteTimeout("x"),
    httpx.PoolTimeout("x"),
    httpx.ConnectError("x"),
    httpx.ReadError("x"),
    httpx.WriteError("x"),
    httpx.RemoteProtocolError("x"),
    httpx.LocalProtocolError("x"),
    httpx.ProxyError("x"),
    httpx.UnsupportedProtocol("x"),
]


def error_of(call: Call, answer: Answer) -> tuple[type[Exception], int]:
    """Return how the call failed, and how many requests it took to fail."""
    trainingpeaks = TrainingPeaks(answer)
    with pytest.raises(TrainingPeaksError) as failure:
        call(trainingpeaks)
    return type(failure.value), len(trainingpeaks.requests)


@calls
@pytest.mark.parametrize("answer", FAULTS, ids=repr)
def test_what_was_not_promised_means_unavailable_and_is_not_repeated(call: Call, answer: Answer) -> None:
    assert error_of(call, answer) == (TrainingPeaksUnavailableError, 1)


@calls
@pytest.mark.parametrize("description", [{}, {"error_description": "MARK"}, {"error_description": ["MARK"]}])
def test_invalid_grant_is_the_codes_or_tokens_fault(call: Call, description: dict[str, Any]) -> None:
    answer = body(json.dumps({"error": "invalid_grant"} | description).encode(), 400)

    assert error_of(call, answer) == (InvalidGrantError, 1)


@calls
@pytest.mark.parametrize(("raw", "status"), OURS)
def test_a_refusal_that_blames_kinni_is_our_configurations_fault(call: Call, raw: bytes, status: int) -> None:
    assert error_of(call, body(raw, status)) == (ClientRefusedError, 1)


@pytest.mark.parametrize(("raw", "status"), [*NOT_OURS, *NOT_OAUTH])
def test_an_exchanges_other_4xx_is_our_configurations_fault(raw: bytes, status: int) -> None:
    assert error_of(TrainingPeaks.exchange, body(raw, status)) == (ClientRefusedError, 1)


@pytest.mark.parametrize(("raw", "status"), NOT_OURS)
def test_a_refreshs_other_4xx_is_the_end_of_the_grant(raw: bytes, status: int) -> None:
    """The same client id and secret work for everybody else; trying it for ever would help nobody."""
    assert error_of(TrainingPeaks.refresh, body(raw, status)) == (InvalidGrantError, 1)


@pytest.mark.parametrize(("raw", "status"), NOT_OAUTH)
def test_a_4xx_that_is_not_oauths_ends_no_grant(raw: bytes, status: int) -> None:
    """A firewall's page for ten minutes must not cost every runner their link."""
    assert error_of(TrainingPeaks.refresh, body(raw, status)) == (TrainingPeaksUnavailableError, 1)


def test_a_pair_without_a_refresh_token_cannot_be_refreshed_and_nobody_is_asked() -> None:
    trainingpeaks = TrainingPeaks(granted())

    with pytest.raises(InvalidGrantError):
        trainingpeaks.client.refresh(replace(TOKENS, refresh_token=None), NOW, AMPLE)
    assert trainingpeaks.requests == []


@pytest.mark.parametrize("status", [408, 425, 429])
@calls
def test_a_busy_trainingpeaks_refuses_nobody(call: Call, status: int) -> None:
    assert error_of(call, body(b'{"error": "invalid_grant"}', status)) == (TrainingPeaksUnavailableError, 1)


@thrifty
@given(raw=st.binary(max_size=60), status=st.integers(200, 599))
def test_any_reply_ends_in_a_pair_or_an_error_of_trainingpeaks(raw: bytes, status: int) -> None:
    trainingpeaks = TrainingPeaks(body(raw, status))

    for call in (trainingpeaks.exchange, lambda: trainingpeaks.client.athlete(TOKENS, AMPLE)):
        with pytest.raises(TrainingPeaksError):
            call()


@pytest.mark.parametrize("status", [200, 204])
def test_an_access_ended_at_trainingpeaks_is_ended(status: int) -> None:
    trainingpeaks = TrainingPeaks(body(b"whatever", status))
    trainingpeaks.client.deauthorise(TOKENS, AMPLE)

    assert len(trainingpeaks.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (body(b"", 401), AccessTokenRefusedError),
        *[(body(b"", status), TrainingPeaksUnavailableError) for status in (302, 400, 403, 404, 429, 500, 503)],
        (httpx.ReadTimeout("x"), TrainingPeaksUnavailableError),
        (httpx.ConnectError("x"), TrainingPeaksUnavailableError),
    ],
)
def test_an_access_that_could_not_be_ended_is_not(answer: Answer, error: type[Exception]) -> None:
    trainingpeaks = TrainingPeaks(answer)

    with pytest.raises(error):
        trainingpeaks.client.deauthorise(TOKENS, AMPLE)
    assert len(trainingpeaks.requests) == 1
