"""The values that the service works with: frozen, no I/O, no secret in a repr."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NewType

UserId = NewType("UserId", str)
AttemptId = NewType("AttemptId", str)
GrantId = NewType("GrantId", str)
InvocationId = NewType("InvocationId", str)
State = NewType("State", str)
Code = NewType("Code", str)
ConfirmationCode = NewType("ConfirmationCode", str)
SealedTokens = NewType("SealedTokens", bytes)
SealedState = NewType("SealedState", bytes)

Clock = Callable[[], datetime]

ATTEMPT_LIFETIME = timedelta(minutes=15)
CONFIRMATION_WINDOW = timedelta(minutes=10)
JOIN_EXTENSION = timedelta(minutes=5)
JOIN_AUTHORIZED_FOR = timedelta(seconds=60)
EXCHANGE_LIMIT = timedelta(seconds=29)
"""How long an exchange can still be running: the callback function's time-out."""
LEASE = timedelta(seconds=45)
"""Longer than any function's time-out: behind a lease past its deadline nobody lives."""
FENCE = timedelta(seconds=29)
"""The longest time-out of a function: whoever put the fence up lives no longer, and its calls end well before."""
ANNOUNCED_AFTER = timedelta(seconds=45)
"""Longer than any function's time-out + 10 s: who announced has finished, or died."""
RELEASED_KEPT = timedelta(days=7)
WRONG_CODES_ALLOWED = 5
KEYS_REMEMBERED = 16
KEYS_DROPPED_AT_ONCE = 100


def utc_now() -> datetime:
    """Return the time in whole milliseconds, which is what the table keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class AttemptStatus(StrEnum):
    """How far a connection attempt has come, as ``api.md`` names it."""

    PENDING = "pending"
    EXCHANGING = "exchanging"
    AUTHORIZED = "authorized"
    LINKED = "linked"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"


class Connection(StrEnum):
    """Whether Kinni can use TrainingPeaks for the user."""

    NONE = "none"
    ACTIVE = "active"
    REAUTHORIZATION_REQUIRED = "reauthorization_required"


class Outcome(StrEnum):
    """Every way in which a callback can end."""

    AUTHORIZED = "authorized"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PERMISSION_MISSING = "permission_missing"
    PROFILE_DATA_MISSING = "profile_data_missing"
    COACH_ACCOUNT = "coach_account"
    DIFFERENT_ATHLETE = "different_athlete"
    TRAININGPEAKS_UNAVAILABLE = "trainingpeaks_unavailable"
    CONFIGURATION_ERROR = "configuration_error"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True, slots=True)
class Athlete:
    """Who signed in at TrainingPeaks."""

    id: int
    first_name: str | None = None
    last_name: str | None = None


@dataclass(frozen=True, slots=True)
class TokenSet:
    """A token pair as TrainingPeaks gave it."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """The readable part of a token pair, parked or linked; the tokens lie sealed under its id."""

    id: GrantId
    athlete: Athlete
    scopes: tuple[str, ...]
    expires_at: datetime
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to talk to TrainingPeaks about a grant's tokens, until a deadline."""

    owner: InvocationId
    until: datetime


@dataclass(frozen=True, slots=True)
class StoredGrant:
    """A sealed token pair as it lies in the table; in use only while an account refers to it."""

    id: GrantId
    user: UserId
    athlete_id: int
    sealed: SealedTokens = field(repr=False)
    expires_at: datetime
    asked_at: datetime
    version: int = 1
    lease: Lease | None = None
    released_at: datetime | None = None

    def is_leased(self, now: datetime) -> bool:
        """Tell whether somebody may be talking to TrainingPeaks about these tokens."""
        return self.lease is not None and self.lease.until > now


@dataclass(frozen=True, slots=True)
class Redemption:
    """What the one invocation that may exchange the code leaves on the attempt."""

    owner: InvocationId
    at: datetime
    grant_id: GrantId
    salt: bytes = field(repr=False)
    code_hash: bytes = field(repr=False)

    def accepts(self, code: ConfirmationCode) -> bool:
        """Tell in constant time whether this is the confirmation code of this redemption."""
        return hmac.compare_digest(hashlib.sha256(code.encode()).digest(), self.code_hash)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to connect."""

    id: AttemptId
    status: AttemptStatus
    return_url: str
    redirect_uri: str
    expires_at: datetime
    state_hash: bytes = field(repr=False)
    sealed_state: SealedState = field(repr=False)
    redemption: Redemption | None = None
    authorized_at: datetime | None = None
    grant: Grant | None = None
    outcome: Outcome | None = None
    wrong_codes: int = 0

    def status_at(self, now: datetime) -> AttemptStatus:
        """Return the status with the clock applied: expiry is never left to the table's TTL."""
        if self.status is AttemptStatus.EXCHANGING and self._exchange_is_dead(now):
            return AttemptStatus.FAILED
        waiting = self.status in {AttemptStatus.PENDING, AttemptStatus.AUTHORIZED}
        if waiting and (self.expires_at <= now or self.wrong_codes >= WRONG_CODES_ALLOWED):
            return AttemptStatus.EXPIRED
        return self.status

    def outcome_at(self, now: datetime) -> Outcome | None:
        """Return how the attempt ended, or None; an exchange that died with us is `try_again`."""
        if self.status is AttemptStatus.EXCHANGING and self._exchange_is_dead(now):
            return Outcome.TRY_AGAIN
        return self.outcome

    def is_joinable(self, now: datetime) -> bool:
        """Tell whether another tap of the same user belongs to this attempt."""
        status = self.status_at(now)
        if status is AttemptStatus.AUTHORIZED and self.authorized_at is not None:
            return now < self.authorized_at + JOIN_AUTHORIZED_FOR
        return status in {AttemptStatus.PENDING, AttemptStatus.EXCHANGING}

    def _exchange_is_dead(self, now: datetime) -> bool:
        return self.redemption is None or self.redemption.at + EXCHANGE_LIMIT <= now


@dataclass(frozen=True, slots=True)
class Link:
    """A confirmed grant."""

    grant: Grant
    connection: Connection
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class StartKey:
    """An idempotency key that the user's app sent, and the attempt it led to."""

    name: str
    attempt_id: AttemptId
    return_url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Everything the table knows about one user, but for the sealed tokens."""

    user: UserId
    generation: int = 0
    attempt: Attempt | None = None
    link: Link | None = None
    auto_upload: bool = False
    keys: Mapping[str, StartKey] = field(default_factory=dict)

    def remembered_keys(self) -> Mapping[str, StartKey]:
        """Return the user's last 16 keys; the table may hold a few older ones for a while."""
        newest = sorted(self.keys.values(), key=lambda key: key.at)[-KEYS_REMEMBERED:]
        return {key.name: key for key in newest}

    def forgotten_keys(self, *, but: str) -> list[str]:
        """Return names of keys that the table may drop, as many as one write can name.

        A key that was just used again is not among them.
        """
        return sorted(self.keys.keys() - self.remembered_keys().keys() - {but})[:KEYS_DROPPED_AT_ONCE]
