"""What each function takes and answers when all goes well."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from account_link import api
from account_link.bodies import AutoUploadBody, Body, ConfirmBody, StartBody
from local.openapi import callback, examples
from local.openapi.problems import problem_responses
from local.openapi.schemas import named

type Part = dict[str, Any]

IDEMPOTENCY_KEY: Part = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for every tap. The same key again answers the same attempt.",
    "schema": {"type": "string", "minLength": 1, "maxLength": api.LONGEST_KEY, "pattern": "^[!-~]+$"},
    "example": "example-tap-1",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One function's side of the contract, but for what can go wrong."""

    answers: dict[HTTPStatus, Part]
    body: type[Body] | None = None
    body_examples: examples.Examples = field(default_factory=dict)
    body_required: bool = True
    parameters: tuple[Part, ...] = ()

    def described(self, function: str) -> Part:
        """Return what the document says, with the failures of the function in this folder."""
        answers = {str(int(status)): answer for status, answer in self.answers.items()}
        described: Part = {"parameters": [*self.parameters]} if self.parameters else {}
        if self.body:
            described["requestBody"] = {
                "required": self.body_required,
                "content": _json(self.body.__name__, self.body_examples),
            }
        return described | {"responses": answers | problem_responses(function)}


def operations() -> dict[str, Part]:
    """Return every operation, by its function's folder."""
    described = {function: operation.described(function) for function, operation in _app().items()}
    return described | {"callback": _callback()}


def _app() -> dict[str, Operation]:
    return {
        "start_auth": _start(),
        "confirm": Operation(
            {HTTPStatus.OK: _answer("The link, also where it was confirmed before.", "Status", examples.linked())},
            body=ConfirmBody,
            body_examples=examples.CONFIRM_BODY,
        ),
        "status": Operation({HTTPStatus.OK: _answer("All there is to show.", "Status", examples.statuses())}),
        "toggle": Operation(
            {HTTPStatus.OK: _answer("What the checkbox is now.", "AutoUpload", examples.AUTO_UPLOAD)},
            body=AutoUploadBody,
            body_examples=examples.AUTO_UPLOAD_BODY,
        ),
        "unlink": Operation({HTTPStatus.NO_CONTENT: _no_content("There is no link, whether or not there was one.")}),
    }


def _start() -> Operation:
    return Operation(
        {
            HTTPStatus.CREATED: _answer("A new attempt.", "Started", examples.created()),
            HTTPStatus.OK: _answer("An attempt that was joined or repeated.", "Started", examples.repeated()),
        },
        body=StartBody,
        body_examples=examples.START_BODY,
        body_required=False,
        parameters=(IDEMPOTENCY_KEY,),
    )


def _callback() -> Part:
    return {
        "description": callback.ABOUT,
        "parameters": callback.parameters(),
        "responses": callback.responses() | problem_responses("callback"),
    }


def _answer(about: str, schema: str, shown: examples.Examples) -> Part:
    return _no_content(about) | {"content": _json(schema, shown)}


def _no_content(about: str) -> Part:
    return {"description": about, "headers": {"Cache-Control": {"$ref": "#/components/headers/NoStore"}}}


def _json(schema: str, shown: examples.Examples) -> Part:
    return {"application/json": {"schema": named(schema), "examples": shown}}
