"""The profile, a coach's athletes, and what every request needs."""

import httpx
import pytest

from tests.e2e.athlete_browser import AthleteBrowser
from tests.e2e.trainingpeaks_simulator.rig import (
    ASKED,
    BASIC_ATHLETE_ID,
    CALLBACK,
    CLIENT_SECRET,
    COACH_ID,
    CREDENTIALS,
    Simulator,
    bearer,
)


def test_the_profile_has_every_documented_field(simulator: Simulator) -> None:
    profile = simulator.profile(simulator.link("premium")["access_token"]).json()

    assert profile == {
        "Id": 123458,
        "FirstName": "Dana",
        "LastName": "Whitfield",
        "Email": "dana.whitfield@example.com",
        "TimeZone": "America/Denver",
        "BirthMonth": "1980-10",
        "Sex": "f",
        "CoachedBy": COACH_ID,
        "Weight": 57.52,
        "IsPremium": True,
        "PreferredUnits": "English",
    }


def test_every_athlete_has_an_id_of_their_own(simulator: Simulator) -> None:
    usernames = ("basic", "second", "premium")
    profiles = [simulator.profile(simulator.link(username)["access_token"]).json() for username in usernames]

    assert len({profile["Id"] for profile in profiles}) == 3
    assert [profile["IsPremium"] for profile in profiles] == [False, False, True]


def test_a_coach_gets_a_list_of_messages_for_a_profile(simulator: Simulator) -> None:
    response = simulator.profile(simulator.link("coach")["access_token"])

    assert response.status_code == 200
    assert any("is not a valid athlete" in message for message in response.json())


def test_an_empty_profile_has_every_field_and_no_content(simulator: Simulator) -> None:
    response = simulator.profile(simulator.link("empty")["access_token"])

    assert response.status_code == 200
    assert "Id" in response.json()
    assert set(response.json().values()) == {None}


def test_a_coach_lists_the_coached_athletes(simulator: Simulator) -> None:
    token = simulator.link("coach", scope="coach:athletes")["access_token"]

    athletes = simulator.http.get("/v1/coach/athletes", headers=bearer(token)).json()

    assert {athlete["FirstName"] for athlete in athletes} == {"Sam", "Dana"}
    assert {athlete["CoachedBy"] for athlete in athletes} == {COACH_ID}


def test_an_athlete_is_no_coach(simulator: Simulator) -> None:
    token = simulator.link("basic", scope="coach:athletes")["access_token"]

    assert simulator.http.get("/v1/coach/athletes", headers=bearer(token)).status_code == 403


def test_a_route_wants_its_own_scope(simulator: Simulator) -> None:
    token = simulator.link("coach", scope="file:write")["access_token"]

    assert simulator.profile(token).status_code == 403
    assert simulator.http.get("/v1/coach/athletes", headers=bearer(token)).status_code == 403


def test_fewer_scopes_than_asked_can_be_granted(simulator: Simulator) -> None:
    simulator.state.grant_scopes = frozenset({"file:write"})
    tokens = simulator.link()

    assert tokens["scope"] == "file:write"
    assert simulator.profile(tokens["access_token"]).status_code == 403
    assert simulator.refresh(tokens["refresh_token"]).json()["scope"] == "file:write"


@pytest.mark.parametrize(
    "headers", [{}, bearer("gAAAAunknown"), {"Authorization": "Bearer"}, {"Authorization": "Basic Z0FBQUE6"}]
)
def test_without_a_good_access_token_the_api_answers_401(simulator: Simulator, headers: dict[str, str]) -> None:
    simulator.link()

    response = simulator.http.get("/v1/athlete/profile", headers=headers)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("user_agent", [None, ""])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/oauth/token"),
        ("POST", "/oauth/deauthorize"),
        ("GET", "/v1/athlete/profile"),
        ("GET", "/v1/coach/athletes"),
    ],
)
def test_a_request_without_user_agent_is_refused(
    simulator: Simulator, method: str, path: str, user_agent: str | None
) -> None:
    request = simulator.http.build_request(method, path, headers=bearer(simulator.link()["access_token"]))
    del request.headers["User-Agent"]
    if user_agent is not None:
        request.headers["User-Agent"] = user_agent

    assert simulator.http.send(request).status_code == 403
    assert len(simulator.state.live_grants(BASIC_ATHLETE_ID)) == 1


def test_oauth_paths_are_found_in_any_case(simulator: Simulator) -> None:
    with AthleteBrowser(simulator.url) as browser:
        assert browser.open_link(f"/oauth/authorize?{httpx.QueryParams(ASKED)}").status_code == 200
    form = {"grant_type": "authorization_code", "code": simulator.code(), "redirect_uri": CALLBACK, **CREDENTIALS}
    tokens = simulator.http.post("/OAuth/Token", data=form).json()

    assert simulator.http.post("/OAuth/Deauthorize", headers=bearer(tokens["access_token"])).status_code == 200


def test_requests_are_counted_by_endpoint(simulator: Simulator) -> None:
    tokens = simulator.link()
    simulator.refresh(tokens["refresh_token"])
    simulator.profile(tokens["access_token"])
    simulator.deauthorize(tokens["access_token"])

    expected = {"authorize": 2, "sign_in": 1, "decide": 1, "token": 2, "athlete_profile": 1, "deauthorize": 1}
    assert simulator.state.requests == expected


def test_secrets_stay_out_of_the_representation_of_what_it_remembers(simulator: Simulator) -> None:
    tokens = simulator.link()

    shown = repr(simulator.state.live_grants(BASIC_ATHLETE_ID)) + repr(simulator.state.client)

    assert tokens["access_token"] not in shown
    assert tokens["refresh_token"] not in shown
    assert CLIENT_SECRET not in shown
