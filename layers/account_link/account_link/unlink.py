"""UnlinkService: forgets the link first, then revokes Kinni's access at TrainingPeaks."""

from typing import TYPE_CHECKING

from account_link.account_table import RefusedError
from account_link.errors import TryAgainError
from account_link.models import (
    Account,
    AttemptStatus,
    Clock,
    Connection,
    GrantId,
    SealedTokens,
    UserId,
    utc_now,
)
from account_link.table import TransactionConflictError

if TYPE_CHECKING:
    from account_link.account_table import AccountTable
    from account_link.deadline import Deadline
    from account_link.grant_store import GrantStore
    from account_link.link_store import LinkStore
    from account_link.revocation import Revocation

UNLINK_TRIES = 3


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

    def unlink(self, user: UserId, deadline: "Deadline") -> None:
        """End the link and any attempt in progress; raise TryAgainError where the store fails."""
        for _ in range(UNLINK_TRIES):
            account = self._accounts.read(user)
            if not _has_something(account):
                return
            grant_id, sealed = self._tokens(account)
            try:
                self._links.unlink(account, self._now())
            except (RefusedError, TransactionConflictError):
                continue
            if grant_id and sealed:
                self._revocation.revoke(user, grant_id, sealed, deadline)
            return
        raise TryAgainError

    def _tokens(self, account: Account) -> tuple[GrantId | None, SealedTokens | None]:
        link = account.link
        if link is None or link.connection is not Connection.ACTIVE:
            return None, None
        return link.grant.id, self._grants.read_tokens(link.grant.id)


def _has_something(account: Account) -> bool:
    attempt = account.attempt
    return account.link is not None or (attempt is not None and attempt.status is not AttemptStatus.EXPIRED)
