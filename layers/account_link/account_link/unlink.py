"""UnlinkService: forgets the link first, then revokes Kinni's access at TrainingPeaks."""

from typing import TYPE_CHECKING

from account_link.account_table import RefusedError
from account_link.errors import TryAgainError
from account_link.models import (
    Account,
    AttemptStatus,
    Clock,
    Connection,
    InvocationId,
    StoredGrant,
    UserId,
    utc_now,
)
from account_link.revocation import RevocationUnfinishedError
from account_link.table import TransactionConflictError
from account_link.telemetry import count

if TYPE_CHECKING:
    from account_link.account_table import AccountTable
    from account_link.deadline import Deadline
    from account_link.grant_store import GrantStore
    from account_link.link_store import LinkStore
    from account_link.revocation import Revocation

UNLINK_TRIES = 6


class UnlinkService:
    """The link is gone with the first write; TrainingPeaks being down cannot stop that."""

    def __init__(
        self,
        accounts: "AccountTable",
        links: "LinkStore",
        grants: "GrantStore",
        revocation: "Revocation",
        now: Clock = utc_now,
    ) -> None:
        self._accounts = accounts
        self._links = links
        self._grants = grants
        self._revocation = revocation
        self._now = now

    def unlink(self, user: UserId, by: InvocationId, deadline: "Deadline") -> None:
        """End the link and any attempt in progress; raise TryAgainError where the store fails.

        The revocation is announced before the link goes, so that no crash can lose it, and tried
        at once; what that leaves undone is the worker's.
        """
        for _ in range(UNLINK_TRIES):
            account = self._accounts.read(user)
            if not _has_something(account):
                return
            grant = self._announced(account)
            try:
                self._links.unlink(account, grant, self._now(), by)
            except (RefusedError, TransactionConflictError):
                continue
            count("Unlinked")
            self._revoke(grant, by, deadline)
            return
        raise TryAgainError

    def _announced(self, account: Account) -> StoredGrant | None:
        link = account.link
        if link is None or link.connection is not Connection.ACTIVE:
            return None
        grant = self._grants.read(link.grant.id)
        if grant:
            self._grants.announce(grant.id)
        return grant

    def _revoke(self, grant: StoredGrant | None, by: InvocationId, deadline: "Deadline") -> None:
        if grant is None:
            return
        try:
            self._revocation.finish(grant, by, deadline)
        except (RevocationUnfinishedError, TryAgainError):
            count("RevocationLeftToWorker")


def _has_something(account: Account) -> bool:
    attempt = account.attempt
    return account.link is not None or (attempt is not None and attempt.status is not AttemptStatus.EXPIRED)
