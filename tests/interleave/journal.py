"""Journal: every step of a schedule in order, with names that are the same in every order."""

from dataclasses import dataclass, replace

from tests.interleave.actors import present
from tests.interleave.calls import Access, Call

GRANT = "GRANT#"
BEFORE = -1
"""The place of what belongs to the scene."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One call that had its effect: who made it, which, and the status that it was answered with."""

    actor: str
    call: Call
    status: int


class Journal:
    """Grants have random ids; here they are called by who named them first."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.names: dict[str, str] = {}

    def restart(self, names: dict[str, str]) -> None:
        """Forget all but the names of the grants that were there before."""
        self.entries.clear()
        self.names = dict(names)

    def named(self, call: Call) -> Call:
        """Return the call with steady names for its grants."""
        access = Access(self._all(call.access.reads), self._all(call.access.writes))
        label = self._grant(call.label) if call.service in {"kms", "sqs"} and call.label else call.label
        return replace(call, access=access, label=label or " ".join(sorted(access.reads | access.writes)))

    def happened(self, call: Call, status: int) -> None:
        """Note a call whose effect stays, whether or not its answer arrives."""
        actor = present()
        self.entries.append(Entry(actor.name if actor else "-", call, status))

    def _all(self, keys: frozenset[str]) -> frozenset[str]:
        return frozenset(GRANT + self._grant(key.removeprefix(GRANT)) if key.startswith(GRANT) else key for key in keys)

    def _grant(self, grant_id: str) -> str:
        if grant_id not in self.names:
            actor = present()
            owner = actor.name if actor else "setup"
            number = sum(name.startswith(f"{owner}.") for name in self.names.values())
            self.names[grant_id] = f"{owner}.{number}"
        return self.names[grant_id]
