"""StartService: starts, joins or repeats a connection attempt."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from account_link.account_table import RefusedError
from account_link.authorization import authorization_url
from account_link.errors import IdempotencyKeyReusedError, ReturnUrlNotAllowedError, TryAgainError
from account_link.items import KEY_PREFIX
from account_link.models import (
    ATTEMPT_LIFETIME,
    JOIN_EXTENSION,
    KEYS_REMEMBERED,
    Account,
    Attempt,
    AttemptId,
    AttemptStatus,
    Clock,
    StartKey,
    State,
    UserId,
    utc_now,
)
from account_link.state_seal import state_hash
from account_link.telemetry import count

if TYPE_CHECKING:
    from account_link.attempt_store import AttemptStore
    from account_link.settings import LinkSettings
    from account_link.state_seal import StateSeal

START_TRIES = 8
"""Enough for an attempt that changes under the start; without contention two requests do."""
KEYS_TIDIED_AT = 2 * KEYS_REMEMBERED


@dataclass(frozen=True, slots=True)
class Started:
    """The attempt that a start led to; the URL is there while the attempt is pending."""

    attempt_id: AttemptId
    status: AttemptStatus
    authorization_url: str | None = field(repr=False)
    expires_at: datetime
    created: bool = False


@dataclass(frozen=True, slots=True)
class StartRequest:
    """One tap on Link TrainingPeaks."""

    user: UserId
    idempotency_key: str
    return_url: str | None
    redirect_uri: str


class StartService:
    """Decides by conditional writes on the attempt itself, never by reading first."""

    def __init__(
        self,
        attempts: "AttemptStore",
        seal: "StateSeal",
        settings: "LinkSettings",
        now: Clock = utc_now,
    ) -> None:
        self._attempts = attempts
        self._seal = seal
        self._settings = settings
        self._now = now

    def start(self, request: StartRequest) -> Started:
        """Return the user's one attempt; the same for every parallel call and every repeat.

        Raises ReturnUrlNotAllowedError, IdempotencyKeyReusedError where the key came with
        another return URL before, TryAgainError where the store fails.
        """
        request = replace(request, return_url=self._allowed(request.return_url))
        seen: Account | None = None
        for _ in range(START_TRIES):
            try:
                return self._begin_or_join(request, seen)
            except RefusedError as exc:
                seen = exc.account
        raise TryAgainError

    def _begin_or_join(self, request: StartRequest, seen: Account | None) -> Started:
        if seen is None:
            return self._begin(request, None)
        key = seen.remembered_keys().get(_key_name(request))
        if key:
            return self._repeat(seen, key, request)
        attempt = seen.attempt
        if attempt and attempt.is_joinable(self._now()) and self._can_continue(seen, attempt):
            return self._join(seen, attempt, request)
        return self._begin(request, seen)

    def _begin(self, request: StartRequest, seen: Account | None) -> Started:
        now = self._now()
        state = self._seal.issue(request.user)
        attempt = self._new_attempt(request, state, now)
        key = _start_key(request, attempt, now)
        dead_end = seen.attempt if seen else None
        if dead_end and not dead_end.is_joinable(now):
            dead_end = None
        before = self._attempts.begin(request.user, attempt, key, seen=seen, replacing=dead_end)
        if seen is None:
            self._tidy(before, key.name)
        if before.attempt and before.attempt.status is AttemptStatus.EXCHANGING:
            count("ExchangeAbandoned")
        count("AttemptStarted")
        return Started(attempt.id, attempt.status, self._address(attempt, state), attempt.expires_at, created=True)

    def _join(self, seen: Account, attempt: Attempt, request: StartRequest) -> Started:
        now = self._now()
        if attempt.status is AttemptStatus.PENDING:
            attempt = replace(attempt, expires_at=max(attempt.expires_at, now + JOIN_EXTENSION))
        self._attempts.join(seen, attempt, _start_key(request, attempt, now), attempt.expires_at)
        count("AttemptJoined")
        return self._view(request.user, attempt)

    def _repeat(self, seen: Account, key: StartKey, request: StartRequest) -> Started:
        if key.return_url != request.return_url:
            raise IdempotencyKeyReusedError
        if seen.attempt and seen.attempt.id == key.attempt_id:
            return self._view(request.user, seen.attempt)
        over = min(self._now(), key.at + ATTEMPT_LIFETIME)
        return Started(key.attempt_id, AttemptStatus.EXPIRED, None, over)

    def _view(self, user: UserId, attempt: Attempt) -> Started:
        status = attempt.status_at(self._now())
        url = self._url(user, attempt) if status is AttemptStatus.PENDING else None
        return Started(attempt.id, status, url, attempt.expires_at)

    def _url(self, user: UserId, attempt: Attempt) -> str | None:
        state = self._seal.open(attempt.sealed_state, user)
        return None if state is None else self._address(attempt, state)

    def _address(self, attempt: Attempt, state: State) -> str:
        settings = self._settings
        return authorization_url(settings.oauth_url, settings.client_id, attempt.redirect_uri, state)

    def _can_continue(self, seen: Account, attempt: Attempt) -> bool:
        """Tell whether the attempt leads anywhere: its state may be sealed under a replaced key."""
        pending = attempt.status is AttemptStatus.PENDING
        return not pending or self._url(seen.user, attempt) is not None

    def _new_attempt(self, request: StartRequest, state: State, now: datetime) -> Attempt:
        return Attempt(
            id=AttemptId(secrets.token_urlsafe(16)),
            status=AttemptStatus.PENDING,
            return_url=request.return_url or "",
            redirect_uri=request.redirect_uri,
            expires_at=now + ATTEMPT_LIFETIME,
            state_hash=state_hash(state),
            sealed_state=self._seal.seal(state, request.user),
        )

    def _allowed(self, return_url: str | None) -> str:
        if return_url is None:
            return self._settings.return_urls[0]
        if return_url not in self._settings.return_urls:
            raise ReturnUrlNotAllowedError
        return return_url

    def _tidy(self, before: Account, used: str) -> None:
        """Drop keys out of memory; where that fails, the next start does it."""
        if len(before.keys) < KEYS_TIDIED_AT:
            return
        try:
            self._attempts.forget_keys(before.user, before.forgotten_keys(but=used))
        except TryAgainError:
            count("TidyingSkipped")


def _key_name(request: StartRequest) -> str:
    return KEY_PREFIX + sha256(request.idempotency_key.encode()).hexdigest()[:32]


def _start_key(request: StartRequest, attempt: Attempt, now: datetime) -> StartKey:
    return StartKey(_key_name(request), attempt.id, request.return_url or "", now)
