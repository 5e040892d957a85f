"""What goes to TrainingPeaks: to the letter of its wiki, and nothing of anybody else."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from botocore.exceptions import EndpointConnectionError

from account_link import __version__
from account_link.deadline import Deadline
from account_link.errors import ClientRefusedError, InvalidGrantError, TrainingPeaksUnavailableError, TryAgainError
from account_link.models import Code
from tests.fakes import NOW
from tests.unit.trainingpeaks_rig import (
    AMPLE,
    API,
    CLIENT_ID,
    CODE,
    GRANTED,
    OAUTH,
    PROFILE,
    REDIRECT_URI,
    SECRET,
    TOKENS,
    Reply,
    TrainingPeaks,
    as_json,
    body,
    granted,
    profile,
)

CALLS: list[Callable[[TrainingPeaks, Deadline], Any]] = [
    lambda at, deadline: at.client.exchange(CODE, REDIRECT_URI, NOW, deadline),
    lambda at, deadline: at.client.refresh(TOKENS, NOW, deadline),
    lambda at, deadline: at.client.deauthorise(TOKENS, deadline),
    lambda at, deadline: at.client.athlete(TOKENS, deadline),
]
call = pytest.mark.parametrize("call", CALLS, ids=["exchange", "refresh", "deauthorise", "athlete"])
exchange_and_refresh = pytest.mark.parametrize("call", CALLS[:2], ids=["exchange", "refresh"])


ANY_CALLS_ANSWER = as_json(GRANTED | PROFILE)


def form(request: httpx.Request) -> dict[str, str]:
    fields = parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(fields)) == len(fields)
    return dict(fields)


def test_a_code_is_exchanged_as_documented() -> None:
    trainingpeaks = TrainingPeaks(granted())
    trainingpeaks.exchange()

    (request,) = trainingpeaks.requests
    assert (request.method, str(request.url)) == ("POST", f"{OAUTH}/oauth/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    assert form(request) == {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": REDIRECT_URI,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
    }


def test_a_pair_is_refreshed_as_documented() -> None:
    trainingpeaks = TrainingPeaks(granted())
    trainingpeaks.refresh()

    (request,) = trainingpeaks.requests
    assert (request.method, str(request.url)) == ("POST", f"{OAUTH}/oauth/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert form(request) == {
        "grant_type": "refresh_token",
        "refresh_token": TOKENS.refresh_token,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
    }


def test_a_pair_is_deauthorised_as_documented() -> None:
    trainingpeaks = TrainingPeaks(body(b""))
    trainingpeaks.client.deauthorise(TOKENS, AMPLE)

    (request,) = trainingpeaks.requests
    assert (request.method, str(request.url)) == ("POST", f"{OAUTH}/oauth/deauthorize")
    assert request.headers["authorization"] == f"Bearer {TOKENS.access_token}"
    assert request.content == b""


def test_the_athlete_is_asked_for_as_documented() -> None:
    trainingpeaks = TrainingPeaks(profile())
    trainingpeaks.client.athlete(TOKENS, AMPLE)

    (request,) = trainingpeaks.requests
    assert (request.method, str(request.url)) == ("GET", f"{API}/v1/athlete/profile")
    assert request.headers["authorization"] == f"Bearer {TOKENS.access_token}"
    assert request.content == b""


@call
def test_every_request_says_who_we_are(call: Callable[[TrainingPeaks, Deadline], Any]) -> None:
    trainingpeaks = TrainingPeaks(ANY_CALLS_ANSWER)
    call(trainingpeaks, AMPLE)

    (request,) = trainingpeaks.requests
    assert request.headers.get_list("user-agent") == [f"{CLIENT_ID}/{__version__}"]


@call
def test_no_secret_stands_in_an_address(call: Callable[[TrainingPeaks, Deadline], Any]) -> None:
    trainingpeaks = TrainingPeaks(ANY_CALLS_ANSWER)
    call(trainingpeaks, AMPLE)

    assert "MARK" not in str(trainingpeaks.requests[0].url)


@pytest.mark.parametrize("code", ["a+b/c==", "a&client_secret=x", "a b%20", "é€\x00\n", "\ufffd"])
def test_any_code_arrives_as_it_came(code: str) -> None:
    trainingpeaks = TrainingPeaks(granted())
    trainingpeaks.client.exchange(Code(code), REDIRECT_URI, NOW, AMPLE)

    assert form(trainingpeaks.requests[0])["code"] == code


@call
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(call: Callable[[TrainingPeaks, Deadline], Any], status: int) -> None:
    trainingpeaks = TrainingPeaks(body(b"", status, location="http://elsewhere.example/oauth/token"))

    with pytest.raises(TrainingPeaksUnavailableError):
        call(trainingpeaks, AMPLE)
    assert {request.url.host for request in trainingpeaks.requests} <= {httpx.URL(OAUTH).host, httpx.URL(API).host}
    assert len({str(request.url) for request in trainingpeaks.requests}) == 1


def test_no_cookie_is_carried_from_one_runners_call_to_the_next() -> None:
    trainingpeaks = TrainingPeaks(Reply(200, json.dumps(GRANTED).encode(), {"set-cookie": "session=MARK; Path=/"}))
    trainingpeaks.exchange()
    trainingpeaks.exchange()

    assert [request.headers.get("cookie") for request in trainingpeaks.requests] == [None, None]


@call
@pytest.mark.parametrize(("left", "connect", "read"), [(3600.0, 3.0, 5.0), (4.0, 3.0, 4.0), (1.5, 1.5, 1.5)])
def test_no_call_waits_longer_than_its_deadline_leaves(
    call: Callable[[TrainingPeaks, Deadline], Any], left: float, connect: float, read: float
) -> None:
    trainingpeaks = TrainingPeaks(ANY_CALLS_ANSWER)
    call(trainingpeaks, Deadline(left))

    waits = trainingpeaks.requests[0].extensions["timeout"]
    assert waits["connect"] == pytest.approx(connect, abs=0.5)
    assert waits["read"] == waits["write"] == pytest.approx(read, abs=0.5)
    assert max(waits.values()) <= left


@exchange_and_refresh
def test_without_the_client_secret_nothing_is_sent(call: Callable[[TrainingPeaks, Deadline], Any]) -> None:
    trainingpeaks = TrainingPeaks(granted())
    trainingpeaks.secrets.fault = EndpointConnectionError(endpoint_url="https://secretsmanager")

    with pytest.raises(TryAgainError):
        call(trainingpeaks, AMPLE)
    assert trainingpeaks.requests == []


def test_a_prepared_exchange_has_its_secret_before_anything_is_sent() -> None:
    trainingpeaks = TrainingPeaks(granted())
    trainingpeaks.client.prepare()
    trainingpeaks.secrets.fault = EndpointConnectionError(endpoint_url="https://secretsmanager")

    assert trainingpeaks.requests == []
    assert trainingpeaks.exchange().access_token == TOKENS.access_token


def test_an_exchange_that_cannot_be_prepared_can_be_tried_again() -> None:
    trainingpeaks = TrainingPeaks(granted())
    trainingpeaks.secrets.fault = EndpointConnectionError(endpoint_url="https://secretsmanager")

    with pytest.raises(TryAgainError):
        trainingpeaks.client.prepare()
    assert trainingpeaks.requests == []


@exchange_and_refresh
def test_the_client_secret_is_asked_for_once(call: Callable[[TrainingPeaks, Deadline], Any]) -> None:
    trainingpeaks = TrainingPeaks(granted())
    call(trainingpeaks, AMPLE)
    call(trainingpeaks, AMPLE)

    assert len(trainingpeaks.secrets.asked) == 1


@exchange_and_refresh
@pytest.mark.parametrize("status", [400, 401])
def test_a_client_that_was_refused_comes_back_with_the_rotated_secret(
    call: Callable[[TrainingPeaks, Deadline], Any], status: int
) -> None:
    trainingpeaks = TrainingPeaks(body(b'{"error": "invalid_client"}', status), granted())
    with pytest.raises(ClientRefusedError):
        call(trainingpeaks, AMPLE)
    trainingpeaks.secrets.secret = "MARK-rotated"
    call(trainingpeaks, AMPLE)

    assert [form(request)["client_secret"] for request in trainingpeaks.requests] == [SECRET, "MARK-rotated"]


def test_a_refused_code_does_not_cost_a_secret() -> None:
    trainingpeaks = TrainingPeaks(body(b'{"error": "invalid_grant"}', 400), granted())
    with pytest.raises(InvalidGrantError):
        trainingpeaks.exchange()
    trainingpeaks.exchange()

    assert len(trainingpeaks.secrets.asked) == 1


def test_the_calls_that_need_no_secret_do_not_ask_for_it() -> None:
    trainingpeaks = TrainingPeaks(ANY_CALLS_ANSWER)
    trainingpeaks.client.athlete(TOKENS, AMPLE)
    trainingpeaks.client.deauthorise(TOKENS, AMPLE)

    assert trainingpeaks.secrets.asked == []
