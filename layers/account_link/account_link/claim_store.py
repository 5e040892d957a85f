"""ClaimStore: the fence on an athlete, behind which a grant may be deauthorised."""

from datetime import datetime, timedelta

from account_link import items
from account_link.models import FENCE, InvocationId
from account_link.table import Table, Write, WriteRefusedError

FENCE_KEPT = timedelta(days=8)
"""Longer than any attempt lives: an older fence refuses nothing."""


class AthleteHeldError(Exception):
    """Somebody holds the athlete: nothing of theirs may be deauthorised."""


class ClaimStore:
    """A grant asked for before the fence cannot become a link. Each method may raise TryAgainError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def fence(self, athlete_id: int, by: InvocationId, now: datetime) -> None:
        """Put up the fence for as long as a call can last; raise AthleteHeldError."""
        try:
            self._table.update(_fenced(athlete_id, by, now))
        except WriteRefusedError as exc:
            raise AthleteHeldError from exc

    def lower_fence(self, athlete_id: int, by: InvocationId, now: datetime) -> None:
        """After a definite answer: what is asked for from now on is safe again.

        Where another revocation's fence stood when ours went up, that call may still be under way: then ours stays.
        """
        write = Write(
            key=items.claim_key(athlete_id),
            update="SET #fence = :now",
            condition="attribute_not_exists(#holder) AND #fenced_by = :by"
            " AND (attribute_not_exists(#standing) OR #standing <= :now)",
            values={":now": items.milliseconds(now), ":by": by},
        )
        try:
            self._table.update(write)
        except WriteRefusedError:
            return


def _fenced(athlete_id: int, by: InvocationId, now: datetime) -> Write:
    return Write(
        key=items.claim_key(athlete_id),
        update="SET #standing = if_not_exists(#fence, :now), #fence = :until, #fenced_by = :by, #ttl = :ttl",
        condition="attribute_not_exists(#holder)",
        values={
            ":now": items.milliseconds(now),
            ":until": items.milliseconds(now + FENCE),
            ":by": by,
            ":ttl": int((now + FENCE_KEPT).timestamp()),
        },
    )
