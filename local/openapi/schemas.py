"""Schemas of everything the API takes and answers: from the models, and beside the documents that they describe."""

from enum import StrEnum
from typing import Any

from pydantic.json_schema import models_json_schema

from account_link import api, bodies, page_texts
from account_link.confirmation import CODE_BYTES
from account_link.models import AttemptStatus, Connection, Outcome
from account_link.trainingpeaks_replies import LARGEST_ID, LONGEST_NAME

type Schema = dict[str, Any]

PREFIX = "#/components/schemas/"
BODIES = (bodies.StartBody, bodies.ConfirmBody, bodies.AutoUploadBody)
CODE_LENGTH = -(-CODE_BYTES * 8 // 6)
"""Base64 without padding: 6 bits a character."""

TEXT: Schema = {"type": "string"}
TIMESTAMP: Schema = {"type": "string", "format": "date-time", "pattern": "Z$", "description": "UTC, whole seconds."}


def named(name: str) -> Schema:
    """Return a reference to one of `schemas`."""
    return {"$ref": PREFIX + name}


def schemas() -> dict[str, Schema]:
    """Return every schema by its name."""
    return _requests() | _words() | _answers() | {"Problem": _problem(), "Message": _message()}


def _requests() -> dict[str, Schema]:
    _, document = models_json_schema([(model, "validation") for model in BODIES], ref_template=PREFIX + "{model}")
    found: dict[str, Schema] = document["$defs"]
    return found


def _words() -> dict[str, Schema]:
    told = "\n".join(f"- `{outcome}`: {text.title}" for outcome, text in page_texts.TEXTS.items() if outcome)
    return {
        "AttemptStatus": _enum(AttemptStatus),
        "Connection": _enum(Connection),
        "Outcome": _enum(Outcome) | {"description": f"How a callback ends:\n\n{told}\n"},
    }


def _answers() -> dict[str, Schema]:
    return {
        "Started": _started(),
        "Status": _status(),
        "Athlete": _athlete(),
        "Token": _token(),
        "Attempt": _attempt(),
        "AutoUpload": _object(auto_upload={"type": "boolean"}),
        "ReturnFragment": _return_fragment(),
    }


def _started() -> Schema:
    url = _or_null(TEXT | {"format": "uri"})
    return _object(
        attempt_id=TEXT,
        status=named("AttemptStatus"),
        authorization_url=url | {"description": "Where the browser goes now; null once the attempt is not pending."},
        expires_at=TIMESTAMP,
    )


def _status() -> Schema:
    return _object(
        linked={"type": "boolean"},
        connection=named("Connection"),
        athlete=_or_null(named("Athlete")),
        auto_upload={"type": "boolean", "description": "The auto-upload checkbox."},
        token=_or_null(named("Token")) | {"description": "Null unless the connection is active."},
        scopes={"type": "array", "items": TEXT},
        linked_at=_or_null(TIMESTAMP),
        attempt=_or_null(named("Attempt")) | {"description": "The latest attempt."},
    )


def _athlete() -> Schema:
    name = _or_null(TEXT | {"minLength": 1, "maxLength": LONGEST_NAME})
    number = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID}
    return _object(id=number, first_name=name, last_name=name)


def _token() -> Schema:
    about = "The access token's clock. An expired token of an active connection is refreshed at its next use."
    return _object(
        valid={"type": "boolean"},
        expires_at=TIMESTAMP,
        expires_in_seconds={"type": "integer", "minimum": 0},
    ) | {"description": about}


def _attempt() -> Schema:
    # What authorised did not fail.
    codes: list[str | None] = [outcome.value for outcome in Outcome if outcome is not Outcome.AUTHORIZED]
    return _object(
        attempt_id=TEXT,
        status=named("AttemptStatus"),
        expires_at=TIMESTAMP,
        error_code={"enum": [*codes, None], "description": "Why, where the status is `cancelled` or `failed`."},
    )


def _return_fragment() -> Schema:
    fragment = _object(
        attempt_id=TEXT | {"description": "Missing where the state is not known."},
        outcome=named("Outcome"),
        confirmation_code=TEXT
        | {
            "pattern": f"^[A-Za-z0-9_-]{{{CODE_LENGTH}}}$",
            "description": "With `authorized` only; the app presents it with `POST /v1/trainingpeaks/link`.",
        },
    )
    about = "What the callback puts, form-encoded, into the fragment of the return URL."
    return fragment | {"description": about, "required": ["outcome"]}


def _problem() -> Schema:
    codes = sorted(error.code for error in api.STATUSES)
    return _object(
        type={"enum": [api.PROBLEM + code for code in codes]},
        title=TEXT | {"description": "For the person who reads it in the app."},
        status={"type": "integer", "enum": sorted({int(status) for status in api.STATUSES.values()})},
        detail=TEXT | {"description": "What that person can do."},
        code={"enum": codes},
        request_id=TEXT | {"description": "To quote to support."},
    ) | {"description": "An error as RFC 9457 has it."}


def _message() -> Schema:
    answer = {"type": "object", "properties": {"message": TEXT}, "required": ["message"]}
    return answer | {"description": "What API Gateway answers by itself."}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _enum(values: type[StrEnum]) -> Schema:
    return {"type": "string", "enum": [value.value for value in values]}
