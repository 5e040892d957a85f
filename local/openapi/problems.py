"""Which errors each route can answer, and what those answers look like."""

import inspect
import json
from collections import defaultdict
from http import HTTPStatus
from typing import Any

from account_link import api, errors
from local.openapi.schemas import Schema, named

type Response = dict[str, Any]
type ErrorType = type[errors.LinkError]

EXAMPLE_REQUEST_ID = "example-request-1="

_ANY_CALL = (errors.NotSignedInError, errors.TryAgainError)
_ANY_BODY = (errors.RequestInvalidError, errors.RequestTooLargeError)

PROBLEMS: dict[str, tuple[ErrorType, ...]] = {
    "start_auth": (
        *_ANY_CALL,
        *_ANY_BODY,
        errors.IdempotencyKeyInvalidError,
        errors.IdempotencyKeyReusedError,
        errors.ReturnUrlNotAllowedError,
    ),
    # A browser gets a page, whatever happens.
    "callback": (),
    "confirm": (
        *_ANY_CALL,
        *_ANY_BODY,
        errors.AttemptExpiredError,
        errors.AttemptNotAuthorizedError,
        errors.AttemptNotFoundError,
        errors.ConfirmationCodeWrongError,
    ),
    "status": _ANY_CALL,
    "toggle": (*_ANY_CALL, *_ANY_BODY, errors.NotLinkedError),
    "unlink": _ANY_CALL,
}
"""By the function's folder."""

GATEWAY = {
    HTTPStatus.TOO_MANY_REQUESTS: "API Gateway lets no more requests through at the moment.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A bug, or a time-out; the operators are alarmed.",
}
"""What API Gateway can answer on every route by itself."""

GATEWAY_TOO = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
"""What API Gateway answers by itself before the function could: no valid JWT, a body of megabytes."""


def problem_responses(function: str) -> dict[str, Response]:
    """Return the answers that report a failure, by status, of the function in this folder."""
    by_status: dict[HTTPStatus, list[ErrorType]] = defaultdict(list)
    for error in PROBLEMS[function]:
        by_status[api.STATUSES[error]].append(error)
    responses = {status: _response(status, found) for status, found in by_status.items()}
    responses |= {status: {"$ref": f"#/components/responses/{_name(status)}"} for status in GATEWAY}
    return {str(int(status)): responses[status] for status in sorted(responses)}


def gateway_responses() -> dict[str, Response]:
    """Return what API Gateway answers on every route, by a name of the status."""
    return {_name(status): {"description": about, "content": _message()} for status, about in GATEWAY.items()}


def problem_examples() -> dict[str, Any]:
    """Return every problem document, by its code."""
    found = sorted(api.STATUSES, key=lambda error: error.code)
    return {error.code: {"value": json.loads(api.problem(error(), EXAMPLE_REQUEST_ID)["body"])} for error in found}


def _response(status: HTTPStatus, found: list[ErrorType]) -> Response:
    headers = {"Cache-Control": {"$ref": "#/components/headers/NoStore"}}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    examples = {error.code: {"$ref": f"#/components/examples/{error.code}"} for error in found}
    content = {"application/problem+json": {"schema": _schema(found), "examples": examples}}
    return {
        "description": "\n".join(f"`{error.code}`: {_about(error)}\n" for error in found).strip(),
        "headers": headers,
        "content": content | (_message() if status in GATEWAY_TOO else {}),
    }


def _schema(found: list[ErrorType]) -> Schema:
    return {"allOf": [named("Problem"), {"properties": {"code": {"enum": [error.code for error in found]}}}]}


def _about(error: ErrorType) -> str:
    return (inspect.getdoc(error) or "").replace("``", "`")


def _name(status: HTTPStatus) -> str:
    return status.phrase.title().replace(" ", "")


def _message() -> dict[str, Any]:
    return {"application/json": {"schema": named("Message")}}
