"""What goes wrong with a call, over HTTP and within the process, and what it leaves behind."""

import time
from collections.abc import Callable
from typing import Literal

import httpx
import pytest

from local.trainingpeaks import Fault
from local.trainingpeaks.state import Effect
from tests.e2e.trainingpeaks_simulator.rig import BASIC_ATHLETE_ID, Simulator, error, without_network

type Body = Literal["html", "truncated", "empty"]
type Prepared = Callable[[Simulator], Callable[[], httpx.Response]]

DROPPED = (httpx.RemoteProtocolError, httpx.ReadError)


def test_a_status_comes_in_the_place_of_the_work(called: Simulator) -> None:
    code = called.code()
    called.state.faults.next("token", Fault(status=503, retry_after_seconds=30), times=2)

    for _ in range(2):
        response = called.exchange(code)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert called.state.effects == {}
    assert called.exchange(code).status_code == 200
    assert called.state.lost_answers == {}


def test_a_refusal_can_name_an_oauth_error(called: Simulator) -> None:
    tokens = called.link()
    called.state.faults.next("refresh", Fault(status=401, error="invalid_client"))

    assert error(called.refresh(tokens["refresh_token"]), 401) == "invalid_client"
    assert called.state.works(tokens["access_token"], tokens["refresh_token"])


