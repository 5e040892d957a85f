"""Turns the event that the SAM CLI makes into the one that API Gateway sends (HTTP API, payload format 2.0)."""

from __future__ import annotations

import base64
import time
import uuid
from typing import Any

TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})

type Event = dict[str, Any]


def as_sent_by_aws(event: Event) -> Event:
    """Return the event as AWS would send it. Every body must have come in Base64; `gateway` sees to that."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    sent = {name: value for name, value in event.items() if not _is_absent(name, value)}
    sent["requestContext"] = _request_context(event["requestContext"], headers)
    sent["headers"] = {name: value for name, value in headers.items() if name != "cookie"}
    sent["headers"]["x-forwarded-for"] = event["requestContext"]["http"]["sourceIp"]
    return sent | _body(event.get("body", ""), headers.get("content-type", ""))


def with_caller(event: Event, claims: dict[str, Any]) -> Event:
    """Return the event with the claims of a verified token, where API Gateway's JWT authoriser puts them."""
    authorizer = {"jwt": {"claims": {name: _as_text(value) for name, value in claims.items()}, "scopes": None}}
    return event | {"requestContext": event["requestContext"] | {"authorizer": authorizer}}


def _is_absent(name: str, value: object) -> bool:
    """Tell what AWS leaves out where there is nothing to say: it sends no nulls and no empty collections."""
    return name == "body" or value is None or (name in {"cookies", "pathParameters"} and not value)


def _request_context(context: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    now = time.time()
    domain = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    return context | {
        "requestId": str(uuid.uuid4()),
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
        "http": context["http"] | {"userAgent": headers.get("user-agent", "")},
    }


def _body(encoded: str, content_type: str) -> Event:
    """Pass on as text what the content type calls text, and everything else in Base64, as API Gateway does."""
    if not encoded:
        return {"isBase64Encoded": False}
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type and media_type not in TEXT_TYPES and not media_type.startswith("text/"):
        return {"body": encoded, "isBase64Encoded": True}
    return {"body": base64.b64decode(encoded).decode(errors="replace"), "isBase64Encoded": False}


def _as_text(value: object) -> str:
    """Write a claim as API Gateway does: `true`, `1700000000`, and lists as `[a b]`."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{' '.join(_as_text(part) for part in value)}]"
        case _:
            return str(value)
