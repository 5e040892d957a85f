"""Revocation: ends a released grant at TrainingPeaks, behind the fence and under the lease."""

from datetime import timedelta
from typing import TYPE_CHECKING

from account_link.errors import (
    AccessTokenRefusedError,
    ClientRefusedError,
    InvalidGrantError,
    TrainingPeaksError,
    TrainingPeaksUnavailableError,
    TryAgainError,
)
from account_link.grant_store import GrantMovedError
from account_link.models import Clock, InvocationId, StoredGrant, TokenSet, utc_now
from account_link.telemetry import count
from account_link.token_cipher import SealBrokenError

if TYPE_CHECKING:
    from account_link.claim_store import ClaimStore
    from account_link.deadline import Deadline
    from account_link.grant_store import GrantStore
    from account_link.token_cipher import TokenCipher
    from account_link.trainingpeaks import TrainingPeaksClient

LOOK_AGAIN = timedelta(seconds=30)


class RevocationUnfinishedError(Exception):
    """The grant may still be alive; `wait` is how long to leave it before the next look.

    `tried` tells that TrainingPeaks was asked and failed: then whoever repeats it backs off.
    """

    def __init__(self, wait: timedelta, *, tried: bool = False) -> None:
        super().__init__("the revocation is not finished")
        self.wait = wait
        self.tried = tried


class Revocation:
    """Opens the tokens as late as possible, and for this only."""

    def __init__(
        self,
        grants: "GrantStore",
        claims: "ClaimStore",
        cipher: "TokenCipher",
        trainingpeaks: "TrainingPeaksClient",
        now: Clock = utc_now,
    ) -> None:
        self._grants = grants
        self._claims = claims
        self._cipher = cipher
        self._trainingpeaks = trainingpeaks
        self._now = now

    def finish(self, grant: StoredGrant, by: InvocationId, deadline: "Deadline") -> None:
        """End the grant and destroy its tokens; the caller has put up the fence in its own name.

        Raises RevocationUnfinishedError where the answer is not definite (then the fence stays),
        TryAgainError where our own store or key fails.
        """
        try:
            leased = self._grants.lease(grant, by, self._now(), released=True)
        except GrantMovedError as exc:
            if exc.current is None:
                return
            raise self._unfinished(exc.current) from exc
        ended = self._end(leased, by, deadline)
        self._claims.lower_fence(grant.athlete_id, by, self._now())
        try:
            self._grants.destroy(ended)
        except GrantMovedError as exc:
            raise self._unfinished(exc.current) from exc

    def _end(self, grant: StoredGrant, by: InvocationId, deadline: "Deadline") -> StoredGrant:
        """Return the grant in the version that TrainingPeaks ended."""
        try:
            tokens = self._cipher.open(grant.sealed, grant.user, grant.id)
            if tokens.expires_at <= self._now():
                grant, tokens = self._refresh(grant, tokens, by, deadline)
            return self._deauthorise(grant, tokens, by, deadline)
        except InvalidGrantError:
            count("GrantRevoked", how="ended_already")
            return grant
        except SealBrokenError:
            count("GrantLost")
            return grant
        except TrainingPeaksError as exc:
            self._grants.end_lease(grant, by)
            raise RevocationUnfinishedError(_wait(exc), tried=True) from exc
        except TryAgainError:
            self._grants.end_lease(grant, by)
            raise

    def _deauthorise(self, grant: StoredGrant, tokens: TokenSet, by: InvocationId, deadline: "Deadline") -> StoredGrant:
        """TrainingPeaks refuses an expired access token with 401: refresh then, once."""
        try:
            self._trainingpeaks.deauthorise(tokens, deadline)
        except AccessTokenRefusedError:
            grant, tokens = self._refresh(grant, tokens, by, deadline)
            self._trainingpeaks.deauthorise(tokens, deadline)
        count("GrantRevoked", how="deauthorised")
        return grant

    def _refresh(
        self, grant: StoredGrant, tokens: TokenSet, by: InvocationId, deadline: "Deadline"
    ) -> tuple[StoredGrant, TokenSet]:
        key = self._cipher.data_key(grant.user, grant.id)
        fresh = self._trainingpeaks.refresh(tokens, self._now(), deadline)
        try:
            rotated = (key.seal(fresh), fresh.expires_at)
            return self._grants.rotate(grant, by, rotated, keep_lease=True), fresh
        except TryAgainError:
            count("TidyingSkipped")
            return grant, fresh
        except GrantMovedError as exc:
            raise self._unfinished(exc.current) from exc

    def _unfinished(self, current: StoredGrant | None) -> RevocationUnfinishedError:
        now = self._now()
        if current and current.lease and current.lease.until > now:
            return RevocationUnfinishedError(current.lease.until - now)
        return RevocationUnfinishedError(LOOK_AGAIN)


def _wait(exc: TrainingPeaksError) -> timedelta:
    if isinstance(exc, ClientRefusedError):
        count("ClientRefused")
    return exc.retry_after if isinstance(exc, TrainingPeaksUnavailableError) else LOOK_AGAIN
