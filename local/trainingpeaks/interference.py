"""How a fault comes over a call: before the work, after it, or in its place."""

from typing import Final

from flask import Blueprint, Response, g, json, request

from local.trainingpeaks.connection import ClientLeftError, ConnectionDroppedError, client_left, patience
from local.trainingpeaks.faults import Endpoint, Fault
from local.trainingpeaks.state import Effect, current_state

_GRANT_TYPES: Final[dict[str, Effect]] = {"authorization_code": "exchange", "refresh_token": "refresh"}
_WITHOUT_BODY: Final = frozenset({204, 304})
_WEB_PAGE: Final = "<!doctype html>\n<title>Not available</title>\n<h1>This page is not available</h1>\n"


def interfere(blueprint: Blueprint) -> None:
    """Let the faults that are set come over the calls to `blueprint`."""
    blueprint.before_request(_before_the_work)
    blueprint.after_request(_after_the_work)


def _before_the_work() -> Response | None:
    fault = current_state().faults.take(_names())
    g.fault = fault
    if fault is None:
        return None
    current_state().faults.sleep(min(fault.latency_seconds, patience(request.environ)))
    if fault.drop == "before":
        raise ConnectionDroppedError
    return _answer(fault) if fault.is_instead_of_work else None


def _after_the_work(response: Response) -> Response:
    fault: Fault | None = g.pop("fault", None)
    effect = None if fault is not None and fault.is_instead_of_work else _effect(response)
    if _has_left(fault):
        _lose(effect, response)
        raise ClientLeftError
    if fault is not None and fault.drop == "after":
        _lose(effect, response)
        raise ConnectionDroppedError
    spoilt = response if fault is None else _spoil(fault, response)
    if spoilt is not response and _says_nothing_of(effect, spoilt):
        _lose(effect, response)
    return spoilt


def _names() -> tuple[Endpoint, ...]:
    """Return what faults call the present request; none for one that they spare."""
    match (request.endpoint or "").rpartition(".")[2]:
        case "token":
            grant_type = _GRANT_TYPES.get(request.form.get("grant_type", ""))
            return ("token",) if grant_type is None else (grant_type, "token")
        case "deauthorize":
            return ("deauthorize",)
        case "athlete_profile":
            return ("athlete_profile",)
        case _:
            return ()


def _effect(response: Response) -> Effect | None:
    """Return what the work has changed: whatever changes something answers 200, and nothing else here does."""
    match _names() if response.status_code == 200 else ():  # noqa: PLR2004 - the one status of success
        case ("exchange" | "refresh" | "deauthorize" as effect, *_):
            return effect
        case _:
            return None


def _has_left(fault: Fault | None) -> bool:
    waited = 0 if fault is None else fault.latency_seconds
    return waited > patience(request.environ) or client_left(request.environ)


def _lose(effect: Effect | None, response: Response) -> None:
    if effect is not None:
        tokens = response.get_json(silent=True) or {}
        current_state().lose(effect, tokens.get("refresh_token"))


def _says_nothing_of(effect: Effect | None, answer: Response) -> bool:
    """Return whether the client cannot learn the effect: tokens need the body, a deauthorisation needs the status."""
    return effect != "deauthorize" or not 200 <= answer.status_code < 300  # noqa: PLR2004 - the statuses of success


def _spoil(fault: Fault, response: Response) -> Response:
    if fault.is_instead_of_work:
        return response
    if fault.status is not None:
        return _answer(fault)
    return response if fault.body is None else _with_body(fault, response.get_data(as_text=True), response.status_code)


def _answer(fault: Fault) -> Response:
    status = fault.status or 500
    response = _with_body(fault, json.dumps(_message(fault)), status)
    if fault.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(fault.retry_after_seconds)
    return response


def _with_body(fault: Fault, text: str, status: int) -> Response:
    if status in _WITHOUT_BODY:
        return Response(status=status)
    match fault.body:
        case "html":
            return Response(_WEB_PAGE, status, mimetype="text/html")
        case "truncated":
            text = text or json.dumps(_message(fault))
            text = text[: len(text) // 2]
        case "empty":
            text = ""
        case None:
            pass
    return Response(text, status, mimetype="application/json")


def _message(fault: Fault) -> dict[str, str]:
    description = "A fault that was set on the simulator"
    return {"error": fault.error, "error_description": description} if fault.error else {"Message": description}
