"""Token requests that are refused, and who may ask."""

import pytest

from tests.e2e.trainingpeaks_simulator.rig import (
    BASIC_ATHLETE_ID,
    CALLBACK,
    CLIENT_ID,
    CLIENT_SECRET,
    CREDENTIALS,
    Simulator,
    error,
)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_secret": "snow ☃"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"code": ""}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"code": "unknown"}, "invalid_grant"),
    ],
)
def test_a_bad_exchange_is_refused_by_its_name(simulator: Simulator, form: dict[str, str], expected: str) -> None:
    whole = {"grant_type": "authorization_code", "code": simulator.code(), "redirect_uri": CALLBACK}

    assert error(simulator.token(**whole | form)) == expected
    assert simulator.state.live_grants(BASIC_ATHLETE_ID) == []


def test_wrong_credentials_do_not_use_up_the_code(simulator: Simulator) -> None:
    code = simulator.code()
    simulator.exchange(code, client_secret="wrong")

    assert simulator.exchange(code).status_code == 200


def test_a_repeated_parameter_is_refused(simulator: Simulator) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": ["one", "two"], **CREDENTIALS}

    assert error(simulator.http.post("/oauth/token", data=form)) == "invalid_request"


def test_a_json_body_is_refused(simulator: Simulator) -> None:
    form = {"grant_type": "authorization_code", "code": simulator.code(), "redirect_uri": CALLBACK, **CREDENTIALS}

    assert error(simulator.http.post("/oauth/token", json=form)) == "invalid_request"


def test_credentials_may_come_by_http_basic(simulator: Simulator) -> None:
    form = {"grant_type": "authorization_code", "code": simulator.code(), "redirect_uri": CALLBACK}
    wrong = simulator.http.post("/oauth/token", data=form, auth=(CLIENT_ID, "wrong"))
    assert error(wrong, 401) == "invalid_client"
    assert wrong.headers["WWW-Authenticate"].startswith("Basic")

    assert simulator.http.post("/oauth/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET)).status_code == 200


def test_credentials_given_twice_are_refused(simulator: Simulator) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "any", **CREDENTIALS}

    assert error(simulator.http.post("/oauth/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))) == "invalid_request"
