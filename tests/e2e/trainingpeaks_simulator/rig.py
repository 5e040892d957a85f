"""A running simulator, and a client's server that calls it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from flask import Flask

from local.trainingpeaks import SimulatorState, SimulatorTransport, create_app, serve
from tests.e2e.athlete_browser import NO_TLS, AthleteBrowser

CLIENT_ID = "kinni"
CLIENT_SECRET = "a client secret: 100% made up & +"
CALLBACK = "http://127.0.0.1:3000/v1/trainingpeaks/callback"
REGISTERED = frozenset({CALLBACK, "https://kinni.example/callback?from=trainingpeaks"})
SCOPES = "athlete:profile file:write"
ASKED = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": CALLBACK,
    "scope": SCOPES,
    "state": "s + /=&?%\n☃",
}
CREDENTIALS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
HEADERS = {"User-Agent": f"{CLIENT_ID}/1.0"}
BASIC_ATHLETE_ID = 123456
COACH_ID = 987654


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, duration: timedelta) -> None:
        self.now += duration


@dataclass
class Simulator:
    """Where it runs, what it remembers, its time, and the requests of a client's server."""

    url: str
    state: SimulatorState
    clock: Clock
    app: Flask = field(repr=False)
    http: httpx.Client = field(repr=False)

    def exchange(self, code: str, **changed: str) -> httpx.Response:
        return self.token(grant_type="authorization_code", code=code, **{"redirect_uri": CALLBACK} | changed)

    def refresh(self, refresh_token: str) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def token(self, **form: str) -> httpx.Response:
        return self.http.post("/oauth/token", data=CREDENTIALS | form)

    def profile(self, access_token: str) -> httpx.Response:
        return self.http.get("/v1/athlete/profile", headers=bearer(access_token))

    def deauthorize(self, access_token: str) -> httpx.Response:
        return self.http.post("/oauth/deauthorize", headers=bearer(access_token))

    def code(self, username: str = "basic", **changed: str) -> str:
        with AthleteBrowser(self.url) as browser:
            return browser.authorize(ASKED | changed, username)["code"]

    def link(self, username: str = "basic", **changed: str) -> dict[str, Any]:
        response = self.exchange(self.code(username, **changed))
        assert response.status_code == 200
        tokens: dict[str, Any] = response.json()
        return tokens


@contextmanager
def running(redirect_uris: frozenset[str] | None) -> Iterator[Simulator]:
    clock = Clock()
    app = create_app(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, redirect_uris=redirect_uris, clock=clock)
    server = serve(app, 0)
    server.start()
    try:
        with httpx.Client(base_url=server.url, headers=HEADERS, verify=NO_TLS, trust_env=False) as http:
            yield Simulator(server.url, app.extensions["trainingpeaks"], clock, app, http)
    finally:
        server.stop()


@contextmanager
def without_network(simulator: Simulator) -> Iterator[Simulator]:
    """Let the client's server call the simulator within this process."""
    with httpx.Client(base_url=simulator.url, headers=HEADERS, transport=SimulatorTransport(simulator.app)) as http:
        yield replace(simulator, http=http)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def error(response: httpx.Response, status: int = 400) -> str:
    assert response.status_code == status
    code: str = response.json()["error"]
    return code
