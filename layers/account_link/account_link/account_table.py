"""AccountTable: one user's item, read whole and changed on conditions."""

from typing import Any

from account_link import items
from account_link.models import Account, UserId
from account_link.table import Table, Write, WriteRefusedError


class RefusedError(Exception):
    """The account was not as the write required; `account` is how it was."""

    def __init__(self, account: Account) -> None:
        super().__init__("the account was not as the write required")
        self.account = account


class AccountTable:
    """What the stores have in common. Every method may raise TryAgainError."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def read(self, user: UserId) -> Account:
        """Return the user's account; an empty one where the user never started."""
        return items.account(user, self.table.get(items.account_key(user)))

    def change(self, user: UserId, *, returns: str = "ALL_NEW", **parts: Any) -> Account:  # noqa: ANN401 - Write's fields
        """Change the account and return it, new or old; raise RefusedError where it differs."""
        write = Write(key=items.account_key(user), **parts)
        try:
            return items.account(user, self.table.update(write, returns=returns))
        except WriteRefusedError as exc:
            raise RefusedError(items.account(user, exc.item)) from exc


def same_generation(seen: Account) -> tuple[str, dict[str, Any]]:
    """Return the condition, and its values, that nobody linked or unlinked since `seen`."""
    if not seen.generation:
        return "attribute_not_exists(#generation)", {}
    return "#generation = :seen", {":seen": seen.generation}
