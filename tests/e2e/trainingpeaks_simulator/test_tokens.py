"""Codes and token pairs: once, in time, and for the right redirect URI."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.e2e.trainingpeaks_simulator.rig import BASIC_ATHLETE_ID, CALLBACK, SCOPES, Simulator, bearer, error, running


def test_the_exchange_answers_as_documented(simulator: Simulator) -> None:
    response = simulator.exchange(simulator.code())

    tokens = response.json()
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("bearer", 600, SCOPES)
    assert tokens["access_token"].startswith("gAAAA")
    assert len(tokens["access_token"]) > 500


def test_a_code_works_once(simulator: Simulator) -> None:
    code = simulator.code()
    tokens = simulator.exchange(code).json()

    assert error(simulator.exchange(code)) == "invalid_grant"
    assert simulator.profile(tokens["access_token"]).status_code == 200


def test_of_many_parallel_exchanges_one_wins(simulator: Simulator) -> None:
    code = simulator.code()
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: simulator.exchange(code).status_code, range(16)))

    assert sorted(statuses) == [200] + [400] * 15
    assert len(simulator.state.live_grants(BASIC_ATHLETE_ID)) == 1
    assert simulator.state.requests["token"] == 16


def test_a_code_lives_sixty_minutes(simulator: Simulator) -> None:
    young, old = simulator.code(), simulator.code()

    simulator.clock.pass_by(timedelta(minutes=59, seconds=59))
    assert simulator.exchange(young).status_code == 200
    simulator.clock.pass_by(timedelta(seconds=1))
    assert error(simulator.exchange(old)) == "invalid_grant"


@pytest.mark.parametrize("uri", [CALLBACK + "/", CALLBACK.replace("127.0.0.1", "localhost"), CALLBACK + "?"])
def test_the_exchange_compares_the_redirect_uri_exactly(simulator: Simulator, uri: str) -> None:
    assert error(simulator.exchange(simulator.code(), redirect_uri=uri)) == "invalid_grant"


def test_a_loopback_redirect_uri_is_compared_exactly_too() -> None:
    with running(None) as simulator:
        code = simulator.code(redirect_uri="http://localhost:8080/callback")

        assert error(simulator.exchange(code, redirect_uri="http://localhost:8081/callback")) == "invalid_grant"


def test_refreshing_replaces_both_tokens_at_once(simulator: Simulator) -> None:
    old = simulator.link()

    new = simulator.refresh(old["refresh_token"]).json()

    assert new.keys() == old.keys()
    assert error(simulator.refresh(old["refresh_token"])) == "invalid_grant"
    assert simulator.profile(old["access_token"]).status_code == 401
    assert simulator.profile(new["access_token"]).status_code == 200
    assert [grant.access_token for grant in simulator.state.live_grants(BASIC_ATHLETE_ID)] == [new["access_token"]]


def test_an_expired_access_token_is_refused_and_can_be_refreshed(simulator: Simulator) -> None:
    tokens = simulator.link()

    simulator.clock.pass_by(timedelta(seconds=599))
    assert simulator.profile(tokens["access_token"]).status_code == 200
    simulator.clock.pass_by(timedelta(seconds=1))
    assert simulator.profile(tokens["access_token"]).status_code == 401

    refreshed = simulator.refresh(tokens["refresh_token"]).json()
    assert simulator.profile(refreshed["access_token"]).status_code == 200


def test_the_life_of_access_tokens_can_be_changed_while_it_runs(simulator: Simulator) -> None:
    simulator.state.access_token_lifetime = timedelta(seconds=5)
    tokens = simulator.link()
    assert tokens["expires_in"] == 5

    simulator.clock.pass_by(timedelta(seconds=5))
    assert simulator.profile(tokens["access_token"]).status_code == 401


def test_deauthorising_ends_the_token_pair_and_no_other(simulator: Simulator) -> None:
    ended, other = simulator.link(), simulator.link()

    assert simulator.deauthorize(ended["access_token"]).status_code == 200

    assert simulator.profile(ended["access_token"]).status_code == 401
    assert error(simulator.refresh(ended["refresh_token"])) == "invalid_grant"
    assert simulator.deauthorize(ended["access_token"]).status_code == 401
    assert simulator.profile(other["access_token"]).status_code == 200
    assert len(simulator.state.live_grants(BASIC_ATHLETE_ID)) == 1


def test_deauthorising_with_an_expired_access_token_needs_a_refresh_first(simulator: Simulator) -> None:
    tokens = simulator.link()
    simulator.clock.pass_by(timedelta(seconds=600))
    assert simulator.deauthorize(tokens["access_token"]).status_code == 401

    refreshed = simulator.refresh(tokens["refresh_token"]).json()
    assert simulator.deauthorize(refreshed["access_token"]).status_code == 200
    assert simulator.state.live_grants(BASIC_ATHLETE_ID) == []


def test_deauthorising_is_a_post(simulator: Simulator) -> None:
    token = simulator.link()["access_token"]

    assert simulator.http.get("/oauth/deauthorize", headers=bearer(token)).status_code == 405
    assert simulator.profile(token).status_code == 200
