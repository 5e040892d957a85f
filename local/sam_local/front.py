"""The port that the browser sees: the page and what it needs from here, the API from `sam local start-api`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from flask import Flask, Response, abort, jsonify, request

from local.endpoints import local_endpoints

if TYPE_CHECKING:
    from local.identity import Issuer

USER = "runner-1"
"""The user of every request: `sam local` checks no token, and the functions take LOCAL_USER_ID for the caller."""
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
# Longer than the longest function and a container's start together.
LONGEST_SECONDS = 60.0
# These are about one connection, or are written anew by this server.
OF_ONE_CONNECTION = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "date", "server"}
)


def front(issuer: Issuer, simulator_url: str | None, api: httpx.Client) -> Flask:
    """Return the application; `api` is a client of the SAM CLI's server."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.register_blueprint(local_endpoints(issuer, simulator_url))
    _sign_in_one_user_only(app)
    app.add_url_rule(
        "/v1/<path:_path>", "api", lambda _path: _passed_on(api), methods=METHODS, provide_automatic_options=False
    )
    return app


def api_client(url: str) -> httpx.Client:
    """Return a client that follows no redirect: those are for the browser."""
    return httpx.Client(base_url=url, timeout=LONGEST_SECONDS, trust_env=False)


def _sign_in_one_user_only(app: Flask) -> None:
    """Say who is signed in, and refuse tokens of others, whom the functions would take for the same user."""
    token, config = app.view_functions["local.token"], app.view_functions["local.config"]

    def token_of_the_user() -> Response:
        if request.get_json(silent=True) != {"user": USER}:
            abort(400)
        return app.make_response(app.ensure_sync(token)())

    def config_with_the_user() -> Response:
        return jsonify(app.ensure_sync(config)() | {"user": USER})

    app.view_functions |= {"local.token": token_of_the_user, "local.config": config_with_the_user}


def _passed_on(api: httpx.Client) -> Response:
    """Send the request on as it came, and its answer back."""
    raw_path = request.environ["REQUEST_URI"].encode("latin-1")
    headers = [(name, value) for name, value in request.headers if name.lower() not in OF_ONE_CONNECTION]
    url = api.base_url.copy_with(raw_path=raw_path)
    try:
        answer = api.request(request.method, url, headers=headers, content=request.get_data())
    except httpx.TransportError:
        response = jsonify(message="Service Unavailable")
        response.status_code = httpx.codes.SERVICE_UNAVAILABLE
        return response
    kept = [(name, value) for name, value in answer.headers.multi_items() if name not in OF_ONE_CONNECTION]
    return Response(answer.content, answer.status_code, kept)
