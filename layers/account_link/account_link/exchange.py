"""Exchange: from a redeemed state to a parked grant, or to the reason why there is none."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from account_link.account_table import RefusedError
from account_link.authorization import SCOPES
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
TIDY_AFTER = timedelta(hours=1)


class DifferentAthleteError(TrainingPeaksError):
    """The user has an active link to another athlete."""


OUTCOMES: dict[type[TrainingPeaksError], Outcome] = {
    AccessTokenRefusedError: Outcome.TRAININGPEAKS_UNAVAILABLE,
    ClientRefusedError: Outcome.CONFIGURATION_ERROR,
    CoachAccountError: Outcome.COACH_ACCOUNT,
    DifferentAthleteError: Outcome.DIFFERENT_ATHLETE,
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
    owner: InvocationId

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
        work = Redeemed(account, account.attempt, redemption.owner)
        grant_id = GrantId(secrets.token_urlsafe(16))
        try:
            key = self._cipher.data_key(work.user, grant_id)
            asked_at = self._now()
            tokens = self._tokens(work, code, asked_at, deadline)
        except TryAgainError:
            return self._reopen(work)
        except TrainingPeaksError as exc:
            return self._fail(work, exc)
        try:
            athlete = self._identify(work, tokens, deadline)
        except TrainingPeaksError as exc:
            count("GrantDestroyed", reason=OUTCOMES[type(exc)].value)
            return self._fail(work, exc)
        grant = Grant(grant_id, athlete, tokens.scopes, tokens.expires_at, asked_at)
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

    def _identify(self, work: Redeemed, tokens: TokenSet, deadline: "Deadline") -> Athlete:
        if not set(SCOPES) <= set(tokens.scopes):
            raise PermissionMissingError
        call = deadline.earlier(reserve=STORE_SECONDS, at_most=deadline.left())
        athlete = self._trainingpeaks.athlete(tokens, call)
        link = work.account.link
        if link and link.connection is Connection.ACTIVE and link.grant.athlete.id != athlete.id:
            raise DifferentAthleteError
        return athlete

    def _park(self, work: Redeemed, grant: Grant, sealed: SealedTokens) -> Outcome:
        now = self._now()
        expires_at = max(work.attempt.expires_at, now + CONFIRMATION_WINDOW)
        authorized = replace(work.attempt, expires_at=expires_at)
        try:
            self._grants.put(work.user, grant, sealed, expires_at + TIDY_AFTER)
            self._redemptions.authorize(work.user, authorized, work.owner, grant, now)
        except RefusedError as exc:
            return self._discard(grant, Outcome.EXPIRED, exc.account)
        except TryAgainError:
            return self._give_up(work, grant)
        return Outcome.AUTHORIZED

    def _give_up(self, work: Redeemed, grant: Grant) -> Outcome:
        """Find out after a failing store what it holds of our writes."""
        try:
            self._redemptions.fail(work.user, work.attempt, work.owner, Outcome.TRY_AGAIN)
        except RefusedError as exc:
            if _is(exc.account.attempt, work, AttemptStatus.AUTHORIZED, AttemptStatus.LINKED):
                return Outcome.AUTHORIZED
            return self._discard(grant, Outcome.EXPIRED, exc.account)
        except TryAgainError:
            return Outcome.TRY_AGAIN
        return self._discard(grant, Outcome.TRY_AGAIN, work.account)

    def _discard(self, grant: Grant, outcome: Outcome, account: Account) -> Outcome:
        """Destroy a grant that stays unused; while our answer was lost, the app may have made it the link."""
        if account.link and account.link.grant.id == grant.id:
            return outcome
        count("GrantDestroyed", reason=outcome.value)
        try:
            self._grants.destroy(grant.id)
        except TryAgainError:
            count("TidyingSkipped")
        return outcome

    def _fail(self, work: Redeemed, exc: TrainingPeaksError) -> Outcome:
        outcome = OUTCOMES[type(exc)]
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
