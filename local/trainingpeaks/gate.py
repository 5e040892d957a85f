"""What every request from server to server passes before it is answered."""

from typing import Never

from flask import Blueprint, Response, jsonify, request

from local.trainingpeaks.grants import Grant
from local.trainingpeaks.interference import interfere
from local.trainingpeaks.state import current_state

type Headers = dict[str, str]


class ApiError(Exception):
    """A request that is refused with a status, a body and perhaps headers."""

    def __init__(self, status: int, body: dict[str, str], headers: Headers | None = None) -> None:
        """Keep the answer."""
        super().__init__(f"Refused with status {status}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def guard(blueprint: Blueprint) -> None:
    """Let the routes of `blueprint` be called with a User-Agent only, answer their ApiError, and let faults happen."""
    interfere(blueprint)
    blueprint.before_request(require_user_agent)
    blueprint.register_error_handler(ApiError, answer)


def require_user_agent() -> None:
    """Refuse a request without User-Agent.

    TrainingPeaks documents that every request carries one, not what happens without: the status 403 is our assumption.
    """
    if not request.headers.get("User-Agent", "").strip():
        raise ApiError(403, {"Message": "A User-Agent is required"})


def bearer_token() -> str:
    """Return the access token that the request carries.

    Raises ApiError (401) if there is none.
    """
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        refuse_token()
    return authorization.token


def authorised_grant(scope: str) -> Grant:
    """Return the grant behind the request.

    Raises ApiError: 401 if the access token is missing, expired or revoked, 403 if the grant lacks `scope`.
    """
    grant = current_state().grant_for(bearer_token())
    if grant is None:
        refuse_token()
    if scope not in grant.scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise ApiError(403, {"Message": f"The scope {scope} is required"}, {"WWW-Authenticate": challenge})
    return grant


def refuse_token() -> Never:
    """Refuse the access token with 401."""
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    raise ApiError(401, {"Message": "The access token is missing, expired or revoked"}, challenge)


def answer(error: ApiError) -> Response:
    """Answer a refused request."""
    response = jsonify(error.body)
    response.status_code = error.status
    response.headers.update(error.headers)
    return response
