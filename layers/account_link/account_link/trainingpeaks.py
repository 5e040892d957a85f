"""TrainingPeaksClient: all knowledge of TrainingPeaks' OAuth endpoints and athlete API."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from account_link import __version__, trainingpeaks_replies
from account_link.authorization import SCOPES
from account_link.bounded_transport import BoundedTransport, bounded_by
from account_link.client_secret import ClientSecret
from account_link.deadline import Deadline
from account_link.errors import (
    AccessTokenRefusedError,
    ClientRefusedError,
    InvalidGrantError,
    PermissionMissingError,
    ProfileMissingError,
    TrainingPeaksError,
    TrainingPeaksUnavailableError,
)
from account_link.models import Athlete, Code, TokenSet
from account_link.telemetry import count
from account_link.trainingpeaks_replies import TokenReply, error_code

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
LONGEST_CALL_SECONDS = 8.0
"""No reply is read for longer, however slowly it drips."""
LARGEST_BODY = 256 * 1024
PROFILE_TRIES = 2
SOON = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
OUR_FAULT = frozenset({"invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type"})
"""Refusals that say nothing about the user's grant (RFC 6749, 5.2)."""


type Refused = Callable[["Answer"], TrainingPeaksError]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole reply."""

    status: int
    body: bytes = field(repr=False)
    retry_after: timedelta = SOON


def http_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return the connection pool to give the client: explicit time-outs, no redirects, no cookies."""
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(
        timeout=READ_SECONDS,
        follow_redirects=False,
        transport=transport or BoundedTransport(),
        cookies=no_cookies,
        headers={"Accept-Encoding": "identity"},
    )


class TrainingPeaksClient:
    """Each method makes one call (`athlete` may repeat its own) and raises TrainingPeaksError.

    Source of paths and parameters: TrainingPeaks Partners API wiki, pages OAuth and Home.
    """

    def __init__(self, http: httpx.Client, *, oauth_url: str, api_url: str, credentials: "Credentials") -> None:
        self._http = http
        self._oauth_url = oauth_url
        self._api_url = api_url
        self._credentials = credentials

    def prepare(self) -> None:
        """Fetch the client secret, so that an exchange that is begun need not wait for it; raise TryAgainError."""
        self._credentials.form()

    def exchange(self, code: Code, redirect_uri: str, asked_at: datetime, deadline: Deadline) -> TokenSet:
        """Return the token pair for the code; never repeated, for the code works once.

        Raises TryAgainError, before anything is sent, where the client secret is out of reach.
        """
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        reply = self._token(form, deadline, _refused_exchange)
        if reply.refresh_token is None:
            raise TrainingPeaksUnavailableError
        return _token_set(reply, asked_at, SCOPES, None)

    def refresh(self, tokens: TokenSet, asked_at: datetime, deadline: Deadline) -> TokenSet:
        """Return a fresh pair; it keeps the refresh token where the answer holds none.

        A 400, or another 4xx in OAuth's words, that does not blame Kinni means that the user must link again:
        InvalidGrantError. Any other 4xx may come from somebody in between, and ends nothing.
        """
        if tokens.refresh_token is None:
            raise InvalidGrantError
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        try:
            reply = self._token(form, deadline, _refused_refresh)
        except InvalidGrantError:
            count("InvalidGrant")
            raise
        return _token_set(reply, asked_at, tokens.scopes, tokens.refresh_token)

    def athlete(self, tokens: TokenSet, deadline: Deadline) -> Athlete:
        """Return who signed in; reading is safe, so a failed read is tried once more in time."""
        for _ in range(PROFILE_TRIES - 1):
            try:
                return self._athlete(tokens, deadline)
            except TrainingPeaksUnavailableError:
                if not deadline.left():
                    raise
        return self._athlete(tokens, deadline)

    def deauthorise(self, tokens: TokenSet, deadline: Deadline) -> None:
        """End the pair at TrainingPeaks: documented 200, observed 204."""
        url = f"{self._oauth_url}/oauth/deauthorize"
        answer = self._send("POST", url, deadline, headers=_bearer(tokens))
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise AccessTokenRefusedError
        if not _is_success(answer):
            raise TrainingPeaksUnavailableError(answer.retry_after)

    def _athlete(self, tokens: TokenSet, deadline: Deadline) -> Athlete:
        url = f"{self._api_url}/v1/athlete/profile"
        answer = self._send("GET", url, deadline, headers=_bearer(tokens))
        match answer.status:
            case HTTPStatus.UNAUTHORIZED:
                raise AccessTokenRefusedError
            case HTTPStatus.FORBIDDEN:
                raise PermissionMissingError
            case HTTPStatus.NOT_FOUND:
                raise ProfileMissingError
        if not _is_success(answer):
            raise TrainingPeaksUnavailableError(answer.retry_after)
        return trainingpeaks_replies.athlete(answer.body)

    def _token(self, form: dict[str, str], deadline: Deadline, refused: "Refused") -> TokenReply:
        url = f"{self._oauth_url}/oauth/token"
        answer = self._send("POST", url, deadline, data=form | self._credentials.form())
        if _is_success(answer):
            return trainingpeaks_replies.token_reply(answer.body)
        if not _is_refusal(answer):
            raise TrainingPeaksUnavailableError(answer.retry_after)
        error = refused(answer)
        if isinstance(error, ClientRefusedError):
            self._credentials.forget()
        raise error

    def _send(self, method: str, url: str, deadline: Deadline, **parts: Any) -> Answer:  # noqa: ANN401
        headers = {"User-Agent": self._credentials.user_agent} | parts.pop("headers", {})
        call = deadline.earlier(reserve=0, at_most=LONGEST_CALL_SECONDS)
        timeout = httpx.Timeout(min(READ_SECONDS, call.left()), connect=min(CONNECT_SECONDS, call.left()))
        try:
            with (
                bounded_by(call),
                self._http.stream(method, url, headers=headers, timeout=timeout, **parts) as response,
            ):
                return Answer(response.status_code, _body(response, call), _retry_after(response))
        except httpx.HTTPError:
            # Its text may quote the reply, and with it a token.
            raise TrainingPeaksUnavailableError from None


