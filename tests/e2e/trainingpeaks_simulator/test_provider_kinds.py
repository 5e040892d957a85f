"""The kinds of provider that TrainingPeaks may be, and the grants that are alive under each."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from local.trainingpeaks import Fault
from tests.e2e.trainingpeaks_simulator.rig import BASIC_ATHLETE_ID, Simulator, error, without_network

type Tokens = dict[str, Any]


def works(simulator: Simulator, tokens: Tokens) -> bool:
    return simulator.state.works(tokens["access_token"], tokens["refresh_token"])


def test_without_rotation_the_refresh_token_stays(simulator: Simulator) -> None:
    simulator.state.rotates = False
    tokens = simulator.link()

    for _ in range(2):
        answer = simulator.refresh(tokens["refresh_token"]).json()
        assert "refresh_token" not in answer
        assert simulator.profile(tokens["access_token"]).status_code == 401
        assert works(simulator, tokens)
        tokens |= answer
        assert simulator.profile(tokens["access_token"]).status_code == 200

    assert len(simulator.state.live_grants()) == 1
    assert simulator.deauthorize(tokens["access_token"]).status_code == 200
    assert error(simulator.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_without_rotation_a_lost_refresh_loses_no_grant(called: Simulator) -> None:
    called.state.rotates = False
    tokens = called.link()
    called.state.faults.next("refresh", Fault(drop="after"))
    with pytest.raises(httpx.TransportError):
        called.refresh(tokens["refresh_token"])

    assert called.state.lost_answers == {"refresh": 1}
    assert called.state.undelivered_grants() == []
    assert works(called, tokens)
    assert called.refresh(tokens["refresh_token"]).status_code == 200


def test_a_grant_is_the_same_one_however_often_it_is_refreshed(simulator: Simulator) -> None:
    tokens = simulator.link()
    (before,) = simulator.state.live_grants()

    simulator.refresh(tokens["refresh_token"])
    simulator.state.rotates = False
    simulator.refresh(simulator.state.live_grants()[0].refresh_token)

    assert [grant.id for grant in simulator.state.live_grants()] == [before.id]
    assert simulator.state.ended_for_another == set()


def test_deauthorising_can_end_all_grants_of_the_athlete(simulator: Simulator) -> None:
    simulator.state.deauthorize_ends_all = True
    ended, others, someone_else = simulator.link(), [simulator.link(), simulator.link()], simulator.link("second")
    own, *more = simulator.state.live_grants(BASIC_ATHLETE_ID)

    assert simulator.deauthorize(ended["access_token"]).status_code == 200

    assert [works(simulator, tokens) for tokens in (ended, *others, someone_else)] == [False, False, False, True]
    assert simulator.state.ended_for_another == {grant.id for grant in more}
    assert own.id not in simulator.state.ended_for_another
    assert simulator.state.effects["deauthorize"] == 1


def test_deauthorising_a_dead_token_ends_nothing(simulator: Simulator) -> None:
    simulator.state.deauthorize_ends_all = True
    expired = simulator.link()
    simulator.clock.pass_by(timedelta(seconds=600))
    other = simulator.link()

    assert simulator.deauthorize(expired["access_token"]).status_code == 401
    assert works(simulator, expired)
    assert works(simulator, other)


def test_a_new_grant_can_end_older_ones(simulator: Simulator) -> None:
    simulator.state.new_grant_ends_older = True
    older, someone_else, newer = simulator.link(), simulator.link("second"), simulator.link()

    assert [works(simulator, tokens) for tokens in (older, someone_else, newer)] == [False, True, True]
    assert simulator.refresh(newer["refresh_token"]).status_code == 200
    assert len(simulator.state.live_grants()) == 2
    assert len(simulator.state.ended_for_another) == 1


def test_a_refused_exchange_ends_no_older_grant(simulator: Simulator) -> None:
    simulator.state.new_grant_ends_older = True
    tokens = simulator.link()

    simulator.exchange(simulator.code(), redirect_uri="https://elsewhere.example/")

    assert works(simulator, tokens)


def test_tokens_work_as_the_pair_that_they_were_issued_as(simulator: Simulator) -> None:
    one, two = simulator.link(), simulator.link()
    asked = simulator.state.requests.copy()

    assert works(simulator, one)
    assert not works(simulator, one | {"access_token": two["access_token"]})
    assert not works(simulator, one | {"access_token": "unknown"})
    assert not works(simulator, one | {"refresh_token": "unknown"})
    simulator.clock.pass_by(timedelta(days=1))
    assert works(simulator, one)
    assert simulator.state.requests == asked


def test_effects_are_what_really_happened(simulator: Simulator) -> None:
    tokens = simulator.link()
    simulator.refresh(tokens["refresh_token"])
    simulator.refresh(tokens["refresh_token"])
    simulator.exchange("unknown")
    simulator.deauthorize(tokens["access_token"])

    assert simulator.state.effects == {"exchange": 1, "refresh": 1}
    assert simulator.state.requests["token"] == 4


def test_secrets_stay_out_of_what_a_grant_shows_of_itself(simulator: Simulator) -> None:
    simulator.state.rotates = False
    tokens = simulator.link()
    simulator.refresh(tokens["refresh_token"])

    assert "gAAAA" not in repr(simulator.state.live_grants())


@pytest.mark.parametrize("rotates", [True, False])
@pytest.mark.parametrize("ends_all", [True, False])
@pytest.mark.parametrize("ends_older", [True, False])
def test_under_many_threads_every_grant_is_accounted_for(
    simulator: Simulator, *, rotates: bool, ends_all: bool, ends_older: bool
) -> None:
    state = simulator.state
    state.rotates, state.deauthorize_ends_all, state.new_grant_ends_older = rotates, ends_all, ends_older
    state.faults.set_seed(3)
    state.faults.chance("token", Fault(drop="after"), probability=0.3)
    codes = [simulator.code() for _ in range(24)]

    with without_network(simulator) as called, ThreadPoolExecutor(12) as pool:
        lives = list(pool.map(lambda code: live(called, code), codes))

    delivered = {tokens["refresh_token"] for life in lives for tokens in life}
    undelivered = state.undelivered_grants()
    assert not delivered & {grant.refresh_token for grant in undelivered}
    assert all(grant.refresh_token in delivered for grant in state.live_grants() if grant not in undelivered)
    assert state.effects["exchange"] == 24
    assert state.lost_answers["exchange"] == sum(not life for life in lives)
    if not (ends_all or ends_older):
        ended = state.effects["deauthorize"]
        assert len(state.live_grants()) == 24 - ended
        assert state.ended_for_another == set()
    if ends_older:
        assert len(state.live_grants()) <= 1


def live(called: Simulator, code: str) -> list[Tokens]:
    """Link, refresh and deauthorise; return the tokens that arrived."""
    arrived: list[Tokens] = []
    try:
        arrived.append(called.exchange(code).raise_for_status().json())
        arrived.append(arrived[0] | called.refresh(arrived[0]["refresh_token"]).raise_for_status().json())
        called.deauthorize(arrived[1]["access_token"])
    except (httpx.TransportError, httpx.HTTPStatusError):
        pass
    return arrived
