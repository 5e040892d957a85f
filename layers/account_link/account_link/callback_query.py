"""Reading TrainingPeaks' redirect: what the query says, and when it makes no sense."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs

from account_link.models import Code, State

LONGEST_QUERY = 16 * 1024
LONGEST_STATE = 512
LONGEST_CODE = 4096


@dataclass(frozen=True, slots=True)
class CallbackQuery:
    """A redirect with either a code or an error, or, where it makes no sense, neither."""

    state: State | None = field(repr=False)
    code: Code | None = field(default=None, repr=False)
    error: str | None = field(default=None, repr=False)


def read(raw_query: str) -> CallbackQuery:
    """Return what the query says; parameters given twice or too long count as nonsense."""
    if len(raw_query) > LONGEST_QUERY:
        return CallbackQuery(None)
    query = parse_qs(raw_query, keep_blank_values=True)
    states, codes, errors = (query.get(name, []) for name in ("state", "code", "error"))
    state = State(states[0]) if len(states) == 1 and len(states[0]) <= LONGEST_STATE else None
    if any(len(values) > 1 for values in query.values()):
        return CallbackQuery(state)
    code, error = codes[0] if codes else "", errors[0] if errors else ""
    if bool(codes) == bool(errors) or not (code or error) or len(code) > LONGEST_CODE:
        return CallbackQuery(state)
    return CallbackQuery(state, Code(code) if code else None, error or None)
