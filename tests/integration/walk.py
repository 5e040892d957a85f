"""A user's way to a link, by the stores' own writes."""

from dataclasses import dataclass

from account_link.account_table import AccountTable
from account_link.attempt_store import AttemptStore
from account_link.confirmation_store import ConfirmationStore
from account_link.grant_store import GrantStore
from account_link.models import Account, Connection, Grant, Link, SealedTokens, StoredGrant, UserId
from account_link.redemption_store import RedemptionStore
from tests.integration.made_up import NOW, OWNER, STATE_HASH, a_key, a_redemption, an_attempt

TOKENS = SealedTokens(b"sealed tokens")


@dataclass(frozen=True, slots=True)
class Walk:
    """Everything happens at one moment."""

    accounts: AccountTable
    grants: GrantStore

    def put(self, user: UserId, grant: Grant) -> StoredGrant:
        """Store a grant, and return it as it lies there."""
        self.grants.put(user, grant, TOKENS)
        stored = self.grants.read(grant.id)
        assert stored
        return stored

    def parked(self, user: UserId, grant: Grant) -> Account:
        """Walk to an authorised attempt."""
        attempt = an_attempt()
        AttemptStore(self.accounts).begin(user, attempt, a_key(attempt), seen=None)
        redemptions = RedemptionStore(self.accounts)
        redemptions.redeem(user, STATE_HASH, a_redemption())
        self.put(user, grant)
        return redemptions.authorize(user, attempt, OWNER, grant, NOW)

    def linked(self, user: UserId, grant: Grant) -> Account:
        """Walk the whole way."""
        account = self.parked(user, grant)
        ConfirmationStore(self.accounts).confirm(account, link_of(account), NOW, former=None)
        return self.accounts.read(user)


def link_of(account: Account) -> Link:
    """Return the link that the account's attempt would be."""
    assert account.attempt
    assert account.attempt.grant
    return Link(account.attempt.grant, Connection.ACTIVE, NOW)
