"""LinkStore: the link once it is made: its checkbox and its end."""

from datetime import datetime
from typing import Any

from account_link import items
from account_link.account_table import AccountTable, RefusedError, same_generation
from account_link.claim_store import FENCE_KEPT, fence_owner
from account_link.grant_store import TIDY_AFTER
from account_link.models import (
    FENCE,
    Account,
    AttemptStatus,
    Connection,
    Grant,
    InvocationId,
    StoredGrant,
    UserId,
)
from account_link.table import TransactionRefusedError, Write


class LinkStore:
    """What `PUT /auto-upload`, `DELETE /link` and a refresh write. Every method may raise TryAgainError."""

    def __init__(self, accounts: AccountTable) -> None:
        self._accounts = accounts

    def read(self, user: UserId) -> Account:
        """Return the user's account as it is now."""
        return self._accounts.read(user)

    def set_auto_upload(self, user: UserId, *, enabled: bool) -> None:
        """Set the checkbox; raise RefusedError where there is no link."""
        self._accounts.change(
            user,
            update="SET #auto_upload = :enabled",
            condition="attribute_exists(#link)",
            values={":enabled": enabled},
        )

    def unlink(self, seen: Account, grant: StoredGrant | None, now: datetime, by: InvocationId) -> None:
        """Forget the link, give up and fence its athlete, release its grant, end the attempt.

        One transaction. Raises RefusedError where the account has changed since it was seen.
        """
        writes = [_unlinked_account(seen)]
        if seen.link and seen.link.connection is Connection.ACTIVE:
            writes.append(_given_up(seen.user, seen.link.grant, now, by))
        if grant:
            writes.append(_released(grant, now))
        self._transact(seen, writes)

    def require_reauthorization(self, seen: Account, grant: StoredGrant, by: InvocationId, now: datetime) -> None:
        """Mark the link as ended by TrainingPeaks; it gives up its athlete and loses its tokens.

        Only the lease's owner can: whoever holds it now may have newer tokens at hand. Raises RefusedError
        where it is another's, or where somebody refreshed, linked or unlinked since they were seen.
        """
        ended = Write(
            key=items.account_key(seen.user),
            update="SET #link.#connection = :ended, #generation = :next",
            condition="#link.#grant.#id = :grant_id AND #link.#connection = :active",
            values={
                ":ended": Connection.REAUTHORIZATION_REQUIRED.value,
                ":next": seen.generation + 1,
                ":grant_id": grant.id,
                ":active": Connection.ACTIVE.value,
            },
        )
        given_up = Write(
            key=items.claim_key(grant.athlete_id),
            update="SET #ttl = :ttl REMOVE #holder, #grant_id, #asked_at",
            condition="#holder = :user AND #grant_id = :grant_id",
            values={
                ":user": seen.user,
                ":grant_id": grant.id,
                ":ttl": int((now + FENCE_KEPT).timestamp()),
            },
        )
        destroyed = Write(
            key=items.grant_key(grant.id),
            condition="#version = :version AND #lease.#owner = :by",
            values={":version": grant.version, ":by": by},
        )
        self._transact(seen, [ended, given_up, destroyed])

    def show_expiry(self, user: UserId, grant: StoredGrant) -> None:
        """Let status show the new expiry; nothing happens where the link is another one by now."""
        try:
            self._accounts.change(
                user,
                update="SET #link.#grant.#expires_at = :expires_at",
                condition="#link.#grant.#id = :id AND #link.#grant.#expires_at < :expires_at",
                values={":id": grant.id, ":expires_at": items.milliseconds(grant.expires_at)},
            )
        except RefusedError:
            return

    def _transact(self, seen: Account, writes: list[Write]) -> None:
        try:
            self._accounts.table.transact(writes)
        except TransactionRefusedError as exc:
            raise RefusedError(seen) from exc


def _unlinked_account(seen: Account) -> Write:
    attempt = seen.attempt
    ended = "#attempt.#status = :expired, " if attempt else ""
    same_attempt = "#attempt.#id = :id AND #attempt.#status = :status"
    unchanged, generation = same_generation(seen)
    values: dict[str, Any] = {":next": seen.generation + 1} | generation
    if attempt:
        values |= {
            ":expired": AttemptStatus.EXPIRED.value,
            ":id": attempt.id,
            ":status": attempt.status.value,
        }
    return Write(
        key=items.account_key(seen.user),
        update=f"SET {ended}#generation = :next REMOVE #link, #auto_upload" + (", #attempt.#grant" if attempt else ""),
        condition=f"{unchanged} AND " + (same_attempt if attempt else "attribute_not_exists(#attempt)"),
        values=values,
    )


def _given_up(user: UserId, grant: Grant, now: datetime, by: InvocationId) -> Write:
    return Write(
        key=items.claim_key(grant.athlete.id),
        update="SET #fence = :until, #fenced_by = :by, #ttl = :ttl REMOVE #holder, #grant_id, #asked_at",
        condition="#holder = :user AND #grant_id = :grant_id",
        values={
            ":until": items.milliseconds(now + FENCE),
            ":by": fence_owner(by, grant.id),
            ":ttl": int((now + FENCE_KEPT).timestamp()),
            ":user": user,
            ":grant_id": grant.id,
        },
    )


def _released(grant: StoredGrant, now: datetime) -> Write:
    return Write(
        key=items.grant_key(grant.id),
        update="SET #released_at = :now, #ttl = :ttl",
        condition="attribute_exists(#sealed)",
        values={
            ":now": items.milliseconds(now),
            ":ttl": int((now + TIDY_AFTER).timestamp()),
        },
    )
