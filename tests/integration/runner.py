"""A runner's Kinni app and browser, talking to the functions: called directly, or over HTTP through the gateway."""

import copy
import html
import importlib.util
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from local.runtime import LambdaContext
from local.stack import LocalStack
from local.template import TEMPLATE_FILE, load_template, routes
from local.trainingpeaks.athletes import Athlete
from tests.integration.scripted_trainingpeaks import ScriptedTrainingPeaks
from tests.integration.secrets_seen import SecretsSeen
from tests.integration.stored import StoredItems

type Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

FOLDERS = ("start_auth", "callback", "confirm", "status", "toggle", "unlink")
TIMEOUTS = {"callback": timedelta(seconds=29), "unlink": timedelta(seconds=29)}
TIMEOUT = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str = field(repr=False)

    @property
    def json(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self.text))

    @property
    def minutes_left(self) -> float:
        """How long the attempt in this answer lives from now."""
        return (datetime.fromisoformat(self.json["expires_at"]) - datetime.now(UTC)).total_seconds() / 60

    @property
    def code(self) -> str:
        """The `code` of a problem document."""
        assert self.headers["content-type"] == "application/problem+json"
        return str(self.json["code"])

    @property
    def target(self) -> str:
        """Where the browser goes, by itself or by the page's button; empty where it waits."""
        if "location" in self.headers:
            return self.headers["location"]
        return html.unescape("".join(re.findall(r'<a class="button" href="([^"]*)"', self.text)))

    @property
    def landing(self) -> dict[str, str]:
        """What the return URL is told in its fragment."""
        return dict(parse_qsl(urlsplit(self.target).fragment, strict_parsing=True))

    @property
    def outcome(self) -> str:
        return self.landing["outcome"]

    @property
    def is_private(self) -> bool:
        """Whether nobody keeps this answer, hears where it came from, or can slip something into it."""
        strict = "default-src 'none'" in self.headers.get("content-security-policy", "")
        return (
            strict and self.headers["cache-control"] == "no-store" and self.headers["referrer-policy"] == "no-referrer"
        )

    @property
    def is_waiting_page(self) -> bool:
        return self.status == 200 and self.headers.get("refresh") == "2"


@dataclass(frozen=True, slots=True)
class Request:
    """What an app or a browser sends to one route; `claims` stand for a token that says something else than `user`."""

    folder: str
    user: str | None
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    claims: dict[str, Any] | None = None


class Door(Protocol):
    """A way to the functions."""

    def send(self, request: Request) -> Answer: ...


class DirectDoor:
    """Calls the handlers of functions/*/app.py with the events that API Gateway makes: the samples in events/."""

    def send(self, request: Request) -> Answer:
        context = LambdaContext(request.folder, TIMEOUTS.get(request.folder, TIMEOUT), 512)
        answer = handler(request.folder)(event(request), context)
        headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        return Answer(answer["statusCode"], headers, answer.get("body", ""))


class HttpDoor:
    """Goes over HTTP, with a token of the local issuer, through the SAM CLI's routes."""

    def __init__(self, stack: LocalStack, http: httpx.Client) -> None:
        self._stack = stack
        self._http = http
        self._routes = {route.function: route for route in routes(load_template())}
        self._functions = {
            name.removesuffix("Function").lower().replace("auth", "_auth"): name for name in self._routes
        }

    def send(self, request: Request) -> Answer:
        route = self._routes[self._functions[request.folder]]
        headers = dict(request.headers)
        if request.user is not None:
            headers["Authorization"] = f"Bearer {self._stack.issuer.mint(request.user)}"
        url = f"{self._stack.url}{route.path}" + (f"?{request.query}" if request.query else "")
        answer = self._http.request(route.method, url, headers=headers, content=request.body)
        return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.text)


@cache
def handler(folder: str) -> Handler:
    """Import functions/<folder>/app.py under a name of its own and return its handler."""
    file = TEMPLATE_FILE.parent / "functions" / folder / "app.py"
    spec = importlib.util.spec_from_file_location(f"direct_{folder}", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Handler", module.lambda_handler)


@cache
def _sample(folder: str) -> dict[str, Any]:
    file = TEMPLATE_FILE.parent / "events" / f"{folder}.json"
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))


