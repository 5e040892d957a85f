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
from account_link.rotation import REFRESH_SECONDS
from account_link.telemetry import count
from account_link.token_cipher import SealBrokenError

if TYPE_CHECKING:
    from account_link.claim_store import ClaimStore
    from account_link.deadline import Deadline
    from account_link.grant_store import GrantStore
    from account_link.token_cipher import TokenCipher
    from account_link.trainingpeaks import TrainingPeaksClient

LOOK_AGAIN = timedelta(seconds=30)
STORE_SECONDS = 12.0
"""Kept back from every call for the writes that follow it, and so that no call outlasts the fence."""
STORE_TRIES = 3


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

    def run(self, grant: StoredGrant, by: InvocationId, deadline: "Deadline") -> None:
        """Put up the fence, end the grant, destroy its tokens.

        Raises AthleteHeldError where somebody holds the athlete: then nothing was asked of TrainingPeaks;
        RevocationUnfinishedError where the answer is not definite (then the fence stays),
        TryAgainError where our own store or key fails.
        """
        leased = self._lease(grant, by)
        if leased is None:
            return
        try:
            self._claims.fence(grant, by, self._now())
        except TryAgainError:
            self._grants.end_lease(grant, by)
            raise
        self._finish(leased, by, deadline)

    def finish(self, grant: StoredGrant, by: InvocationId, deadline: "Deadline") -> None:
        """Do the same where the caller has put up the fence in its own name."""
        leased = self._lease(grant, by)
        if leased is not None:
            self._finish(leased, by, deadline)

    def _lease(self, grant: StoredGrant, by: InvocationId) -> StoredGrant | None:
        """Return the grant, ours alone, or None where it is gone."""
        try:
            return self._grants.lease(grant, by, self._now(), released=True)
        except GrantMovedError as exc:
            if exc.current is None:
                return None
            raise self._unfinished(exc.current) from exc

    def _finish(self, grant: StoredGrant, by: InvocationId, deadline: "Deadline") -> None:
        calls = deadline.earlier(reserve=STORE_SECONDS, at_most=deadline.left())
        ended = self._end(grant, by, calls)
        self._claims.lower_fence(grant, by, self._now())
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
        if deadline.left() < REFRESH_SECONDS:
            self._grants.end_lease(grant, by)
            raise RevocationUnfinishedError(LOOK_AGAIN, tried=True)
        fresh = self._trainingpeaks.refresh(tokens, self._now(), deadline)
        rotated = key.seal(fresh), fresh.expires_at
        for _ in range(STORE_TRIES):
            try:
                kept = self._grants.rotate(grant, by, rotated, keep_lease=True)
            except TryAgainError:
                count("StoreRepeated")
            except GrantMovedError as exc:
                raise self._unfinished(exc.current) from exc
            else:
                count("TokenRefreshed")
                return kept, fresh
        # Lost unless the deauthorisation that follows ends it.
        count("GrantLost")
        return grant, fresh

    def _unfinished(self, current: StoredGrant | None) -> RevocationUnfinishedError:
        now = self._now()
        if current and current.lease and current.lease.until > now:
            return RevocationUnfinishedError(current.lease.until - now)
        return RevocationUnfinishedError(LOOK_AGAIN)


def _wait(exc: TrainingPeaksError) -> timedelta:
    if isinstance(exc, ClientRefusedError):
        count("ClientRefused")
    return exc.retry_after if isinstance(exc, TrainingPeaksUnavailableError) else LOOK_AGAIN
