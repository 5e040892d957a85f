"""Exchange: from a redeemed state to a parked grant, or to the reason why there is none."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from account_link.account_table import RefusedError
from account_link.authorization import PROFILE_SCOPE, SCOPES
from account_link.errors import (
    AccessTokenRefusedError,
    ClientRefusedError,
    CoachAccountError,
    InvalidGrantError,
    PermissionMissingError,
    ProfileMissingError,
    TrainingPeaksError,
    TrainingPeaksUnavailableError,
    TryAgainError,
)
from account_link.models import (
    CONFIRMATION_WINDOW,
    Account,
    Athlete,
    Attempt,
    AttemptStatus,
    Clock,
    Code,
    Connection,
    Grant,
    GrantId,
    InvocationId,
    Link,
    Outcome,
    Redemption,
    SealedTokens,
    TokenSet,
    UserId,
    utc_now,
)
from account_link.telemetry import count

if TYPE_CHECKING:
    from account_link.deadline import Deadline
    from account_link.grant_store import GrantStore
    from account_link.redemption_store import RedemptionStore
    from account_link.token_cipher import TokenCipher
    from account_link.trainingpeaks import TrainingPeaksClient

STORE_SECONDS = 12.0
"""Kept back from every outside call for the two writes that follow it, each tried twice."""
EXCHANGE_SECONDS = 9.0
"""The longest that an exchange can take; with less time left none is begun."""

STORE_TRIES = 3

OUTCOMES: dict[type[TrainingPeaksError], Outcome] = {
    AccessTokenRefusedError: Outcome.TRAININGPEAKS_UNAVAILABLE,
    ClientRefusedError: Outcome.CONFIGURATION_ERROR,
    CoachAccountError: Outcome.COACH_ACCOUNT,
    InvalidGrantError: Outcome.EXPIRED,
    PermissionMissingError: Outcome.PERMISSION_MISSING,
    ProfileMissingError: Outcome.PROFILE_DATA_MISSING,
    TrainingPeaksUnavailableError: Outcome.TRAININGPEAKS_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Redeemed:
    """An attempt that this invocation, and no other, works on."""

    account: Account
    attempt: Attempt
    redemption: Redemption

    @property
    def owner(self) -> InvocationId:
        """The invocation that redeemed the state: this one."""
        return self.redemption.owner

    @property
    def grant_id(self) -> GrantId:
        """The id under which the grant will lie, should there be one."""
        return self.redemption.grant_id

    @property
    def user(self) -> UserId:
        """Who started the attempt."""
        return self.account.user


class Exchange:
    """Asks TrainingPeaks once for a token pair, and who it belongs to."""

    def __init__(
        self,
        redemptions: "RedemptionStore",
        grants: "GrantStore",
        cipher: "TokenCipher",
        trainingpeaks: "TrainingPeaksClient",
        now: Clock = utc_now,
    ) -> None:
        self._redemptions = redemptions
        self._grants = grants
        self._cipher = cipher
        self._trainingpeaks = trainingpeaks
        self._now = now

    def run(self, account: Account, redemption: Redemption, code: Code, deadline: "Deadline") -> Outcome:
        """Exchange the code, park the grant, and return how it ended. Raises nothing."""
        if account.attempt is None:
            return Outcome.EXPIRED
        work = Redeemed(account, account.attempt, redemption)
        try:
            key = self._cipher.data_key(work.user, work.grant_id)
            self._grants.announce(work.grant_id)
            asked_at = self._now()
            tokens = self._tokens(work, code, asked_at, deadline)
        except TryAgainError:
            return self._reopen(work)
        except TrainingPeaksError as exc:
            return self._fail(work, OUTCOMES[type(exc)])
        try:
            athlete = self._identify(tokens, deadline)
        except TrainingPeaksError as exc:
            count("GrantDestroyed", reason="unidentified")
            return self._fail(work, OUTCOMES[type(exc)])
        grant = Grant(work.grant_id, athlete, tokens.scopes, tokens.expires_at, asked_at)
        refusal = _refusal(work.account.link, grant)
        if refusal:
            return self._release(work, grant, key.seal(tokens), refusal)
        return self._park(work, grant, key.seal(tokens))

    def _tokens(self, work: Redeemed, code: Code, asked_at: datetime, deadline: "Deadline") -> TokenSet:
        """Exchange the code; raise TryAgainError only where nothing was sent, so that the code is still good."""
        self._trainingpeaks.prepare()
        call = deadline.earlier(reserve=STORE_SECONDS, at_most=EXCHANGE_SECONDS)
        if call.left() < EXCHANGE_SECONDS - 1:
            raise TryAgainError
        try:
            return self._trainingpeaks.exchange(code, work.attempt.redirect_uri, asked_at, call)
        except TrainingPeaksUnavailableError:
            count("ExchangeAnswerLost")
            raise
        except ClientRefusedError:
            count("ClientRefused")
            raise

    def _identify(self, tokens: TokenSet, deadline: "Deadline") -> Athlete:
        """Return whose tokens these are, also where a permission is missing: to revoke them."""
        if PROFILE_SCOPE not in tokens.scopes:
            raise PermissionMissingError
        call = deadline.earlier(reserve=STORE_SECONDS, at_most=deadline.left())
        try:
            return self._trainingpeaks.athlete(tokens, call)
        except TrainingPeaksError as exc:
            if set(SCOPES) <= set(tokens.scopes):
                raise
            raise PermissionMissingError from exc

    def _release(self, work: Redeemed, grant: Grant, sealed: SealedTokens, refusal: Outcome) -> Outcome:
        """Leave a grant that Kinni will not use to the worker."""
        try:
            self._store(work, grant, sealed, released_at=self._now())
        except TryAgainError:
            count("GrantLost")
        else:
            count("GrantReleased", reason=refusal.value)
        return self._fail(work, refusal)

    def _park(self, work: Redeemed, grant: Grant, sealed: SealedTokens) -> Outcome:
        """Store the grant first: whatever comes after, the announced look of the worker finds it."""
        now = self._now()
        expires_at = max(work.attempt.expires_at, now + CONFIRMATION_WINDOW)
        authorized = replace(work.attempt, expires_at=expires_at)
        try:
            self._store(work, grant, sealed)
        except TryAgainError:
            count("GrantLost")
            return self._give_up(work)
        try:
            self._redemptions.authorize(work.user, authorized, work.owner, grant, now)
        except RefusedError:
            count("GrantReleased", reason="attempt_ended")
            return Outcome.EXPIRED
        except TryAgainError:
            return self._give_up(work)
        return Outcome.AUTHORIZED

    def _store(self, work: Redeemed, grant: Grant, sealed: SealedTokens, released_at: datetime | None = None) -> None:
        """Store what TrainingPeaks will not give again; a put of the same item is harmless to repeat."""
        for _ in range(STORE_TRIES - 1):
            try:
                return self._grants.put(work.user, grant, sealed, released_at=released_at)
            except TryAgainError:
                count("StoreRepeated")
        return self._grants.put(work.user, grant, sealed, released_at=released_at)

    def _give_up(self, work: Redeemed) -> Outcome:
        """Find out after a failing store what it holds of our writes."""
        try:
            self._redemptions.fail(work.user, work.attempt, work.owner, Outcome.TRY_AGAIN)
        except RefusedError as exc:
            authorized = _is(exc.account.attempt, work, AttemptStatus.AUTHORIZED, AttemptStatus.LINKED)
            return Outcome.AUTHORIZED if authorized else Outcome.EXPIRED
        except TryAgainError:
            count("TidyingSkipped")
        return Outcome.TRY_AGAIN

    def _fail(self, work: Redeemed, outcome: Outcome) -> Outcome:
        try:
            self._redemptions.fail(work.user, work.attempt, work.owner, outcome)
        except RefusedError:
            return Outcome.EXPIRED
        except TryAgainError:
            return Outcome.TRY_AGAIN
        return outcome

    def _reopen(self, work: Redeemed) -> Outcome:
        """Nothing was sent: the same redirect may be tried again."""
        try:
            self._redemptions.reopen(work.user, work.attempt, work.owner)
        except RefusedError as exc:
            reopened = _is(exc.account.attempt, work, AttemptStatus.PENDING)
            return Outcome.TRY_AGAIN if reopened else Outcome.EXPIRED
        except TryAgainError:
            count("TidyingSkipped")
        return Outcome.TRY_AGAIN


def _is(attempt: Attempt | None, work: Redeemed, *statuses: AttemptStatus) -> bool:
    """Tell whether our attempt is there and in one of these states."""
    return attempt is not None and attempt.id == work.attempt.id and attempt.status in statuses


def _refusal(link: Link | None, grant: Grant) -> Outcome | None:
    """Return why Kinni will not use this grant of a known athlete, or None."""
    if not set(SCOPES) <= set(grant.scopes):
        return Outcome.PERMISSION_MISSING
    active = link is not None and link.connection is Connection.ACTIVE
    if link and active and link.grant.athlete.id != grant.athlete.id:
        return Outcome.DIFFERENT_ATHLETE
    return None