def test_a_status_can_come_after_the_work(called: Simulator) -> None:
    code = called.code()
    called.state.faults.next("exchange", Fault(status=502, body="html", after_work=True))

    response = called.exchange(code)

    assert (response.status_code, response.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert error(called.exchange(code)) == "invalid_grant"
    assert called.state.lost_answers == {"exchange": 1}
    assert called.state.undelivered_grants() == called.state.live_grants(BASIC_ATHLETE_ID) != []


@pytest.mark.parametrize(("body", "content_type"), [("html", "text/html"), ("truncated", "application/json")])
def test_a_spoilt_body_is_not_json(called: Simulator, body: Body, content_type: str) -> None:
    called.state.faults.next("token", Fault(body=body))

    response = called.exchange(called.code())

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(content_type)
    assert len(response.text) > 0
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        response.json()


@pytest.mark.parametrize("body", ["html", "truncated", "empty"])
def test_a_spoilt_body_loses_the_tokens_that_it_held(called: Simulator, body: Body) -> None:
    tokens = called.link()
    called.state.faults.next("refresh", Fault(body=body))

    response = called.refresh(tokens["refresh_token"])

    (alive,) = called.state.live_grants()
    assert alive.refresh_token not in response.text
    assert called.state.undelivered_grants() == [alive]
    assert called.state.lost_answers == {"refresh": 1}
    assert not called.state.works(tokens["access_token"], tokens["refresh_token"])


def test_an_empty_body_is_empty(called: Simulator) -> None:
    called.state.faults.next("athlete_profile", Fault(body="empty"))

    response = called.profile(called.link()["access_token"])

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("fault", [Fault(body="html"), Fault(body="empty"), Fault(status=204, after_work=True)])
def test_a_deauthorisation_is_known_by_its_status(called: Simulator, fault: Fault) -> None:
    called.state.faults.next("deauthorize", fault)

    assert called.deauthorize(called.link()["access_token"]).is_success
    assert called.state.live_grants() == []
    assert (called.state.effects["deauthorize"], called.state.lost_answers) == (1, {})


def test_a_deauthorisation_that_answers_an_error_after_the_work_is_lost(called: Simulator) -> None:
    called.state.faults.next("deauthorize", Fault(status=500, after_work=True))

    assert called.deauthorize(called.link()["access_token"]).status_code == 500
    assert called.state.live_grants() == []
    assert called.state.lost_answers == {"deauthorize": 1}


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_has_no_body_comes_without(called: Simulator, status: int) -> None:
    called.state.faults.next("athlete_profile", Fault(status=status))

    assert called.profile(called.link()["access_token"]).content == b""


def _exchange(called: Simulator) -> Callable[[], httpx.Response]:
    code = called.code()
    return lambda: called.exchange(code)


def _refresh(called: Simulator) -> Callable[[], httpx.Response]:
    token = called.link()["refresh_token"]
    return lambda: called.refresh(token)


def _deauthorize(called: Simulator) -> Callable[[], httpx.Response]:
    token = called.link()["access_token"]
    return lambda: called.deauthorize(token)


CALLS = pytest.mark.parametrize(
    ("effect", "prepared", "refused_with"),
    [("exchange", _exchange, 400), ("refresh", _refresh, 400), ("deauthorize", _deauthorize, 401)],
)


@CALLS
def test_a_connection_dropped_before_the_work_leaves_everything_as_it_was(
    called: Simulator, effect: Effect, prepared: Prepared, refused_with: int
) -> None:
    call = prepared(called)
    alive, done = called.state.live_grants(), called.state.effects.copy()
    called.state.faults.next(effect, Fault(drop="before"))

    with pytest.raises(DROPPED):
        call()

    assert called.state.live_grants() == alive
    assert called.state.effects == done
    assert called.state.lost_answers == {}
    assert call().status_code not in (refused_with, 500)


@CALLS
def test_a_connection_dropped_after_the_work_loses_the_answer_alone(
    called: Simulator, effect: Effect, prepared: Prepared, refused_with: int
) -> None:
    call = prepared(called)
    done = called.state.effects[effect]
    called.state.faults.next(effect, Fault(drop="after"))

    with pytest.raises(DROPPED):
        call()

    assert called.state.effects[effect] == done + 1
    assert called.state.lost_answers == {effect: 1}
    assert called.state.undelivered_grants() == called.state.live_grants()
    assert call().status_code == refused_with


def test_a_dropped_refusal_has_no_effect_to_lose(called: Simulator) -> None:
    called.state.faults.next("token", Fault(drop="after"))

    with pytest.raises(DROPPED):
        called.refresh("unknown")

    assert called.state.effects == called.state.lost_answers == {}


def test_a_dropped_profile_is_asked_again(called: Simulator) -> None:
    token = called.link()["access_token"]
    called.state.faults.next("athlete_profile", Fault(drop="before"))
    called.state.faults.next("athlete_profile", Fault(drop="after"))

    for _ in range(2):
        with pytest.raises(DROPPED):
            called.profile(token)

    assert called.profile(token).status_code == 200
    assert called.state.requests["athlete_profile"] == 3
    assert called.state.lost_answers == {}


def test_a_late_answer_is_awaited(called: Simulator) -> None:
    waits: list[float] = []
    called.state.faults.sleep = waits.append
    called.state.faults.next("token", Fault(latency_seconds=2.5))

    assert called.exchange(called.code()).status_code == 200
    assert waits == [2.5]


@CALLS
def test_an_answer_that_is_too_late_is_lost_and_its_effect_stays(
    called: Simulator, effect: Effect, prepared: Prepared, refused_with: int
) -> None:
    call = prepared(called)
    called.http.timeout = httpx.Timeout(5, read=0.1)
    called.state.faults.next(effect, Fault(latency_seconds=0.5))

    with pytest.raises(httpx.ReadTimeout):
        call()

    called.http.timeout = httpx.Timeout(5)
    _wait_for(lambda: called.state.lost_answers == {effect: 1})
    assert called.state.undelivered_grants() == called.state.live_grants()
    assert call().status_code == refused_with


def _wait_for(condition: Callable[[], bool]) -> None:
    """Give the simulator, which does not know that the client has left, some seconds to finish."""
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_a_caller_in_the_process_waits_no_longer_than_its_timeout(simulator: Simulator) -> None:
    waits: list[float] = []
    simulator.state.faults.sleep = waits.append
    simulator.state.faults.next("token", Fault(latency_seconds=60))

    with without_network(simulator) as in_process, pytest.raises(httpx.ReadTimeout):
        in_process.exchange(in_process.code())

    assert waits == [5]
    assert simulator.state.lost_answers == {"exchange": 1}
