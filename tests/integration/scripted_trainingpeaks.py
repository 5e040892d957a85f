"""A TrainingPeaks that is the simulator, except where a test says otherwise."""

import io
import itertools
import json
import socket
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast, override
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from werkzeug.wrappers import Request, Response

from local.trainingpeaks import SimulatorState, create_app
from local.trainingpeaks.athletes import Athlete, Profile
from tests.integration.secrets_seen import SecretsSeen

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

TOKEN = "/oauth/token"
PROFILE = "/v1/athlete/profile"
DEAUTHORISE = "/oauth/deauthorize"
CLIENT_ID = "kinni-test"
CLIENT_SECRET = "client-secret-made-up-for-the-tests-only"

SCOPES = ("athlete:profile", "file:write")

_numbers = itertools.count(1_000_001)

type Reply = Callable[[Callable[[], Response]], Response]
"""Makes an answer; it may ask the simulator for one first, which then has done what was asked of it."""


def new_athlete() -> Athlete:
    """Return an athlete whom no other test knows."""
    number = next(_numbers)
    profile: Profile = {"Id": number, "FirstName": "Robin", "LastName": f"Vale {number}", "IsPremium": False}
    return Athlete(number, f"athlete-{number}", f"Robin Vale {number}", "a basic athlete", profile)


class ScriptedTrainingPeaks:
    """A WSGI application. Each scripted reply is given once, in order, to the next request of its path."""

    def __init__(self, secrets: SecretsSeen) -> None:
        self._app: Flask = create_app(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, redirect_uris=None)
        self._script: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._secrets = secrets
        self.simulator = cast("SimulatorState", self._app.extensions["trainingpeaks"])
        self.requests: Counter[str] = Counter()
        self.last_form: dict[str, str] = {}
        self.last_token = ""
        secrets.add("client_secret", CLIENT_SECRET)

    def script(self, path: str, *replies: Reply) -> None:
        self._script[path].extend(replies)

    def drop_script(self, path: str) -> None:
        """Be the simulator again on this path."""
        self._script[path].clear()

    def forget_script(self) -> None:
        """Be the simulator again; fail where a reply was scripted that nobody asked for."""
        left = {path: len(replies) for path, replies in self._script.items() if replies}
        self._script.clear()
        assert not left, f"nobody asked for the scripted replies {left}"

    def allow(self, authorization_url: str, athlete: Athlete, *, scopes: Iterable[str] = SCOPES) -> str:
        """Let the athlete press Allow on the page that a URL leads to; return the query of the redirect."""
        asked = parse_qs(urlsplit(authorization_url).query)
        code = self.simulator.issue_code(athlete, tuple(scopes), asked["redirect_uri"][0])
        self._secrets.add("code", code)
        return urlencode({"code": code, "state": asked["state"][0]})

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        self.last_form = _form(request)
        self.last_token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self._secrets.add_form(self.last_form)
        with self._lock:
            self.requests[request.path] += 1
            script = self._script[request.path]
            reply = script.popleft() if script else as_simulated
        try:
            answer = reply(lambda: Response.from_app(self._app, environ))
        except ConnectionAbortedError:
            _hang_up(environ)
            raise
        self._secrets.add_form(_document(answer))
        self._secrets.add_form(_query(answer.headers.get("Location", "")))
        return answer(environ, start_response)


def as_simulated(ask: Callable[[], Response]) -> Response:
    """Answer what the simulator answers."""
    return ask()


def says(status: int, document: object) -> Reply:
    """Answer a JSON document without asking the simulator."""
    return lambda _: Response(json.dumps(document), status, mimetype="application/json")


def sends(status: int, body: bytes, mimetype: str = "text/html", **headers: str) -> Reply:
    """Answer any bytes."""
    return lambda _: Response(body, status, headers, mimetype=mimetype)


def changed(**parts: object) -> Reply:
    """Let the simulator answer, and change its JSON document; what is None is left out."""

    def reply(ask: Callable[[], Response]) -> Response:
        document = (ask().get_json() or {}) | parts
        return says(200, {name: part for name, part in document.items() if part is not None})(ask)

    return reply


def drops(_: Callable[[], Response]) -> Response:
    """End the connection without having done anything."""
    raise ConnectionAbortedError


def drops_afterwards(ask: Callable[[], Response]) -> Response:
    """Do what was asked, then end the connection without an answer."""
    ask()
    raise ConnectionAbortedError


def breaks_off(ask: Callable[[], Response]) -> Response:
    """Do what was asked, promise a long answer and end it in the middle."""
    answer = ask()
    body = answer.get_data()
    half = Response(body[: len(body) // 2], answer.status_code, mimetype="application/json")
    half.headers["Content-Length"] = str(len(body))
    half.automatically_set_content_length = False
    return half


def after(meanwhile: Callable[[], object], reply: Reply = as_simulated) -> Reply:
    """Let something happen before the answer."""

    def waited(ask: Callable[[], Response]) -> Response:
        meanwhile()
        return reply(ask)

    return waited


def late(seconds: float, reply: Reply = as_simulated) -> Reply:
    """Answer late, with or without having done something first."""

    def waited(ask: Callable[[], Response]) -> Response:
        answer = reply(ask)
        time.sleep(seconds)
        return answer

    return waited


def _hang_up(environ: "WSGIEnvironment") -> None:
    """Close the connection; over HTTP/1.1 the server would keep it for the next request."""
    connection = environ.get("werkzeug.socket")
    if connection:
        connection.shutdown(socket.SHUT_RDWR)


def _form(request: Request) -> dict[str, str]:
    """Return the form, and leave it there to be read again."""
    body = request.get_data()
    request.environ["wsgi.input"] = io.BytesIO(body)
    return _first_of_each(body.decode("latin-1"))


def _query(url: str) -> dict[str, str]:
    return _first_of_each(urlsplit(url).query)


def _first_of_each(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def drips(seconds: float) -> Reply:
    """Send a byte now and then, for a while, and never the end."""

    def body() -> Iterable[bytes]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield b" "
            time.sleep(0.2)

    return lambda _: Response(body(), 200, mimetype="application/json")


def _document(answer: Response) -> dict[str, object]:
    document = answer.get_json(silent=True) if answer.mimetype == "application/json" else None
    return document if isinstance(document, dict) else {}


class InterruptedTransport(httpx.BaseTransport):
    """Reaches the WSGI application in this process; one path raises instead, before or after having done it."""

    def __init__(self, app: ScriptedTrainingPeaks, path: str, error: type[httpx.TransportError], *, done: bool) -> None:
        self._app = httpx.WSGITransport(app)
        self._path = path
        self._error = error
        self._done = done

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != self._path:
            return self._app.handle_request(request)
        if self._done:
            self._app.handle_request(request).read()
        message = "made up"
        raise self._error(message, request=request)
