"""App: the Kinni app and the browser of one runner over HTTP, and what a function does that uploads."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, parse_qsl, urlsplit

import boto3
import httpx

from account_link import wiring
from account_link.authorization import SCOPES
from account_link.deadline import Deadline
from account_link.errors import LinkError
from account_link.models import InvocationId, TokenSet, UserId
from account_link.revocation_queue import RevocationQueue
from local.environment import CALLBACK_PATH
from local.loopback import LoopbackServer
from local.settings import LocalSettings, TrainingPeaksService
from local.stack import LocalStack
from local.trainingpeaks import SimulatorState, create_app
from local.trainingpeaks.athletes import EMPTY_PROFILE, Athlete

if TYPE_CHECKING:
    from flask import Flask

BASE = "/v1/trainingpeaks"
CLIENT_ID = "kinni-stateful"
CLIENT_SECRET = "the-client-secret"
LIMIT_SECONDS = 29.0


@dataclass
class Clock:
    """The time of the service and of the simulator."""

    at: datetime = datetime(2100, 1, 31, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def move(self, step: timedelta) -> None:
        """Let time pass."""
        self.at += step


@dataclass(frozen=True)
class Kit:
    """The stack with a clock that stands still, and its simulator."""

    stack: LocalStack
    simulator: SimulatorState
    http: httpx.Client
    clock: Clock = field(default_factory=Clock)

    def call(self, user: str, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Ask the API as a user; as nobody where the name is empty."""
        if user:
            headers["Authorization"] = f"Bearer {self.stack.issuer.mint(user)}"
        return self.http.request(method, BASE + path, headers=headers, json=body)

    def code_for(self, athlete: Athlete) -> str:
        """Let an athlete sign in and allow access."""
        return self.simulator.issue_code(athlete, SCOPES, self.stack.url + CALLBACK_PATH)

    def come_back(self, **query: str) -> dict[str, str]:
        """Follow TrainingPeaks' redirect; return what the app is told."""
        answer = self.http.get(BASE + "/callback", params=query)
        assert answer.status_code == 303, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).fragment))

    def use(self, user: str) -> str | int:
        """Call TrainingPeaks for the user; return whom it is about, or the code of the error."""

        def call(tokens: TokenSet) -> int:
            return wiring.trainingpeaks().athlete(tokens, Deadline(LIMIT_SECONDS)).id

        by = InvocationId(str(uuid.uuid4()))
        try:
            return wiring.token_use().run(UserId(user), call, by, Deadline(LIMIT_SECONDS))
        except LinkError as exc:
            return exc.code


@contextmanager
def running(dynamodb_url: str) -> Iterator[Kit]:
    """Run the API on Amazon's own engine. The worker gets no messages: what it does is not for the app to see."""
    clock = Clock()
    app: Flask = create_app(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, redirect_uris=None, clock=clock.now)
    server = LoopbackServer(app)
    server.start()
    service = TrainingPeaksService(oauth_url=server.url, api_url=server.url)
    settings = LocalSettings(
        port=0, trainingpeaks=service, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, dynamodb_url=dynamodb_url
    )
    try:
        with LocalStack(settings) as stack, httpx.Client(base_url=stack.url, trust_env=False, timeout=60) as http:
            wiring.provide(clock=clock.now, revocation_queue=_quiet_queue())
            yield Kit(stack, cast("SimulatorState", app.extensions["trainingpeaks"]), http, clock)
    finally:
        server.stop()


def athlete(name: str) -> Athlete:
    """Return somebody new at TrainingPeaks."""
    number = uuid.uuid4().int >> 80
    return Athlete(number, f"{name}-{number}", name, "a runner", EMPTY_PROFILE | {"Id": number, "FirstName": name})


def state_in(url: str) -> str:
    """Return the state in an authorisation URL."""
    return parse_qs(urlsplit(url).query)["state"][0]


def _quiet_queue() -> RevocationQueue:
    sqs = boto3.client("sqs")
    return RevocationQueue(sqs, sqs.create_queue(QueueName=str(uuid.uuid4()))["QueueUrl"])