def event(request: Request) -> dict[str, Any]:
    """Return the sample event of the function, with this request in the place of the sample's own."""
    made = copy.deepcopy(_sample(request.folder))
    made["rawQueryString"] = request.query
    made["headers"] = {"host": made["headers"]["host"]} | {
        name.lower(): value for name, value in request.headers.items()
    }
    made["requestContext"]["requestId"] = str(uuid.uuid4())
    made.pop("queryStringParameters", None)
    made.pop("body", None)
    if request.body is not None:
        made["body"] = request.body
    made["isBase64Encoded"] = False
    if request.folder != "callback":
        claims = {"sub": request.user} if request.claims is None else request.claims
        made["requestContext"]["authorizer"]["jwt"]["claims"] = claims
    return made


def state_of(url: str) -> str:
    """Return the state in an authorisation URL."""
    return dict(parse_qsl(urlsplit(url).query))["state"]


@dataclass(frozen=True, slots=True)
class Authorised:
    """An attempt whose grant is parked, and what the browser brought back."""

    attempt_id: str
    confirmation_code: str = field(repr=False)
    query: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Runner:
    """One Kinni user, who is an athlete at TrainingPeaks."""

    user: str
    athlete: Athlete
    door: Door
    trainingpeaks: ScriptedTrainingPeaks = field(repr=False)
    secrets: SecretsSeen = field(repr=False)

    def start(self, key: str | None = None, *, return_url: str | None = None) -> Answer:
        """Tap Link TrainingPeaks, with a new key unless one is given."""
        body = None if return_url is None else json.dumps({"return_url": return_url})
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        answer = self.door.send(Request("start_auth", self.user, headers=headers, body=body))
        if answer.status in {200, 201} and answer.json["authorization_url"]:
            self.secrets.add("state", state_of(answer.json["authorization_url"]))
        return answer

    def start_with(self, *, key: str | None = "tap", body: str | None = None) -> Answer:
        """Send anything to the route of the start."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.door.send(Request("start_auth", self.user, headers=headers, body=body))

    def started(self) -> tuple[str, str]:
        """Start a new attempt; return its id and its URL."""
        answer = self.start()
        assert answer.status == 201, answer
        return answer.json["attempt_id"], answer.json["authorization_url"]

    def allowed(self, athlete: Athlete | None = None) -> str:
        """Start, and allow access at TrainingPeaks; return the query that the browser is sent back with."""
        _, url = self.started()
        return self.trainingpeaks.allow(url, athlete or self.athlete)

    def come_back(self, query: str) -> Answer:
        """Follow TrainingPeaks' redirect."""
        answer = self.door.send(Request("callback", None, query=query))
        if answer.target:
            self.secrets.add("confirmation_code", answer.landing.get("confirmation_code"))
        return answer

    def authorised(self, athlete: Athlete | None = None) -> Authorised:
        """Start, allow access and come back."""
        query = self.allowed(athlete)
        landing = self.come_back(query).landing
        assert landing["outcome"] == "authorized", landing
        return Authorised(landing["attempt_id"], landing["confirmation_code"], query)

    def confirm(self, authorised: Authorised, *, code: str | None = None) -> Answer:
        """Let the app present what the browser brought back."""
        return self.present(authorised.attempt_id, authorised.confirmation_code if code is None else code)

    def present(self, attempt_id: str, confirmation_code: str) -> Answer:
        body = json.dumps({"attempt_id": attempt_id, "confirmation_code": confirmation_code})
        return self.door.send(Request("confirm", self.user, body=body))

    def linked(self, athlete: Athlete | None = None) -> Authorised:
        """Walk the whole way."""
        authorised = self.authorised(athlete)
        answer = self.confirm(authorised)
        assert answer.status == 200, answer.text
        return authorised

    def come_back_denied(self, url: str, *, error: str = "access_denied") -> Answer:
        """Follow a redirect that brings an error, for the attempt that a URL belongs to."""
        return self.come_back(urlencode({"error": error, "error_description": "theirs", "state": state_of(url)}))

    def attempt(self) -> tuple[str, str | None]:
        """Return the status of the last attempt, and what went wrong with it."""
        attempt = self.status().json["attempt"]
        return attempt["status"], attempt["error_code"]

    def links_at_the_next_try(self, stored: StoredItems) -> None:
        """Check that nothing is left of a try that failed, and that the next one works."""
        assert not stored.grants_of(self.user)
        self.linked()
        assert self.status().json["connection"] == "active"

    def status(self) -> Answer:
        return self.door.send(Request("status", self.user))

    def set_auto_upload(self, *, enabled: object) -> Answer:
        return self.door.send(Request("toggle", self.user, body=json.dumps({"enabled": enabled})))

    def unlink(self) -> Answer:
        return self.door.send(Request("unlink", self.user))


type NewRunner = Callable[[], Runner]
