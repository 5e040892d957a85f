"""The switches over HTTP."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from local.trainingpeaks import Fault, Rule
from tests.e2e.trainingpeaks_simulator.rig import Simulator

AT_THE_START = {
    "access_token_lifetime_seconds": 600.0,
    "deauthorize_ends_all": False,
    "faults": [],
    "new_grant_ends_older": False,
    "rotates": True,
    "seed": None,
}
CHANGED: dict[str, Any] = {
    "access_token_lifetime_seconds": 2.5,
    "deauthorize_ends_all": True,
    "faults": [
        {"endpoint": "token", "fault": {"status": 503, "retry_after_seconds": 30}, "times": 2},
        {"endpoint": "deauthorize", "fault": {"drop": "after", "latency_seconds": 0.5}, "probability": 0.1},
    ],
    "new_grant_ends_older": True,
    "rotates": False,
    "seed": 7,
}


def test_at_the_start_nothing_goes_wrong(simulator: Simulator) -> None:
    response = simulator.http.get("/faults")

    assert response.json() == AT_THE_START
    assert response.headers["Cache-Control"] == "no-store"


def test_all_switches_can_be_set_and_are_shown_as_they_were_set(simulator: Simulator) -> None:
    response = simulator.http.put("/faults", json=CHANGED)

    assert (response.status_code, response.json()) == (200, CHANGED)
    assert simulator.http.get("/faults").json() == CHANGED
    state = simulator.state
    assert state.access_token_lifetime == timedelta(seconds=2.5)
    assert (state.rotates, state.deauthorize_ends_all, state.new_grant_ends_older) == (False, True, True)
    assert state.faults.rules == (
        Rule(endpoint="token", fault=Fault(status=503, retry_after_seconds=30), times=2),
        Rule(endpoint="deauthorize", fault=Fault(drop="after", latency_seconds=0.5), probability=0.1),
    )


def test_what_is_set_happens(simulator: Simulator) -> None:
    simulator.http.put("/faults", json=CHANGED)

    assert [simulator.refresh("any").status_code for _ in range(3)] == [503, 503, 400]
    assert simulator.http.get("/faults").json()["faults"] == CHANGED["faults"][1:]


def test_setting_again_replaces_what_was_set(simulator: Simulator) -> None:
    simulator.http.put("/faults", json=CHANGED)

    simulator.http.put("/faults", json={"rotates": False})

    assert simulator.http.get("/faults").json() == AT_THE_START | {"rotates": False}


def test_clearing_puts_everything_back(simulator: Simulator) -> None:
    simulator.http.put("/faults", json=CHANGED)

    assert simulator.http.delete("/faults").status_code == 204
    assert simulator.http.get("/faults").json() == AT_THE_START


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        '{"rotates": "yes"}',
        '{"rotates": 1}',
        '{"unknown": true}',
        '{"access_token_lifetime_seconds": -1}',
        '{"access_token_lifetime_seconds": 1e999}',
        '{"faults": [{"endpoint": "token", "fault": {}, "times": 1}]}',
        '{"faults": [{"endpoint": "token", "fault": {"status": 503}}]}',
        '{"faults": [{"endpoint": "home", "fault": {"status": 503}, "times": 1}]}',
        '{"faults": [{"endpoint": "token", "fault": {"status": "503"}, "times": 1}]}',
    ],
)
def test_a_body_that_cannot_be_set_changes_nothing_and_says_why(simulator: Simulator, body: str) -> None:
    simulator.http.put("/faults", json=CHANGED)

    response = simulator.http.put("/faults", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    assert all({"loc", "msg", "type"} == problem.keys() for problem in response.json()["problems"])
    assert response.json()["problems"]
    assert simulator.http.get("/faults").json() == CHANGED


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
def test_what_a_foreign_page_may_send_is_refused(simulator: Simulator, content_type: str) -> None:
    response = simulator.http.put("/faults", content='{"rotates": false}', headers={"Content-Type": content_type})

    assert response.status_code == 415
    assert simulator.state.rotates


@pytest.mark.parametrize(
    "host", ["kinni.example", "127.0.0.1.kinni.example", "localhost:80@kinni.example", "192.0.2.1"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_name_that_was_pointed_here_is_refused(simulator: Simulator, method: str, host: str) -> None:
    simulator.state.rotates = False

    response = simulator.http.request(method, "/faults", json={}, headers={"Host": host})

    assert response.status_code in (400, 403)
    assert not simulator.state.rotates


def test_a_browser_is_not_allowed_to_ask_from_elsewhere(simulator: Simulator) -> None:
    asks = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PUT"}

    answer = simulator.http.options("/faults", headers=asks)

    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_caller_from_another_machine_is_refused(simulator: Simulator) -> None:
    elsewhere = httpx.WSGITransport(simulator.app, remote_addr="192.0.2.1")
    with httpx.Client(transport=elsewhere, base_url=simulator.url) as client:
        assert client.get("/faults").status_code == 403
        assert client.get("/fault-switches").status_code == 403
