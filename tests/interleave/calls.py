"""Call: one outside call as it waits, known before it is made."""

import json
from dataclasses import dataclass, field
from typing import Any

TRAININGPEAKS = "trainingpeaks"
CLOCK = "clock"
REST = "rest"
PAUSE = "pause"
"""Places and services that only the scheduler knows."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a step touches: two steps commute unless they share a place and one writes it."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def depends_on(self, other: "Access") -> bool:
        """Tell whether the order of the two can matter."""
        return bool(self.writes & (other.reads | other.writes) or self.reads & other.writes)

    def joined(self, other: "Access") -> "Access":
        """Return what both touch."""
        return Access(self.reads | other.reads, self.writes | other.writes)


@dataclass(frozen=True, slots=True)
class Call:
    """A call to DynamoDB, KMS, SQS or TrainingPeaks, or a rest; `label` says it without secrets."""

    service: str
    operation: str
    access: Access = field(default_factory=Access)
    label: str = ""
    is_exchange: bool = False
    sets_a_fence: bool = False

    @property
    def is_table_write(self) -> bool:
        """Whether DynamoDB could find it in conflict with a transaction."""
        return self.service == "dynamodb" and bool(self.access.writes)

    @property
    def takes_a_time(self) -> bool:
        """Whether a time read just before it decides between grants: `asked_at`, or a fence."""
        return self.is_exchange or self.sets_a_fence


def table_call(operation: str, body: dict[str, Any]) -> Call:
    """Return what a request to DynamoDB will read and write."""
    parts = [next(iter(part.values())) for part in body.get("TransactItems", [])] or [body]
    keys = frozenset((part.get("Key") or part["Item"])["pk"]["S"] for part in parts)
    access = Access(reads=keys) if operation == "GetItem" else Access(writes=keys)
    fences = any("#fence = " in part.get("UpdateExpression", "") for part in parts)
    return Call("dynamodb", operation, access, sets_a_fence=fences)


def grant_named_in(body: dict[str, Any]) -> str | None:
    """Return the grant that a request to KMS or SQS is about."""
    if "EncryptionContext" in body:
        return str(body["EncryptionContext"]["grant"])
    if "MessageBody" in body:
        return str(json.loads(body["MessageBody"])["grant_id"])
    return None
