"""LinkStore: the link once it is made: its checkbox and its end."""

from datetime import datetime, timedelta
from typing import Any

from account_link import items
from account_link.account_table import AccountTable, RefusedError, same_generation
from account_link.models import Account, AttemptStatus, Connection, Grant, UserId
from account_link.table import TransactionRefusedError, Write

FENCE_KEPT = timedelta(days=8)
"""Longer than any attempt lives: an older fence refuses nothing."""


class LinkStore:
    """What `PUT /auto-upload` and `DELETE /link` write. Every method may raise TryAgainError."""

    def __init__(self, accounts: AccountTable) -> None:
        self._accounts = accounts

    def set_auto_upload(self, user: UserId, *, enabled: bool) -> None:
        """Set the checkbox; raise RefusedError where there is no link."""
        self._accounts.change(
            user,
            update="SET #auto_upload = :enabled",
            condition="attribute_exists(#link)",
            values={":enabled": enabled},
        )

    def unlink(self, seen: Account, now: datetime) -> None:
        """Forget the link, its tokens and its claim, and end the attempt, in one transaction.

        Raises RefusedError where the account has changed since it was seen.
        """
        writes = [_unlinked_account(seen)]
        if seen.attempt and seen.attempt.grant and seen.attempt.status is AttemptStatus.AUTHORIZED:
            writes.append(Write(items.grant_key(seen.attempt.grant.id)))
        if seen.link:
            writes.append(Write(items.grant_key(seen.link.grant.id)))
        if seen.link and seen.link.connection is Connection.ACTIVE:
            writes.append(_given_up(seen.user, seen.link.grant, now))
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


def _given_up(user: UserId, grant: Grant, now: datetime) -> Write:
    return Write(
        key=items.claim_key(grant.athlete.id),
        update="SET #fence = :now, #ttl = :ttl REMOVE #holder, #grant_id, #asked_at",
        condition="#holder = :user AND #grant_id = :grant_id",
        values={
            ":now": items.milliseconds(now),
            ":ttl": int((now + FENCE_KEPT).timestamp()),
            ":user": user,
            ":grant_id": grant.id,
        },
    )
