"""Everything the simulator remembers about its client and grants, in memory."""

import secrets
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import cast

from flask import current_app

from local.trainingpeaks.athletes import Athlete
from local.trainingpeaks.client import Client
from local.trainingpeaks.grants import (
    ACCESS_TOKEN_LIFETIME,
    CODE_LIFETIME,
    AuthorizationCode,
    Grant,
    InvalidGrantError,
    new_code,
    new_token,
)
from local.trainingpeaks.sessions import Sessions

type Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present time: the clock of a simulator whose time no test turns."""
    return datetime.now(UTC)


class SimulatorState:
    """The codes and grants of one simulator, behind one lock.

    Public attributes may be changed while it runs: `access_token_lifetime` of the tokens issued from now on;
    `grant_scopes`, if set, keeps of the asked scopes only those in it, as if the athlete had allowed no more.
    `requests` counts what was called, by name: `token`, `deauthorize`, `athlete_profile` and `coach_athletes` from
    servers; `authorize`, `decide`, `sign_in`, `sign_out`, `home` and `static` from browsers.
    """

    def __init__(
        self,
        client: Client,
        access_token_lifetime: timedelta = ACCESS_TOKEN_LIFETIME,
        clock: Clock = utc_now,
    ) -> None:
        """Start with nobody signed in and nothing granted."""
        self.client = client
        self.access_token_lifetime = access_token_lifetime
        self.grant_scopes: frozenset[str] | None = None
        self.requests: Counter[str] = Counter()
        self.sessions = Sessions()
        self._clock = clock
        self._lock = Lock()
        self._codes: dict[str, AuthorizationCode] = {}
        self._by_access_token: dict[str, Grant] = {}
        self._by_refresh_token: dict[str, Grant] = {}

    def count(self, endpoint: str) -> None:
        """Count one request to `endpoint`."""
        with self._lock:
            self.requests[endpoint] += 1

    def issue_code(self, athlete: Athlete, scopes: tuple[str, ...], redirect_uri: str) -> str:
        """Return a code for what the athlete allowed; it lives 60 minutes and works once."""
        only = self.grant_scopes
        kept = tuple(scope for scope in scopes if only is None or scope in only)
        code = new_code()
        with self._lock:
            expires_at = self._clock() + CODE_LIFETIME
            self._codes[code] = AuthorizationCode(athlete, kept, redirect_uri, expires_at)
        return code

    def exchange(self, code: str, redirect_uri: str) -> Grant:
        """Redeem a code; whatever comes of it, the code is used up.

        Raises InvalidGrantError for an unknown, used or expired code and for any other redirect URI.
        """
        with self._lock:
            allowed = self._codes.pop(code, None)
            if allowed is None or allowed.expires_at <= self._clock():
                raise InvalidGrantError
            if allowed.redirect_uri != redirect_uri:
                raise InvalidGrantError
            return self._issue(secrets.token_hex(8), allowed.athlete, allowed.scopes)

    def refresh(self, refresh_token: str) -> Grant:
        """Replace a token pair; both old tokens die at once, the strictest reading of the documentation.

        Raises InvalidGrantError for a refresh token that is unknown, used or revoked.
        """
        with self._lock:
            old = self._by_refresh_token.get(refresh_token)
            if old is None:
                raise InvalidGrantError
            self._end(old)
            return self._issue(old.id, old.athlete, old.scopes)

    def grant_for(self, access_token: str) -> Grant | None:
        """Return the grant whose access token this is, unless it has expired or was revoked."""
        with self._lock:
            return self._unexpired(access_token)

    def deauthorize(self, access_token: str) -> bool:
        """End the token pair; False if the access token has expired or is unknown."""
        with self._lock:
            grant = self._unexpired(access_token)
            if grant is not None:
                self._end(grant)
            return grant is not None

    def live_grants(self, athlete_id: int) -> list[Grant]:
        """Return the athlete's token pairs that can still be used or refreshed, the oldest pair first."""
        with self._lock:
            grants = self._by_refresh_token.values()
            return [grant for grant in grants if grant.athlete.id == athlete_id]

    def _unexpired(self, access_token: str) -> Grant | None:
        grant = self._by_access_token.get(access_token)
        return grant if grant is not None and self._clock() < grant.expires_at else None

    def _issue(self, grant_id: str, athlete: Athlete, scopes: tuple[str, ...]) -> Grant:
        lifetime = self.access_token_lifetime
        expires_at = self._clock() + lifetime
        grant = Grant(grant_id, athlete, scopes, new_token(), new_token(), expires_at, lifetime)
        self._by_access_token[grant.access_token] = grant
        self._by_refresh_token[grant.refresh_token] = grant
        return grant

    def _end(self, grant: Grant) -> None:
        del self._by_access_token[grant.access_token]
        del self._by_refresh_token[grant.refresh_token]


def current_state() -> SimulatorState:
    """Return the state of the simulator that answers the present request."""
    return cast("SimulatorState", current_app.extensions["trainingpeaks"])
