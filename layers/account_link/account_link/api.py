"""The edge to API Gateway: caller, header and body in, JSON and problem+json out.

The only place that knows status numbers (the callback's pages know theirs in `pages.py`).
"""

import functools
import json
import math
import os
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from account_link import errors
from account_link.deadline import Deadline
from account_link.log import logger
from account_link.models import InvocationId, UserId

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

type Event = Mapping[str, Any]
type Response = dict[str, Any]
type Handler = Callable[[Event, "LambdaContext"], Response]

LARGEST_BODY = 16 * 1024
LONGEST_USER = 255
"""OpenID Connect Core 2: a `sub` is at most 255 ASCII characters."""
LONGEST_KEY = 128
CALLBACK_PATH = "/v1/trainingpeaks/callback"
PROBLEM = "urn:kinni:trainingpeaks:"

STATUSES: dict[type[errors.LinkError], HTTPStatus] = {
    errors.AttemptExpiredError: HTTPStatus.GONE,
    errors.AttemptNotAuthorizedError: HTTPStatus.CONFLICT,
    errors.AttemptNotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConfirmationCodeWrongError: HTTPStatus.FORBIDDEN,
    errors.IdempotencyKeyInvalidError: HTTPStatus.BAD_REQUEST,
    errors.IdempotencyKeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotLinkedError: HTTPStatus.NOT_FOUND,
    errors.NotSignedInError: HTTPStatus.UNAUTHORIZED,
    errors.RequestInvalidError: HTTPStatus.BAD_REQUEST,
    errors.RequestTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.ReturnUrlNotAllowedError: HTTPStatus.BAD_REQUEST,
    errors.TryAgainError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def answers_problems(handler: Handler) -> Handler:
    """Turn every LinkError into its problem document; anything else is a bug and crashes."""

    @functools.wraps(handler)
    def answer(event: Event, context: "LambdaContext") -> Response:
        try:
            response = handler(event, context)
        except errors.LinkError as exc:
            response = problem(exc, request_id(event))
            _log(event, response, exc)
        else:
            _log(event, response, None)
        return response

    return answer


def caller(event: Event) -> UserId:
    """Return the user: the `sub` that API Gateway's authorizer verified, and nothing else.

    Under `sam local` there is no authorizer; only there does LOCAL_USER_ID stand in for it.
    Raises NotSignedInError.
    """
    authorizer = event.get("requestContext", {}).get("authorizer", {})
    user = authorizer.get("jwt", {}).get("claims", {}).get("sub")
    if not user and os.environ.get("AWS_SAM_LOCAL") == "true":
        user = os.environ.get("LOCAL_USER_ID")
    if not isinstance(user, str) or not 0 < len(user.encode(errors="replace")) <= LONGEST_USER:
        raise errors.NotSignedInError
    if any("\ud800" <= character <= "\udfff" for character in user):
        raise errors.NotSignedInError
    return UserId(user)


def idempotency_key(event: Event) -> str:
    """Return the header; raise IdempotencyKeyInvalidError unless it is 1 to 128 visible ASCII."""
    key = header(event, "idempotency-key")
    visible = key.isascii() and key.isprintable() and " " not in key
    if not key or len(key) > LONGEST_KEY or not visible:
        raise errors.IdempotencyKeyInvalidError
    return key


def header(event: Event, name: str) -> str:
    """Return a header's value, or an empty string; the local servers keep the client's case."""
    for given, value in event.get("headers", {}).items():
        if given.lower() == name:
            return str(value)
    return ""


def body(event: Event) -> bytes:
    """Return the body as sent; raise RequestTooLargeError or RequestInvalidError."""
    text = event.get("body") or ""
    try:
        raw = b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (Base64Error, UnicodeEncodeError, ValueError) as exc:
        raise errors.RequestInvalidError from exc
    if len(raw) > LARGEST_BODY:
        raise errors.RequestTooLargeError
    return raw


def callback_url(event: Event, configured: str) -> str:
    """Return where TrainingPeaks shall redirect to: configured, or at the API's own domain."""
    return configured or f"https://{event['requestContext']['domainName']}{CALLBACK_PATH}"


def invocation(context: "LambdaContext") -> InvocationId:
    """Return this invocation's own id, which its conditional writes carry."""
    return InvocationId(context.aws_request_id)


def deadline(context: "LambdaContext") -> Deadline:
    """Return when Lambda will end this invocation."""
    return Deadline(context.get_remaining_time_in_millis() / 1000)


def request_id(event: Event) -> str:
    """Return API Gateway's id of the request, which the app may quote to support."""
    return str(event.get("requestContext", {}).get("requestId", ""))


def json_answer(document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a JSON answer that nobody may keep."""
    return _response(status, "application/json", json.dumps(document))


def no_content() -> Response:
    """Return 204."""
    return {"statusCode": int(HTTPStatus.NO_CONTENT), "headers": {"Cache-Control": "no-store"}}


def problem(exc: errors.LinkError, request: str) -> Response:
    """Return the error as RFC 9457 has it; its texts are ours, never TrainingPeaks'."""
    status = next(STATUSES[kind] for kind in type(exc).__mro__ if kind in STATUSES)
    document = {
        "type": PROBLEM + exc.code,
        "title": exc.title,
        "status": int(status),
        "detail": exc.detail,
        "code": exc.code,
        "request_id": request,
    }
    response = _response(status, "application/problem+json", json.dumps(document))
    if isinstance(exc, errors.TryAgainError):
        response["headers"]["Retry-After"] = str(max(1, math.ceil(exc.retry_after.total_seconds())))
    return response


def _response(status: HTTPStatus, content_type: str, text: str) -> Response:
    headers = {"Content-Type": content_type, "Cache-Control": "no-store"}
    return {"statusCode": int(status), "headers": headers, "body": text}


def _log(event: Event, response: Response, exc: errors.LinkError | None) -> None:
    """One line a request, of our own words only: no header, no query, no body."""
    fields = {
        "route": event.get("routeKey", ""),
        "status": response["statusCode"],
        "request_id": request_id(event),
    }
    if exc is not None:
        fields |= {"code": exc.code, "cause": _cause(exc)}
    logger.info("answered", extra=fields)


def _cause(exc: errors.LinkError) -> str:
    """Return the name of what failed, never its text."""
    cause = exc.__cause__
    if cause is None:
        return ""
    response = getattr(cause, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", ""))
    return type(cause).__name__
