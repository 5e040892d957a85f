"""The JSON bodies that the app sends: strict, and nothing beyond what `api.md` names."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from account_link import strict_json
from account_link.errors import RequestInvalidError


@dataclass(frozen=True, slots=True)
class Body:
    """A field's type and length are checked as declared; unknown fields are refused."""


def _length(shortest: int, longest: int) -> Mapping[str, int]:
    return {"shortest": shortest, "longest": longest}


@dataclass(frozen=True, slots=True)
class StartBody(Body):
    """`POST /auth`; the body as a whole may be missing."""

    return_url: str | None = field(default=None, metadata=_length(0, 2048))


@dataclass(frozen=True, slots=True)
class ConfirmBody(Body):
    """`POST /link`."""

    attempt_id: str = field(metadata=_length(1, 128))
    confirmation_code: str = field(metadata=_length(1, 128), repr=False)


@dataclass(frozen=True, slots=True)
class AutoUploadBody(Body):
    """`PUT /auto-upload`: a JSON boolean and nothing that looks like one."""

    enabled: bool


def parse[T: Body](model: type[T], body: bytes) -> T:
    """Return the body as its model; raise RequestInvalidError where it does not parse."""
    try:
        sent = strict_json.parsed(body)
    except strict_json.NotJsonError as exc:
        raise RequestInvalidError from exc
    if not isinstance(sent, dict) or not _is_as_declared(model, sent):
        raise RequestInvalidError
    return model(**sent)


def _is_as_declared(model: type[Body], sent: Mapping[str, object]) -> bool:
    declared = {part.name: part for part in fields(model)}
    needed = {name for name, part in declared.items() if part.default is MISSING}
    known = needed <= sent.keys() <= declared.keys()
    return known and all(_is_allowed(declared[name], value) for name, value in sent.items())


def _is_allowed(declared: Field[Any], value: object) -> bool:
    if not isinstance(value, declared.type):  # type: ignore[arg-type]  # a text only where annotations are postponed
        return False
    limits = declared.metadata
    return not isinstance(value, str) or limits["shortest"] <= len(value) <= limits["longest"]
