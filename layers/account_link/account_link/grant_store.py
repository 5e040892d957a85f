"""GrantStore: the sealed token pairs, each under its grant's id, with version and lease."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from account_link import items
from account_link.models import (
    LEASE,
    RELEASED_KEPT,
    Grant,
    GrantId,
    InvocationId,
    SealedTokens,
    StoredGrant,
    UserId,
)
from account_link.table import Table, Write, WriteRefusedError

if TYPE_CHECKING:
    from account_link.revocation_queue import RevocationQueue

TIDY_AFTER = RELEASED_KEPT + timedelta(days=1)
"""When TTL may remove tokens that neither a confirmation nor the worker took care of."""


class GrantMovedError(Exception):
    """The grant was not as the write required; `current` is how it is, None where it is gone."""

    def __init__(self, current: StoredGrant | None) -> None:
        super().__init__("the grant was not as the write required")
        self.current = current


class GrantStore:
    """Every method may raise TryAgainError."""

    def __init__(self, table: Table, queue: "RevocationQueue") -> None:
        self._table = table
        self._queue = queue

    def announce(self, grant_id: GrantId) -> None:
        """Have the worker look at the grant when whoever announces it has finished or died."""
        self._queue.announce(grant_id)

    def put(self, user: UserId, grant: Grant, sealed: SealedTokens, *, released_at: datetime | None = None) -> None:
        """Store a new grant's sealed tokens, parked, or released already."""
        stored = StoredGrant(
            id=grant.id,
            user=user,
            athlete_id=grant.athlete.id,
            sealed=sealed,
            expires_at=grant.expires_at,
            asked_at=grant.asked_at,
            released_at=released_at,
        )
        forget_at = int(((released_at or grant.asked_at) + TIDY_AFTER).timestamp())
        self._table.put({"pk": items.grant_key(grant.id), "ttl": forget_at} | items.store(stored))

    def read(self, grant_id: GrantId) -> StoredGrant | None:
        """Return the grant as it lies there, or None where it is gone."""
        item = self._table.get(items.grant_key(grant_id))
        return items.stored_grant(grant_id, item) if item else None

    def reclaim(self, grant: StoredGrant) -> None:
        """Take back a release: the grant became the link just before. Raises GrantMovedError."""
        self._change(grant, update="REMOVE #released_at, #ttl", condition="attribute_exists(#sealed)")

    def release(self, grant: StoredGrant, now: datetime) -> None:
        """Say that nobody will use the grant; from then on it cannot be confirmed.

        Raises GrantMovedError where it is gone.
        """
        self._change(
            grant,
            update="SET #released_at = if_not_exists(#released_at, :now)",
            condition="attribute_exists(#sealed)",
            values={":now": items.milliseconds(now)},
        )

    def lease(self, grant: StoredGrant, owner: InvocationId, now: datetime, *, released: bool) -> StoredGrant:
        """Take the lease; raise GrantMovedError where it is taken or the tokens were rotated.

        `released` says whether the grant must be released, or must not be.
        """
        exists = "attribute_exists" if released else "attribute_not_exists"
        until = now + LEASE
        try:
            return self._change(
                grant,
                update="SET #lease = :lease",
                condition=f"#version = :version AND {exists}(#released_at)"
                " AND (attribute_not_exists(#lease) OR #lease.#until <= :now)",
                values={
                    ":version": grant.version,
                    ":lease": {"owner": owner, "until": items.milliseconds(until)},
                    ":now": items.milliseconds(now),
                },
            )
        except GrantMovedError as exc:
            # An answer that was lost, and asked for again by the SDK, finds the lease that it took.
            current = exc.current
            if current and _is_of(current, owner, until) and _is_as_asked(current, grant, released=released):
                return current
            raise

    def rotate(
        self,
        grant: StoredGrant,
        owner: InvocationId,
        rotated: tuple[SealedTokens, datetime],
        *,
        keep_lease: bool,
    ) -> StoredGrant:
        """Keep rotated tokens and their expiry; only the lease's owner can, over what it saw.

        Raises GrantMovedError.
        """
        sealed, expires_at = rotated
        version = grant.version + 1
        try:
            return self._change(
                grant,
                update="SET #sealed = :sealed, #expires_at = :expires_at, #version = :next,"
                " #rotated_by = :owner" + ("" if keep_lease else " REMOVE #lease"),
                condition="#version = :version AND #lease.#owner = :owner",
                values={
                    ":sealed": sealed,
                    ":expires_at": items.milliseconds(expires_at),
                    ":version": grant.version,
                    ":next": version,
                    ":owner": owner,
                },
            )
        except GrantMovedError as exc:
            current = exc.current
            if current and current.sealed == sealed:
                return current
            raise

    def rotate_late(self, grant: StoredGrant, rotated: tuple[SealedTokens, datetime]) -> StoredGrant:
        """Keep rotated tokens although the lease may be somebody else's by now, whom it is left to.

        Nobody can use or refresh the stored pair any more: these have taken its place at TrainingPeaks.
        Raises GrantMovedError where they were rotated meanwhile.
        """
        sealed, expires_at = rotated
        try:
            return self._change(
                grant,
                update="SET #sealed = :sealed, #expires_at = :expires_at, #version = :next",
                condition="#version = :version",
                values={
                    ":sealed": sealed,
                    ":expires_at": items.milliseconds(expires_at),
                    ":version": grant.version,
                    ":next": grant.version + 1,
                },
            )
        except GrantMovedError as exc:
            if exc.current and exc.current.sealed == sealed:
                return exc.current
            raise

    def end_lease(self, grant: StoredGrant, owner: InvocationId) -> None:
        """Give the lease back; nothing happens where it is somebody else's by now."""
        try:
            self._change(
                grant,
                update="REMOVE #lease",
                condition="#lease.#owner = :owner",
                values={":owner": owner},
            )
        except GrantMovedError:
            return

    def destroy(self, grant: StoredGrant) -> None:
        """Delete the tokens; raise GrantMovedError where they were rotated meanwhile."""
        write = Write(
            key=items.grant_key(grant.id),
            condition="attribute_not_exists(#version) OR #version = :version",
            values={":version": grant.version},
        )
        try:
            self._table.delete(write)
        except WriteRefusedError as exc:
            raise _moved(grant, exc) from exc

    def _change(self, grant: StoredGrant, **parts: Any) -> StoredGrant:  # noqa: ANN401 - Write's fields
        write = Write(key=items.grant_key(grant.id), **parts)
        try:
            return items.stored_grant(grant.id, self._table.update(write, returns="ALL_NEW"))
        except WriteRefusedError as exc:
            raise _moved(grant, exc) from exc


def _is_of(grant: StoredGrant, owner: InvocationId, until: datetime) -> bool:
    lease = grant.lease
    return lease is not None and lease.owner == owner and items.milliseconds(lease.until) == items.milliseconds(until)


def _is_as_asked(current: StoredGrant, grant: StoredGrant, *, released: bool) -> bool:
    return current.version == grant.version and (current.released_at is not None) == released


def _moved(grant: StoredGrant, exc: WriteRefusedError) -> GrantMovedError:
    return GrantMovedError(items.stored_grant(grant.id, exc.item) if exc.item else None)