class Credentials:
    """Who Kinni is at TrainingPeaks."""

    def __init__(self, client_id: str, secret: ClientSecret) -> None:
        self._client_id = client_id
        self._secret = secret

    @property
    def user_agent(self) -> str:
        """TrainingPeaks' validation fails without `<client_id>/<version>` (wiki, Home)."""
        return f"{self._client_id}/{__version__}"

    def form(self) -> dict[str, str]:
        """Return the credentials as the token endpoint wants them, in the body (wiki, OAuth)."""
        return {"client_id": self._client_id, "client_secret": self._secret.value()}

    def forget(self) -> None:
        """Fetch the secret anew next time."""
        self._secret.forget()


def _body(response: httpx.Response, call: Deadline) -> bytes:
    body = bytearray()
    if response.headers.get("Content-Encoding", "identity") != "identity":
        # Not asked for, and a small body can unpack to a huge one.
        raise TrainingPeaksUnavailableError
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST_BODY or not call.left():
            raise TrainingPeaksUnavailableError
    return bytes(body)


def _bearer(tokens: TokenSet) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.access_token}"}


def _is_success(answer: Answer) -> bool:
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def _is_refusal(answer: Answer) -> bool:
    busy = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
    client_error = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return client_error and answer.status not in busy


def _refused_exchange(answer: Answer) -> TrainingPeaksError:
    invalid_grant = answer.status == HTTPStatus.BAD_REQUEST and error_code(answer.body) == "invalid_grant"
    return InvalidGrantError() if invalid_grant else ClientRefusedError()


def _refused_refresh(answer: Answer) -> TrainingPeaksError:
    error = error_code(answer.body)
    if answer.status == HTTPStatus.UNAUTHORIZED or error in OUR_FAULT:
        return ClientRefusedError()
    if answer.status == HTTPStatus.BAD_REQUEST or error:
        return InvalidGrantError()
    return TrainingPeaksUnavailableError(answer.retry_after)


def _retry_after(response: httpx.Response) -> timedelta:
    """Return the wait that a reply asks for in seconds; a date, or nonsense, counts as none."""
    text = response.headers.get("Retry-After", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < len("1" * 10)):
        return SOON
    return min(timedelta(seconds=int(text)), LONGEST_WAIT)


def _token_set(
    reply: TokenReply, asked_at: datetime, asked: tuple[str, ...], old_refresh_token: str | None
) -> TokenSet:
    refresh_token = reply.refresh_token.get_secret_value() if reply.refresh_token else None
    return TokenSet(
        access_token=reply.access_token.get_secret_value(),
        refresh_token=refresh_token or old_refresh_token,
        expires_at=asked_at + timedelta(seconds=reply.expires_in),
        scopes=tuple(reply.scope.split()) if reply.scope is not None else asked,
    )
