"""GrantStore: the sealed tokens, each pair under its grant's id."""

from datetime import datetime

from account_link import items
from account_link.models import Grant, GrantId, SealedTokens, UserId
from account_link.table import Table


class GrantStore:
    """Sealed token pairs; one is in use only while an account refers to it.

    Every method may raise TryAgainError.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, user: UserId, grant: Grant, sealed: SealedTokens, forget_at: datetime) -> None:
        """Store sealed tokens under the grant's id; TTL removes them soon after `forget_at`."""
        self._table.put(
            {
                "pk": items.grant_key(grant.id),
                "user": user,
                "tokens": sealed,
                "ttl": int(forget_at.timestamp()),
            }
        )

    def read_tokens(self, grant_id: GrantId) -> SealedTokens | None:
        """Return the grant's sealed tokens, or None where they are gone."""
        item = self._table.get(items.grant_key(grant_id))
        return SealedTokens(bytes(item["tokens"])) if item else None

    def destroy(self, grant_id: GrantId) -> None:
        """Delete the grant's tokens."""
        self._table.delete(items.grant_key(grant_id))
