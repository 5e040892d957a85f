"""How the values look in the table: maps of strings, numbers and bytes; times in milliseconds."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from account_link.models import (
    Account,
    Athlete,
    Attempt,
    AttemptId,
    AttemptStatus,
    Connection,
    Grant,
    GrantId,
    InvocationId,
    Lease,
    Link,
    Outcome,
    Redemption,
    SealedState,
    SealedTokens,
    StartKey,
    StoredGrant,
    UserId,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEY_PREFIX = "key#"
PLAIN = frozenset({str, bytes, int, bool})

type Stored = Mapping[str, Any]


def account_key(user: UserId) -> str:
    """Return where the user's account lies."""
    return f"USER#{user}"


def grant_key(grant: GrantId) -> str:
    """Return where the grant's sealed tokens lie."""
    return f"GRANT#{grant}"


def claim_key(athlete_id: int) -> str:
    """Return where it stands which user holds the athlete."""
    return f"ATHLETE#{athlete_id}"


def milliseconds(moment: datetime) -> int:
    """Return the moment as the table keeps it."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def moment(stored: Any) -> datetime:  # noqa: ANN401 - a part of an item
    """Return the time that the table kept."""
    return EPOCH + timedelta(milliseconds=int(stored))


def store(value: Any) -> Any:  # noqa: ANN401 - any model value
    """Return a model value as the table keeps it; what is None is left out."""
    kind: Any = type(value)
    if kind in PLAIN:
        return value
    if is_dataclass(value):
        found = {name: getattr(value, name) for name in _fields(kind)}
        return {name: store(part) for name, part in found.items() if part is not None}
    if isinstance(value, datetime):
        return milliseconds(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [store(part) for part in value]
    return value


@cache
def _fields(model: type[Any]) -> tuple[str, ...]:
    return tuple(part.name for part in fields(model))


def account(user: UserId, item: Stored | None) -> Account:
    """Return the user's account; an empty one where there is no item."""
    item = item or {}
    keys = {name: start_key(name, item[name]) for name in item if name.startswith(KEY_PREFIX)}
    return Account(
        user=user,
        generation=int(item.get("generation", 0)),
        attempt=attempt(item["attempt"]) if "attempt" in item else None,
        link=link(item["link"]) if "link" in item else None,
        auto_upload=bool(item.get("auto_upload", False)),
        keys=keys,
    )


def attempt(stored: Stored) -> Attempt:
    """Return the attempt that the table kept."""
    return Attempt(
        id=AttemptId(stored["id"]),
        status=AttemptStatus(stored["status"]),
        return_url=stored["return_url"],
        redirect_uri=stored["redirect_uri"],
        expires_at=moment(stored["expires_at"]),
        state_hash=bytes(stored["state_hash"]),
        sealed_state=SealedState(bytes(stored["sealed_state"])),
        redemption=_redemption(stored["redemption"]) if "redemption" in stored else None,
        authorized_at=moment(stored["authorized_at"]) if "authorized_at" in stored else None,
        grant=grant(stored["grant"]) if "grant" in stored else None,
        outcome=Outcome(stored["outcome"]) if "outcome" in stored else None,
        wrong_codes=int(stored["wrong_codes"]),
    )


def link(stored: Stored) -> Link:
    """Return the link that the table kept."""
    return Link(
        grant=grant(stored["grant"]),
        connection=Connection(stored["connection"]),
        linked_at=moment(stored["linked_at"]),
    )


def grant(stored: Stored) -> Grant:
    """Return the readable part of a grant that the table kept."""
    athlete = stored["athlete"]
    return Grant(
        id=GrantId(stored["id"]),
        athlete=Athlete(int(athlete["id"]), athlete.get("first_name"), athlete.get("last_name")),
        scopes=tuple(stored["scopes"]),
        expires_at=moment(stored["expires_at"]),
        asked_at=moment(stored["asked_at"]),
    )


def stored_grant(grant_id: GrantId, item: Stored) -> StoredGrant:
    """Return the sealed tokens that the table kept."""
    lease = item.get("lease")
    return StoredGrant(
        id=grant_id,
        user=UserId(item["user"]),
        athlete_id=int(item["athlete_id"]),
        sealed=SealedTokens(bytes(item["sealed"])),
        expires_at=moment(item["expires_at"]),
        asked_at=moment(item["asked_at"]),
        version=int(item["version"]),
        lease=Lease(InvocationId(lease["owner"]), moment(lease["until"])) if lease else None,
        released_at=moment(item["released_at"]) if "released_at" in item else None,
    )


def start_key(name: str, stored: Stored) -> StartKey:
    """Return the idempotency key that the table kept."""
    attempt_id = AttemptId(stored["attempt_id"])
    return StartKey(name, attempt_id, stored["return_url"], moment(stored["at"]))


def _redemption(stored: Stored) -> Redemption:
    return Redemption(
        owner=InvocationId(stored["owner"]),
        at=moment(stored["at"]),
        grant_id=GrantId(stored["grant_id"]),
        salt=bytes(stored["salt"]),
        code_hash=bytes(stored["code_hash"]),
    )
