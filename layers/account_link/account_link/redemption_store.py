"""RedemptionStore: the conditional writes of the callback, from pending to authorised or failed."""

from datetime import datetime
from typing import Any

from account_link import items
from account_link.account_table import AccountTable, RefusedError
from account_link.models import (
    Account,
    Attempt,
    AttemptStatus,
    Grant,
    InvocationId,
    Outcome,
    Redemption,
    UserId,
)

OURS = "#attempt.#id = :id AND #attempt.#status = :status AND #attempt.#redemption.#owner = :owner"


class RedemptionStore:
    """What `GET /callback` writes to the account. Every method may raise TryAgainError.

    The invocation that redeemed the state owns the attempt until it is authorised or failed, and
    names itself in each write: an answer lost on the way and repeated by the SDK is recognised.
    """

    def __init__(self, accounts: AccountTable) -> None:
        self._accounts = accounts

    def redeem(self, user: UserId, state_hash: bytes, redemption: Redemption) -> Account:
        """Give this invocation, and no other, the right to exchange the code.

        Raises RefusedError where the state is not that of a pending attempt.
        """
        try:
            return self._accounts.change(
                user,
                update="SET #attempt.#status = :exchanging, #attempt.#redemption = :redemption",
                condition="#attempt.#state_hash = :state_hash AND #attempt.#status = :pending"
                " AND #attempt.#expires_at > :now",
                values={
                    ":state_hash": state_hash,
                    ":pending": AttemptStatus.PENDING.value,
                    ":exchanging": AttemptStatus.EXCHANGING.value,
                    ":redemption": items.store(redemption),
                    ":now": items.milliseconds(redemption.at),
                },
            )
        except RefusedError as exc:
            return _if_ours(exc, redemption.owner, AttemptStatus.EXCHANGING)

    def reopen(self, user: UserId, attempt: Attempt, owner: InvocationId) -> None:
        """Put an attempt back to pending: nothing was sent to TrainingPeaks yet."""
        self._accounts.change(
            user,
            update="SET #attempt.#status = :pending REMOVE #attempt.#redemption",
            condition=OURS,
            values=_ours(attempt, owner) | {":pending": AttemptStatus.PENDING.value},
        )

    def end_pending(
        self, user: UserId, state_hash: bytes, ended: tuple[AttemptStatus, Outcome], now: datetime
    ) -> Account:
        """End a pending attempt because TrainingPeaks sent an error instead of a code."""
        status, outcome = ended
        return self._accounts.change(
            user,
            update="SET #attempt.#status = :ended, #attempt.#outcome = :outcome",
            condition="#attempt.#state_hash = :state_hash AND #attempt.#status = :pending"
            " AND #attempt.#expires_at > :now",
            values={
                ":state_hash": state_hash,
                ":pending": AttemptStatus.PENDING.value,
                ":ended": status.value,
                ":outcome": outcome.value,
                ":now": items.milliseconds(now),
            },
        )

    def fail(self, user: UserId, attempt: Attempt, owner: InvocationId, outcome: Outcome) -> Account:
        """End our exchange without a grant. Raises RefusedError where it is no longer ours."""
        try:
            return self._accounts.change(
                user,
                update="SET #attempt.#status = :failed, #attempt.#outcome = :outcome",
                condition=OURS,
                values=_ours(attempt, owner) | {":failed": AttemptStatus.FAILED.value, ":outcome": outcome.value},
            )
        except RefusedError as exc:
            return _if_ours(exc, owner, AttemptStatus.FAILED)

    def authorize(self, user: UserId, attempt: Attempt, owner: InvocationId, grant: Grant, now: datetime) -> Account:
        """Park the grant on our exchange. Raises RefusedError where it is no longer ours.

        `attempt` comes with the new expiry.
        """
        try:
            return self._accounts.change(
                user,
                update="SET #attempt.#status = :authorized, #attempt.#grant = :grant,"
                " #attempt.#authorized_at = :now, #attempt.#expires_at = :expires_at,"
                " #attempt.#outcome = :outcome",
                condition=OURS,
                values=_ours(attempt, owner)
                | {
                    ":authorized": AttemptStatus.AUTHORIZED.value,
                    ":outcome": Outcome.AUTHORIZED.value,
                    ":grant": items.store(grant),
                    ":now": items.milliseconds(now),
                    ":expires_at": items.milliseconds(attempt.expires_at),
                },
            )
        except RefusedError as exc:
            return _if_ours(exc, owner, AttemptStatus.AUTHORIZED, AttemptStatus.LINKED)


def _ours(attempt: Attempt, owner: InvocationId) -> dict[str, Any]:
    return {":id": attempt.id, ":status": AttemptStatus.EXCHANGING.value, ":owner": owner}


def _if_ours(exc: RefusedError, owner: InvocationId, *statuses: AttemptStatus) -> Account:
    attempt = exc.account.attempt
    redemption = attempt.redemption if attempt else None
    if attempt and redemption and attempt.status in statuses and redemption.owner == owner:
        return exc.account
    raise exc
