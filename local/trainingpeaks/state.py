"""Everything the simulator remembers about its client and grants, in memory."""

import secrets
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Literal, cast

from flask import current_app

from local.trainingpeaks.athletes import Athlete
from local.trainingpeaks.client import Client
from local.trainingpeaks.faults import Faults
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

type Effect = Literal["exchange", "refresh", "deauthorize"]
"""A call that changes grants."""


def utc_now() -> datetime:
    """Return the present time: the clock of a simulator whose time no test turns."""
    return datetime.now(UTC)


class SimulatorState:
    """The codes and grants of one simulator, behind one lock.

    Public attributes may be changed while it runs: `access_token_lifetime` of the tokens issued from now on; whether
    the simulator `rotates` the refresh token, and whether `deauthorize_ends_all` of the athlete's grants and a
    `new_grant_ends_older` ones; `grant_scopes`, if set, keeps of the asked scopes only those in it, as if the athlete
    had allowed no more. `faults` are what goes wrong.

    What happened is counted. `requests` are what was called, by name: `token`, `deauthorize`, `athlete_profile` and
    `coach_athletes` from servers; `authorize`, `decide`, `sign_in`, `sign_out`, `home` and the like from browsers.
    `effects` are the calls that changed something, `lost_answers` those of them whose answer was dropped, spoilt or too
    late. `ended_for_another` are the ids of grants that ended because of what was done with another one.
    """

    def __init__(
        self,
        client: Client,
        access_token_lifetime: timedelta = ACCESS_TOKEN_LIFETIME,
        clock: Clock = utc_now,
    ) -> None:
        """Start with nobody signed in and nothing granted."""
        self.client = client
        self.initial_lifetime = access_token_lifetime
        self.access_token_lifetime = access_token_lifetime
        self.rotates = True
        self.deauthorize_ends_all = False
        self.new_grant_ends_older = False
        self.faults = Faults()
        self.grant_scopes: frozenset[str] | None = None
        self.requests: Counter[str] = Counter()
        self.effects: Counter[Effect] = Counter()
        self.lost_answers: Counter[Effect] = Counter()
        self.ended_for_another: set[str] = set()
        self.sessions = Sessions()
        self.form_token = secrets.token_urlsafe()
        self._clock = clock
        self._lock = Lock()
        self._codes: dict[str, AuthorizationCode] = {}
        self._by_access_token: dict[str, Grant] = {}
        self._by_refresh_token: dict[str, Grant] = {}
        self._never_delivered: set[str] = set()

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
            self.effects["exchange"] += 1
            if self.new_grant_ends_older:
                self._end_all_of(allowed.athlete)
            return self._keep(self._new_pair(secrets.token_hex(8), allowed.athlete, allowed.scopes))

    def refresh(self, refresh_token: str) -> Grant:
        """Replace a token pair; both old tokens die at once, the strictest reading of the documentation.

        Where nothing rotates, the refresh token stays. Raises InvalidGrantError for a refresh token that is unknown,
        used or revoked.
        """
        with self._lock:
            old = self._by_refresh_token.get(refresh_token)
            if old is None:
                raise InvalidGrantError
            self.effects["refresh"] += 1
            self._end(old)
            new = self._new_pair(old.id, old.athlete, old.scopes)
            return self._keep(new if self.rotates else new.with_refresh_token_of(old))

    def grant_for(self, access_token: str) -> Grant | None:
        """Return the grant whose access token this is, unless it has expired or was revoked."""
        with self._lock:
            return self._unexpired(access_token)

    def deauthorize(self, access_token: str) -> bool:
        """End the token pair, or all of the athlete's; False if the access token has expired or is unknown."""
        with self._lock:
            grant = self._unexpired(access_token)
            if grant is not None:
                self.effects["deauthorize"] += 1
                self._end(grant)
                if self.deauthorize_ends_all:
                    self._end_all_of(grant.athlete)
            return grant is not None

    def lose(self, effect: Effect, refresh_token: str | None) -> None:
        """Note that an answer never arrived, and with it the new refresh token, if it had one."""
        with self._lock:
            self.lost_answers[effect] += 1
            if refresh_token in self._by_refresh_token:
                self._never_delivered.add(refresh_token)

    def live_grants(self, athlete_id: int | None = None) -> list[Grant]:
        """Return the token pairs that can still be used or refreshed, of one athlete or of all, the oldest first."""
        with self._lock:
            grants = self._by_refresh_token.values()
            return [grant for grant in grants if athlete_id in (None, grant.athlete.id)]

    def undelivered_grants(self) -> list[Grant]:
        """Return the live token pairs that no client can have: the answer with the refresh token was lost."""
        with self._lock:
            return [self._by_refresh_token[token] for token in self._never_delivered]

    def works(self, access_token: str, refresh_token: str) -> bool:
        """Return whether the tokens are of one live grant, which can be used, or at least refreshed, with them."""
        with self._lock:
            grant = self._by_refresh_token.get(refresh_token)
            return grant is not None and grant.is_of(access_token, refresh_token)

    def _unexpired(self, access_token: str) -> Grant | None:
        grant = self._by_access_token.get(access_token)
        return grant if grant is not None and self._clock() < grant.expires_at else None

    def _new_pair(self, grant_id: str, athlete: Athlete, scopes: tuple[str, ...]) -> Grant:
        lifetime = self.access_token_lifetime
        expires_at = self._clock() + lifetime
        return Grant(grant_id, athlete, scopes, new_token(), new_token(), expires_at, lifetime)

    def _keep(self, grant: Grant) -> Grant:
        self._by_access_token[grant.access_token] = grant
        self._by_refresh_token[grant.refresh_token] = grant
        return grant

    def _end(self, grant: Grant) -> None:
        del self._by_access_token[grant.access_token]
        del self._by_refresh_token[grant.refresh_token]
        self._never_delivered.discard(grant.refresh_token)

    def _end_all_of(self, athlete: Athlete) -> None:
        for grant in [grant for grant in self._by_refresh_token.values() if grant.athlete == athlete]:
            self._end(grant)
            self.ended_for_another.add(grant.id)


def current_state() -> SimulatorState:
    """Return the state of the simulator that answers the present request."""
    return cast("SimulatorState", current_app.extensions["trainingpeaks"])
