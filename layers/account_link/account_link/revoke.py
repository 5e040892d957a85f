"""RevokeService: the worker's look at one announced grant."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from account_link.claim_store import AthleteHeldError
from account_link.errors import TryAgainError
from account_link.grant_store import GrantMovedError
from account_link.models import (
    EXCHANGE_LIMIT,
    RELEASED_KEPT,
    Attempt,
    AttemptStatus,
    Clock,
    Connection,
    GrantId,
    InvocationId,
    StoredGrant,
    utc_now,
)
from account_link.revocation import LOOK_AGAIN, RevocationUnfinishedError
from account_link.telemetry import count

if TYPE_CHECKING:
    from account_link.account_table import AccountTable
    from account_link.deadline import Deadline
    from account_link.grant_store import GrantStore
    from account_link.revocation import Revocation

SOON = timedelta(seconds=1)
OVERDUE_AFTER = timedelta(days=1)
"""Counted here: SQS's own figure for the oldest message leaves out what was received a few times."""
IN_PROGRESS = {AttemptStatus.PENDING, AttemptStatus.EXCHANGING, AttemptStatus.AUTHORIZED}


class RevokeService:
    """Decides from the table what an announced grant is by now, and ends it where it is released."""

    def __init__(
        self,
        accounts: "AccountTable",
        grants: "GrantStore",
        revocation: "Revocation",
        now: Clock = utc_now,
    ) -> None:
        self._accounts = accounts
        self._grants = grants
        self._revocation = revocation
        self._now = now

    def revoke(self, grant_id: GrantId, by: InvocationId, deadline: "Deadline") -> None:
        """Return when nothing is left to do for the grant.

        It is in use, gone, revoked now, or superseded: then its tokens are destroyed. Raises
        RevocationUnfinishedError with the time to wait, TryAgainError where our own store or key
        fails. After 7 days the tokens are destroyed unrevoked, which alarms the operators.
        """
        grant = self._grants.read(grant_id)
        if grant is None:
            return
        if self._is_in_use(grant):
            return
        self._release(grant)
        if self._is_in_use(grant, released=True):
            return
        self._end(grant, by, deadline)

    def _is_in_use(self, grant: StoredGrant, *, released: bool = False) -> bool:
        """Tell whether the grant is the link; raise while its user is connecting.

        It may be parked then, or a new grant of the same athlete may be coming.
        """
        account, now = self._accounts.read(grant.user), self._now()
        link, attempt = account.link, account.attempt
        if link and link.connection is Connection.ACTIVE and link.grant.id == grant.id:
            if released or grant.released_at:
                self._reclaim(grant)
            return True
        if attempt and attempt.status_at(now) in IN_PROGRESS:
            raise RevocationUnfinishedError(max(_ends_at(attempt, now) - now, SOON))
        return False

    def _reclaim(self, grant: StoredGrant) -> None:
        """Give the link its tokens back; where the user has linked anew meanwhile, they are gone."""
        try:
            self._grants.reclaim(grant)
        except GrantMovedError:
            return

    def _release(self, grant: StoredGrant) -> None:
        """Say that nobody will use the grant: after that no confirmation can take it."""
        try:
            self._grants.release(grant, self._now())
        except GrantMovedError as exc:
            raise RevocationUnfinishedError(LOOK_AGAIN) from exc

    def _end(self, grant: StoredGrant, by: InvocationId, deadline: "Deadline") -> None:
        now = self._now()
        if grant.released_at and grant.released_at + RELEASED_KEPT <= now:
            return self._destroy(grant, "RevocationAbandoned")
        try:
            return self._revocation.run(grant, by, deadline)
        except AthleteHeldError:
            return self._destroy(grant, "GrantSuperseded")
        except (RevocationUnfinishedError, TryAgainError):
            if grant.released_at and grant.released_at + OVERDUE_AFTER <= now:
                count("RevocationOverdue")
            raise

    def _destroy(self, grant: StoredGrant, event: str) -> None:
        """Count first: where the deletion's answer is lost, nobody could say afterwards what became of the grant."""
        count(event)
        try:
            self._grants.destroy(grant)
        except GrantMovedError as exc:
            raise RevocationUnfinishedError(LOOK_AGAIN) from exc


def _ends_at(attempt: Attempt, now: datetime) -> datetime:
    if attempt.status is AttemptStatus.EXCHANGING:
        return now + EXCHANGE_LIMIT
    return attempt.expires_at
