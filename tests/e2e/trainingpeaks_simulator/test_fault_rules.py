"""Which calls a fault happens to."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

from local.trainingpeaks import Fault, Faults, Rule
from tests.e2e.trainingpeaks_simulator.rig import Simulator, bearer

UNAVAILABLE = Fault(status=503)
TOO_MANY = Fault(status=429)


def test_a_fault_happens_to_its_own_kind_of_call_only(simulator: Simulator) -> None:
    tokens = simulator.link()
    simulator.state.faults.next("refresh", UNAVAILABLE)

    assert simulator.exchange(simulator.code()).status_code == 200
    assert simulator.profile(tokens["access_token"]).status_code == 200
    assert simulator.refresh(tokens["refresh_token"]).status_code == 503
    assert simulator.refresh(tokens["refresh_token"]).status_code == 200


def test_a_fault_of_the_token_endpoint_happens_to_exchange_and_refresh(simulator: Simulator) -> None:
    simulator.state.faults.next("token", UNAVAILABLE, times=2)

    assert simulator.exchange("any").status_code == 503
    assert simulator.refresh("any").status_code == 503
    assert simulator.refresh("any").status_code == 400


def test_no_fault_happens_to_pages_and_coaches(simulator: Simulator) -> None:
    for endpoint in ("token", "exchange", "refresh", "deauthorize", "athlete_profile"):
        simulator.state.faults.chance(endpoint, UNAVAILABLE, probability=1)

    assert simulator.code()
    assert simulator.http.get("/v1/coach/athletes", headers=bearer("unknown")).status_code == 401


def test_faults_wait_for_each_other_in_the_order_they_were_set() -> None:
    faults = Faults()
    faults.chance("token", Fault(drop="before"), probability=1)
    faults.next("token", UNAVAILABLE, times=2)
    faults.next("exchange", TOO_MANY)

    taken = [faults.take(("exchange", "token")) for _ in range(4)]

    assert taken == [UNAVAILABLE, UNAVAILABLE, TOO_MANY, Fault(drop="before")]


def test_what_is_left_is_shown() -> None:
    faults = Faults()
    faults.next("token", UNAVAILABLE, times=3)
    faults.take(("refresh", "token"))

    assert faults.rules == (Rule(endpoint="token", fault=UNAVAILABLE, times=2),)


def test_one_seed_gives_one_order_of_chances() -> None:
    faults = Faults()
    faults.chance("token", UNAVAILABLE, probability=0.2)
    faults.chance("token", TOO_MANY, probability=0.2)

    runs = []
    for seed in (1, 1, 2):
        faults.set_seed(seed)
        runs.append([faults.take(("token",)) for _ in range(1000)])

    assert runs[0] == runs[1] != runs[2]
    assert faults.seed == 2
    assert 150 < runs[0].count(UNAVAILABLE) < 250
    assert 110 < runs[0].count(TOO_MANY) < 210


def test_clearing_ends_all_faults() -> None:
    faults = Faults()
    faults.next("token", UNAVAILABLE)
    faults.chance("deauthorize", UNAVAILABLE, probability=1)
    faults.set_seed(1)

    faults.clear()

    assert (faults.rules, faults.seed) == ((), None)
    assert faults.take(("token",)) is None
    assert faults.take(("deauthorize",)) is None


def test_of_many_parallel_calls_exactly_the_next_few_are_hit(simulator: Simulator) -> None:
    token = simulator.link()["access_token"]
    simulator.state.faults.next("athlete_profile", UNAVAILABLE, times=7)

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: simulator.profile(token).status_code, range(32)))

    assert sorted(statuses) == [200] * 25 + [503] * 7


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"latency_seconds": 0},
        {"latency_seconds": -1},
        {"latency_seconds": float("inf")},
        {"status": 199},
        {"status": 600},
        {"retry_after_seconds": 30},
        {"error": "invalid_grant"},
        {"body": "html", "after_work": True},
        {"status": 400, "error": "Not a code"},
        {"status": 400, "error": "invalid_grant", "body": "html"},
        {"drop": "before", "status": 503},
        {"drop": "after", "body": "html"},
        {"drop": "sometimes"},
        {"status": 503, "extra": 1},
    ],
)
def test_a_fault_that_makes_no_sense_cannot_be_made(fault: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault(**fault)


@pytest.mark.parametrize(
    "calls",
    [{}, {"times": 1, "probability": 0.5}, {"times": 0}, {"probability": 0}, {"probability": 1.1}],
)
def test_a_rule_says_in_one_way_which_calls_it_means(calls: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rule(endpoint="token", fault=UNAVAILABLE, **calls)
