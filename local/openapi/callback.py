"""The callback, which no app calls: TrainingPeaks sends a browser there, and it gets a page or a redirect."""

from http import HTTPStatus
from typing import Any

from account_link import callback_query
from account_link.pages import WAIT_SECONDS
from local.openapi.schemas import named

type Part = dict[str, Any]

ABOUT = (
    "TrainingPeaks' redirect, with either `code` and `state` or `error` and `state`. Nothing is refused with an error: "
    "a query that makes no sense ends as `expired`. The same query again ends as it did the first time, and exchanges "
    "nothing again."
)
PAGE = {"text/html": {"schema": {"type": "string"}}}
SECURITY = ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options")


def parameters() -> list[Part]:
    """Return what the query may hold; anything else in it is ignored unless it comes twice."""
    return [
        _parameter("state", "As Kinni made it.", maxLength=callback_query.LONGEST_STATE),
        _parameter("code", "What Kinni exchanges for tokens, once.", maxLength=callback_query.LONGEST_CODE),
        _parameter("error", "Why there is no code, such as `access_denied`."),
    ]


def responses() -> dict[str, Part]:
    """Return how the browser is led back, by status."""
    return {
        str(int(HTTPStatus.OK)): _last_or_waiting_page(),
        str(int(HTTPStatus.SEE_OTHER)): _redirect(),
        str(int(HTTPStatus.SERVICE_UNAVAILABLE)): _busy_page(),
    }


def _parameter(name: str, about: str, **limits: int) -> Part:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": about,
        "schema": {"type": "string", **limits},
    }


def _page(about: str) -> Part:
    return {"description": about, "headers": _headers(), "content": PAGE}


def _last_or_waiting_page() -> Part:
    page = _page(
        "A page: it goes to an app's own scheme by itself, says that the state is not known, or reloads itself "
        "while the same callback is still being worked on."
    )
    page["headers"]["Refresh"] = {
        "description": "Seconds until the browser asks again, while the callback is being worked on.",
        "required": False,
        "schema": {"type": "string", "const": str(WAIT_SECONDS)},
    }
    return page


def _busy_page() -> Part:
    page = _page("A page that leads back with the outcome `try_again`: our own store or key service failed.")
    page["headers"]["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    return page


def _redirect() -> Part:
    location = {
        "description": "The return URL. Its fragment, decoded, is as `x-fragment-schema` says.",
        "required": True,
        "schema": {"type": "string", "format": "uri"},
        "x-fragment-schema": named("ReturnFragment"),
    }
    about = "To a return URL with `https:`, or `http:` on loopback."
    return {"description": about, "headers": _headers() | {"Location": location}}


def _headers() -> Part:
    text = {"required": True, "schema": {"type": "string"}}
    return {"Cache-Control": {"$ref": "#/components/headers/NoStore"}} | dict.fromkeys(SECURITY, text)
