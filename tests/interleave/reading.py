"""Reading: the raw table, and what TrainingPeaks gave and ended, in the words of the invariants."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from account_link import items
from account_link.models import Connection, GrantId, TokenSet, UserId
from account_link.token_cipher import SealBrokenError, TokenCipher
from tests.interleave.actors import Fault
from tests.interleave.acts import Answer
from tests.interleave.aftermath import Evidence, Look
from tests.interleave.journal import BEFORE, GRANT, Entry
from tests.interleave.provider import Deal
from tests.interleave.stage import Items

USER = "USER#"
ATHLETE = "ATHLETE#"


@dataclass(frozen=True, slots=True)
class HeldLink:
    """A link as the table has it."""

    user: str
    grant_id: str
    athlete: int
    is_active: bool


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item as Python values."""
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def links(table: Items) -> list[HeldLink]:
    """Return every link in the table."""
    found = []
    for key, item in table.items():
        if key.startswith(USER) and "link" in item:
            link = items.link(plain(item)["link"])
            active = link.connection is Connection.ACTIVE
            found.append(HeldLink(key.removeprefix(USER), link.grant.id, link.grant.athlete.id, active))
    return found


def grants(table: Items) -> set[str]:
    """Return the ids of all grants whose tokens the table holds."""
    return {key.removeprefix(GRANT) for key in table if key.startswith(GRANT)}


def claims(table: Items) -> dict[int, tuple[str, str]]:
    """Return who holds which athlete, and by which grant."""
    held = {key: plain(item) for key, item in table.items() if key.startswith(ATHLETE)}
    return {
        int(key.removeprefix(ATHLETE)): (item["holder"], item["grant_id"])
        for key, item in held.items()
        if "holder" in item
    }


def tokens(evidence: Evidence, look: Look, grant_id: str) -> TokenSet | None:
    """Open a stored grant; None where it is not there or does not open."""
    item = look.items.get(GRANT + grant_id)
    if item is None:
        return None
    stored = items.stored_grant(GrantId(grant_id), plain(item))
    try:
        return TokenCipher(_Keys(evidence), "key").open(stored.sealed, UserId(stored.user), stored.id)  # type: ignore[arg-type]
    except SealBrokenError:
        return None


def ended_by_provider(evidence: Evidence, grant: str) -> bool:
    """Tell whether a newer grant ended this one: the provider itself did it."""
    return any(deal.what == "exchange ended" and grant in deal.grants for deal in evidence.stage.provider.deals)


def last_given(evidence: Evidence, grant: str) -> Deal:
    """Return when TrainingPeaks last gave tokens of this grant."""
    given = [deal for deal in evidence.stage.provider.deals if grant in deal.grants and "ended" not in deal.what]
    return given[-1]


def is_lost(evidence: Evidence, grant: str) -> bool:
    """Tell whether the newest tokens of the grant never reached us, or died with who got them."""
    deal = last_given(evidence, grant)
    later = evidence.stage.journal.entries[deal.place + 1 :]
    is_kept = deal.place == BEFORE or any(_stores(entry, deal.actor) for entry in later)
    return not deal.is_delivered or not is_kept


def _stores(entry: Entry, actor: str) -> bool:
    is_write = entry.call.operation in {"PutItem", "UpdateItem"} and entry.status == 200
    return entry.actor == actor and is_write and any(key.startswith(GRANT) for key in entry.call.access.writes)


def is_done_to(entry: Entry, user: str) -> bool:
    """Tell whether a transaction changed the user's account."""
    is_transaction = entry.call.operation == "TransactWriteItems" and entry.status == 200
    return is_transaction and USER + user in entry.call.access.writes


def entries(evidence: Evidence) -> Iterator[tuple[int, Entry]]:
    """Return the journal with its places."""
    yield from enumerate(evidence.stage.journal.entries)


def unlinks(evidence: Evidence, user: str) -> list[int]:
    """Return where in the journal the user's link was given up."""
    return [place for place, entry in entries(evidence) if entry.actor.endswith("unlink") and is_done_to(entry, user)]


def is_alive(start: Answer) -> bool:
    return start.status in {200, 201} and start.document["status"] != "expired"


def used_grants(evidence: Evidence) -> set[str]:
    """Return TrainingPeaks' names of the grants whose newest tokens an active link holds."""
    found = set()
    for link in links(evidence.drained.items):
        opened = tokens(evidence, evidence.drained, link.grant_id) if link.is_active else None
        if opened and opened.refresh_token:
            grant = evidence.stage.provider.tokens[opened.refresh_token]
            if evidence.drained.live.get(grant) == opened.refresh_token:
                found.add(grant)
    return found


def dead_before_counting(evidence: Evidence) -> int:
    """Return how many may have died between a transaction that destroys tokens and the count of it."""
    return sum(fault in {Fault.CRASH, Fault.LOST, Fault.PAUSE} for _, _, fault in evidence.run.plan.faults)


class _Keys:
    """A KMS client for who judges: it reads the schedule's key service without being held."""

    class exceptions:  # noqa: N801 -- as boto3 calls it
        InvalidCiphertextException = SealBrokenError

    def __init__(self, evidence: Evidence) -> None:
        self._keys = evidence.stage.keys

    def decrypt(self, **request: Any) -> dict[str, bytes]:  # noqa: ANN401 -- any request
        """Decrypt, as boto3 has it."""
        return {"Plaintext": self._keys.opened(request["CiphertextBlob"], request["EncryptionContext"])}


def documents(table: Items) -> str:
    """Return the whole table as text, what is sealed included."""
    return json.dumps(table, default=lambda value: bytes(value).decode("latin-1"))
