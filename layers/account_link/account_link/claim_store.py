"""ClaimStore: the fence on an athlete, behind which a grant may be deauthorised."""

from datetime import datetime, timedelta

from account_link import items
from account_link.models import FENCE, GrantId, InvocationId, StoredGrant
from account_link.table import Table, Write, WriteRefusedError

FENCE_KEPT = timedelta(days=8)
"""Longer than any attempt lives: an older fence refuses nothing."""


class AthleteHeldError(Exception):
    """Somebody holds the athlete: nothing of theirs may be deauthorised."""


class ClaimStore:
    """A grant asked for before the fence cannot become a link. Each method may raise TryAgainError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def fence(self, grant: StoredGrant, by: InvocationId, now: datetime) -> None:
        """Put up the fence for as long as a call can last; raise AthleteHeldError."""
        mine = fence_owner(by, grant.id)
        try:
            self._table.update(_fenced(grant.athlete_id, mine, now))
        except WriteRefusedError as exc:
            if exc.item is None or "holder" in exc.item:
                raise AthleteHeldError from exc

    def lower_fence(self, grant: StoredGrant, by: InvocationId, now: datetime) -> None:
        """After a definite answer: what is asked for from now on is safe again.

        Where another revocation's fence stood when ours went up, that call may still be under way: then ours stays.
        """
        write = Write(
            key=items.claim_key(grant.athlete_id),
            update="SET #fence = :now",
            condition="attribute_not_exists(#holder) AND #fenced_by = :by"
            " AND (attribute_not_exists(#standing) OR #standing <= :now)",
            values={":now": items.milliseconds(now), ":by": fence_owner(by, grant.id)},
        )
        try:
            self._table.update(write)
        except WriteRefusedError:
            return


def fence_owner(by: InvocationId, grant_id: GrantId) -> str:
    """Return who puts up a fence: an invocation may revoke several grants of one athlete."""
    return f"{by}/{grant_id}"


def _fenced(athlete_id: int, mine: str, now: datetime) -> Write:
    """Put the fence up, once: an answer that was lost, and asked for again, is no other one's fence."""
    return Write(
        key=items.claim_key(athlete_id),
        update="SET #standing = if_not_exists(#fence, :now), #fence = :until, #fenced_by = :by, #ttl = :ttl",
        condition="attribute_not_exists(#holder)"
        " AND (attribute_not_exists(#fenced_by) OR #fenced_by <> :by OR #fence <= :now)",
        values={
            ":now": items.milliseconds(now),
            ":until": items.milliseconds(now + FENCE),
            ":by": mine,
            ":ttl": int((now + FENCE_KEPT).timestamp()),
        },
    )
