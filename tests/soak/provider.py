"""Provider: one life's own TrainingPeaks, of one of the kinds that it may be, with faults."""

from dataclasses import dataclass
from random import Random
from typing import cast, override
from urllib.parse import parse_qs

import httpx
from flask import Flask

from account_link.authorization import SCOPES
from local.trainingpeaks import Fault, SimulatorState, SimulatorTransport, create_app
from local.trainingpeaks.athletes import EMPTY_PROFILE, Athlete
from local.trainingpeaks.client import Client
from local.trainingpeaks.faults import Endpoint, Rule
from local.trainingpeaks.grants import Grant
from tests.soak.clock import Clock
from tests.soak.invocation import present, present_world

CLIENT_ID = "kinni-soak"
CLIENT_SECRET = "the-client-secret-of-every-life"
URL = "http://trainingpeaks.invalid"
ENDPOINTS: tuple[Endpoint, ...] = ("token", "deauthorize", "athlete_profile")
FAULTS = (
    Fault(drop="before"),
    Fault(drop="after"),
    Fault(status=503, retry_after_seconds=2),
    Fault(status=429, retry_after_seconds=5),
    Fault(status=502, after_work=True),
    Fault(body="html"),
    Fault(body="truncated"),
    Fault(latency_seconds=7),
)

_spare: list[Flask] = []


@dataclass(frozen=True, slots=True)
class Kind:
    """How TrainingPeaks treats the grants of one athlete, and whether a refresh gives a new refresh token."""

    deauthorize_ends_all: bool
    new_grant_ends_older: bool
    rotates: bool

    @classmethod
    def chosen(cls, random: Random) -> "Kind":
        """Return one of the kinds; most rotate, for that is where tokens can be lost."""
        return cls(random.random() < 0.5, random.random() < 0.5, random.random() < 0.8)


class Provider:
    """The simulator, and what it gave. `lost` are the ids of grants whose newest tokens never arrived."""

    def __init__(self, kind: Kind, clock: Clock, rate: float, random: Random) -> None:
        self._app = _spare.pop() if _spare else create_app(client_id=CLIENT_ID, client_secret="", redirect_uris=None)
        client = Client(CLIENT_ID, CLIENT_SECRET, redirect_uris=None)
        self.state = self._app.extensions["trainingpeaks"] = SimulatorState(client, clock=clock.now)
        self.state.deauthorize_ends_all = kind.deauthorize_ends_all
        self.state.new_grant_ends_older = kind.new_grant_ends_older
        self.state.rotates = kind.rotates
        self.state.faults.sleep = clock.sleep
        self.kind = kind
        self.secrets: set[str] = set()
        self.lost: set[str] = set()
        self.names: dict[str, str] = {}
        self._transport = SimulatorTransport(self._app)
        if rate:
            each = rate / len(FAULTS)
            rules = [Rule(endpoint=name, fault=fault, probability=each) for name in ENDPOINTS for fault in FAULTS]
            self.state.faults.replace(rules, random.getrandbits(32))

    def close(self) -> None:
        """Leave the application, which takes long to make, to the next life."""
        _spare.append(self._app)

    @property
    def answers_lost(self) -> int:
        """How many answers with tokens never arrived; one that kept the refresh token takes nothing away."""
        lost = self.state.lost_answers
        return lost["exchange"] + (lost["refresh"] if self.kind.rotates else 0)

    def code_for(self, athlete: Athlete, redirect_uri: str) -> str:
        """Let the athlete sign in and allow access; return the code that the browser brings back."""
        code = self.state.issue_code(athlete, SCOPES, redirect_uri)
        self.secrets.add(code)
        return code

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, and note in the present invocation what it was given."""
        try:
            response = self._transport.handle_request(request)
            response.read()
        finally:
            lost = self.state.undelivered_grants()
            self.lost |= {grant.id for grant in lost}
        if response.is_success and request.url.path.endswith("/token"):
            self._delivered(response)
        return response

    def owner_of(self, refresh_token: str) -> str | None:
        """Return the grant that a refresh token was ever given for."""
        return self.names.get(refresh_token)

    def live(self) -> list[Grant]:
        """Return every grant that is alive."""
        return self.state.live_grants()

    def _delivered(self, response: httpx.Response) -> None:
        access_token = _access_token(response)
        grant = next((grant for grant in self.live() if grant.access_token == access_token), None)
        if grant is None:
            return
        self.secrets |= {grant.access_token, grant.refresh_token}
        self.names[grant.refresh_token] = grant.id
        invocation = present()
        if invocation:
            invocation.given.append(grant.id)


class Transport(httpx.BaseTransport):
    """Leads each call of the service to the TrainingPeaks of the life that it belongs to."""

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        world = present_world()
        if world is None:
            message = "nobody's life"
            raise httpx.ConnectError(message, request=request)
        return world.provider.answer(request)


def athlete(number: int, name: str) -> Athlete:
    """Return a person at TrainingPeaks."""
    profile = EMPTY_PROFILE | {"Id": number, "FirstName": name, "LastName": "Vale"}
    return Athlete(number, f"{name}-{number}", name, "a runner", profile)


def state_in(url: str) -> str:
    """Return the state in an authorisation URL."""
    return parse_qs(httpx.URL(url).query.decode())["state"][0]


def _access_token(response: httpx.Response) -> str | None:
    try:
        return cast("str", response.json()["access_token"])
    except ValueError:
        return None
