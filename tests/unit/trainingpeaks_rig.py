"""The real client, with TrainingPeaks at the other end of its transport: as a script, or as bytes on a socket."""

import json
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, override

import httpx

from account_link.client_secret import ClientSecret
from account_link.deadline import Deadline
from account_link.models import Code, TokenSet
from account_link.trainingpeaks import Credentials, TrainingPeaksClient, http_client
from local.loopback import listen, port_of
from tests.fakes import NOW, SecretsManager

OAUTH = "https://oauth.trainingpeaks.example"
API = "https://api.trainingpeaks.example"
REDIRECT_URI = "https://api.kinni.example/v1/trainingpeaks/callback"
CLIENT_ID = "kinni"
CODE = Code("MARK-code")
TOKENS = TokenSet("MARK-access", "MARK-refresh", NOW, ("athlete:profile", "file:write"))
SECRET = "MARK-client-secret"
AMPLE = Deadline(3600)

GRANTED: dict[str, Any] = {
    "access_token": "MARK-access",
    "token_type": "bearer",
    "expires_in": 600,
    "refresh_token": "MARK-refresh",
    "scope": "athlete:profile file:write",
}
PROFILE: dict[str, Any] = {
    "Id": 123456,
    "FirstName": "Ada",
    "LastName": "Runner",
    "Email": "ada@runner.example",
    "TimeZone": "America/Denver",
    "BirthMonth": "1980-10",
    "Sex": "f",
    "CoachedBy": 987654,
    "Weight": 87.52,
    "IsPremium": True,
    "PreferredUnits": "English",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, made anew for each request since a body is read once."""

    status: int
    raw: bytes | Iterable[bytes] = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict)

    @override
    def __repr__(self) -> str:
        return f"{self.status} {repr(self.raw)[:40]}"

    def response(self) -> httpx.Response:
        pieces = [self.raw] if isinstance(self.raw, bytes) else self.raw
        return httpx.Response(self.status, headers=self.headers, content=iter(pieces))


type Answer = Reply | Exception


class TrainingPeaks:
    """Gives the answers of its script, the last one for ever, and remembers what it was asked."""

    def __init__(self, *script: Answer) -> None:
        self.requests: list[httpx.Request] = []
        self.secrets = SecretsManager(SECRET)
        self._script = list(script)
        self.client = client_of(http_client(httpx.MockTransport(self._answer)), self.secrets)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer.response()

    def exchange(self) -> TokenSet:
        return self.client.exchange(CODE, REDIRECT_URI, NOW, AMPLE)

    def refresh(self) -> TokenSet:
        return self.client.refresh(TOKENS, NOW, AMPLE)


def client_of(http: httpx.Client, secrets: SecretsManager, *, at: str = "") -> TrainingPeaksClient:
    credentials = Credentials(CLIENT_ID, ClientSecret(secrets.client, "kinni/trainingpeaks"))
    return TrainingPeaksClient(http, oauth_url=at or OAUTH, api_url=at or API, credentials=credentials)


def body(raw: bytes | Iterable[bytes], status: int = 200, **headers: str) -> Answer:
    """Return an answer of these bytes, whole or in pieces."""
    return Reply(status, raw, {name.replace("_", "-"): value for name, value in headers.items()})


def granted(**changes: Any) -> Answer:  # noqa: ANN401 -- JSON
    """Return a token answer with these fields changed; None leaves a field out."""
    return as_json({name: part for name, part in (GRANTED | changes).items() if part is not None})


def profile(**changes: Any) -> Answer:  # noqa: ANN401 -- JSON
    return as_json(PROFILE | changes)


def as_json(document: object) -> Answer:
    return body(json.dumps(document).encode())


def told(error: BaseException) -> str:
    """Return all that an error says of itself and its causes, as logs and tracebacks do."""
    texts = traceback.format_exception(error)
    cause: BaseException | None = error
    while cause is not None:
        texts += [str(cause), repr(cause), repr(cause.args)]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(texts)


@contextmanager
def raw_server(*pieces: bytes, pause: float = 0.0, lasting: float = 0.0) -> Iterator[str]:
    """Answer one request at a time with these bytes, each after a pause; then hang on, then hang up."""
    listener = listen(0)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                _answer_raw(connection, pieces, pause, ended)
                ended.wait(lasting)

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield f"http://127.0.0.1:{port_of(listener)}"
    finally:
        ended.set()
        # Wakes `accept`, which closing the socket would not.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.join()


def _answer_raw(connection: socket.socket, pieces: Iterable[bytes], pause: float, ended: threading.Event) -> None:
    try:
        connection.recv(65536)
        for piece in pieces:
            if ended.wait(pause):
                return
            connection.sendall(piece)
    except OSError:
        """The client has hung up: the very thing that it should do."""


def seconds_of(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began
