"""LinkService: shows the link and sets its checkbox; neither needs a key."""

from typing import TYPE_CHECKING

from account_link.account_table import RefusedError
from account_link.errors import NotLinkedError
from account_link.models import Account, UserId

if TYPE_CHECKING:
    from account_link.account_table import AccountTable
    from account_link.link_store import LinkStore


class LinkService:
    """One request to the table each; both may raise TryAgainError."""

    def __init__(self, accounts: "AccountTable", links: "LinkStore") -> None:
        self._accounts = accounts
        self._links = links

    def status(self, user: UserId) -> Account:
        """Return all that is known of the user's link."""
        return self._accounts.read(user)

    def set_auto_upload(self, user: UserId, *, enabled: bool) -> None:
        """Set the checkbox; raise NotLinkedError where there is no link."""
        try:
            self._links.set_auto_upload(user, enabled=enabled)
        except RefusedError as exc:
            raise NotLinkedError from exc
