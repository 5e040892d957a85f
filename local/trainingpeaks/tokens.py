"""The token endpoint and deauthorisation."""

from typing import Never

from flask import Blueprint, Response, jsonify, request

from local.trainingpeaks.gate import ApiError, bearer_token, guard, refuse_token
from local.trainingpeaks.grants import Grant, InvalidGrantError
from local.trainingpeaks.state import current_state

tokens = Blueprint("tokens", __name__)
guard(tokens)


@tokens.post("/oauth/token")
def token() -> Response:
    """Exchange a code or refresh a token pair, for the registered client only."""
    _require_single_parameters()
    _require_client()
    match _parameter("grant_type"):
        case "authorization_code":
            answer = _answer(current_state().exchange(_parameter("code"), _parameter("redirect_uri")))
        case "refresh_token":
            answer = _refreshed(_parameter("refresh_token"))
        case _:
            _refuse("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
    return jsonify(answer)


@tokens.post("/oauth/deauthorize")
def deauthorize() -> Response:
    """End the token pair whose access token the request carries."""
    if not current_state().deauthorize(bearer_token()):
        refuse_token()
    return Response(status=200)


@tokens.errorhandler(InvalidGrantError)
def invalid_grant(_: InvalidGrantError) -> Response:
    """Answer `invalid_grant` without saying why."""
    response = jsonify(error="invalid_grant", error_description="The code or refresh token is not valid")
    response.status_code = 400
    return response


def _refreshed(refresh_token: str) -> dict[str, str | int]:
    answer = _answer(current_state().refresh(refresh_token))
    if answer["refresh_token"] == refresh_token:
        del answer["refresh_token"]
    return answer


def _answer(grant: Grant) -> dict[str, str | int]:
    return {
        "access_token": grant.access_token,
        "token_type": "bearer",
        "expires_in": int(grant.expires_in.total_seconds()),
        "refresh_token": grant.refresh_token,
        "scope": " ".join(grant.scopes),
    }


def _require_single_parameters() -> None:
    if request.mimetype != "application/x-www-form-urlencoded":
        _refuse("invalid_request", "The body must be form-encoded")
    for name, values in request.form.lists():
        if len(values) > 1:
            _refuse("invalid_request", f"{name} was given more than once")


def _parameter(name: str) -> str:
    value = request.form.get(name)
    if not value:
        _refuse("invalid_request", f"{name} is missing")
    return value


def _require_client() -> None:
    """Check the credentials, from the body as documented or by HTTP Basic as TrainingPeaks' own sample client does."""
    authorization = request.authorization
    if authorization is not None and authorization.type == "basic":
        _require_basic_client(authorization.username or "", authorization.password or "")
    elif not current_state().client.is_authenticated_by(_parameter("client_id"), _parameter("client_secret")):
        _refuse("invalid_client", "The client credentials are wrong")


def _require_basic_client(client_id: str, client_secret: str) -> None:
    if "client_secret" in request.form:
        _refuse("invalid_request", "The credentials were given twice")
    known = current_state().client.is_authenticated_by(client_id, client_secret)
    if not known or request.form.get("client_id", client_id) != client_id:
        challenge = {"WWW-Authenticate": 'Basic realm="trainingpeaks"'}
        body = {"error": "invalid_client", "error_description": "The client credentials are wrong"}
        raise ApiError(401, body, challenge)


def _refuse(error: str, description: str) -> Never:
    raise ApiError(400, {"error": error, "error_description": description})
