"""CallbackService: what becomes of TrainingPeaks' redirect."""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from account_link import confirmation
from account_link.account_table import RefusedError
from account_link.errors import TryAgainError
from account_link.models import (
    Account,
    Attempt,
    AttemptId,
    AttemptStatus,
    Clock,
    Code,
    ConfirmationCode,
    GrantId,
    InvocationId,
    Outcome,
    Redemption,
    State,
    utc_now,
)
from account_link.state_seal import state_hash

if TYPE_CHECKING:
    from account_link.account_table import AccountTable
    from account_link.deadline import Deadline
    from account_link.exchange import Exchange
    from account_link.redemption_store import RedemptionStore
    from account_link.state_seal import StateSeal

SALT_BYTES = 32
GRANT_ID_BYTES = 16
ENDED_BY_ERROR = {
    "access_denied": (AttemptStatus.CANCELLED, Outcome.CANCELLED),
    "server_error": (AttemptStatus.FAILED, Outcome.TRAININGPEAKS_UNAVAILABLE),
    "temporarily_unavailable": (AttemptStatus.FAILED, Outcome.TRAININGPEAKS_UNAVAILABLE),
}
"""RFC 6749, 4.1.2.1; anything else can be typed by anybody and alarms nobody."""
ANY_OTHER_ERROR = (AttemptStatus.FAILED, Outcome.CONFIGURATION_ERROR)


@dataclass(frozen=True, slots=True)
class Landing:
    """Where the browser goes: nowhere yet while `outcome` is None, back to Kinni otherwise."""

    outcome: Outcome | None
    attempt_id: AttemptId | None = None
    return_url: str | None = None
    confirmation_code: ConfirmationCode | None = field(default=None, repr=False)


UNKNOWN = Landing(Outcome.EXPIRED)


class CallbackService:
    """One method per kind of redirect; each always ends in a landing, whatever fails."""

    def __init__(
        self,
        accounts: "AccountTable",
        redemptions: "RedemptionStore",
        seal: "StateSeal",
        exchange: "Exchange",
        now: Clock = utc_now,
    ) -> None:
        self._accounts = accounts
        self._redemptions = redemptions
        self._seal = seal
        self._exchange = exchange
        self._now = now

    def receive_code(self, state: State, code: Code, owner: InvocationId, deadline: "Deadline") -> Landing:
        """Redeem the state and exchange the code; a repeat exchanges nothing again."""
        user = self._seal.user_of(state)
        if user is None:
            return UNKNOWN
        salt = secrets.token_bytes(SALT_BYTES)
        shown = confirmation.derive(salt, code, state)
        grant_id = GrantId(secrets.token_urlsafe(GRANT_ID_BYTES))
        hashed = confirmation.fingerprint(shown)
        redemption = Redemption(owner, self._now(), grant_id, salt, hashed)
        try:
            account = self._redemptions.redeem(user, state_hash(state), redemption)
        except RefusedError as exc:
            return self._repeated_code(exc.account, state, code)
        except TryAgainError:
            return Landing(Outcome.TRY_AGAIN)
        outcome = self._exchange.run(account, redemption, code, deadline)
        return _landing(account.attempt, outcome, shown)

    def receive_error(self, state: State, error: str) -> Landing:
        """End a pending attempt as the error says; a repeat stays what the first one made it."""
        user = self._seal.user_of(state)
        if user is None:
            return UNKNOWN
        ended = ENDED_BY_ERROR.get(error, ANY_OTHER_ERROR)
        try:
            account = self._redemptions.end_pending(user, state_hash(state), ended, self._now())
        except RefusedError as exc:
            return self._repeated_error(exc.account, state)
        except TryAgainError:
            return Landing(Outcome.TRY_AGAIN)
        return _landing(account.attempt, ended[1])

    def receive_malformed(self, state: State) -> Landing:
        """Lead back from a redirect that makes no sense; nothing is written."""
        user = self._seal.user_of(state)
        if user is None:
            return UNKNOWN
        try:
            account = self._accounts.read(user)
        except TryAgainError:
            return Landing(Outcome.TRY_AGAIN)
        return _landing(_attempt_of(account, state), Outcome.EXPIRED)

    def _repeated_code(self, account: Account, state: State, code: Code) -> Landing:
        attempt = _attempt_of(account, state)
        if attempt is None:
            return UNKNOWN
        redemption = attempt.redemption
        if redemption is None:
            return _landing(attempt, Outcome.EXPIRED)
        shown = confirmation.derive(redemption.salt, code, state)
        if not redemption.accepts(shown):
            return _landing(attempt, Outcome.EXPIRED)
        return _landing(attempt, self._outcome_again(attempt), shown)

    def _repeated_error(self, account: Account, state: State) -> Landing:
        attempt = _attempt_of(account, state)
        if attempt is None:
            return UNKNOWN
        over = attempt.status is AttemptStatus.EXPIRED or attempt.expires_at <= self._now()
        by_error = attempt.redemption is None and not over
        outcome = attempt.outcome if by_error else None
        return _landing(attempt, outcome or Outcome.EXPIRED)

    def _outcome_again(self, attempt: Attempt) -> Outcome | None:
        now = self._now()
        status = attempt.status_at(now)
        if status is AttemptStatus.EXCHANGING:
            return None
        if status is AttemptStatus.EXPIRED or attempt.expires_at <= now:
            return Outcome.EXPIRED
        return attempt.outcome_at(now)


def _attempt_of(account: Account, state: State) -> Attempt | None:
    """Return the user's latest attempt if it is the one of this state."""
    attempt = account.attempt
    if attempt and hmac.compare_digest(attempt.state_hash, state_hash(state)):
        return attempt
    return None


def _landing(attempt: Attempt | None, outcome: Outcome | None, shown: ConfirmationCode | None = None) -> Landing:
    if attempt is None:
        return UNKNOWN
    code = shown if outcome is Outcome.AUTHORIZED else None
    return Landing(outcome, attempt.id, attempt.return_url, code)
