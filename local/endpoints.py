"""What the local port serves beside the API: the app page, the token issuer, and what the page must know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, request, send_from_directory

if TYPE_CHECKING:
    from local.identity import Issuer

APP_FOLDER = Path(__file__).resolve().parent / "app"
LONGEST_USER = 128
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self'; object-src 'none'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def local_endpoints(issuer: Issuer, simulator_url: str | None) -> Blueprint:
    """Return the routes; all of them are for people and programs on this machine only.

    `simulator_url` is None where another TrainingPeaks is used.
    """
    routes = Blueprint("local", __name__)
    routes.after_request(_secured)
    _add_page(routes)
    _add_issuer(routes, issuer)
    config = {"trainingpeaks_url": simulator_url, "simulator": simulator_url is not None}
    routes.add_url_rule("/local/config", "config", lambda: config)
    return routes


def _add_page(routes: Blueprint) -> None:
    routes.add_url_rule("/", "page", lambda: send_from_directory(APP_FOLDER, "index.html"))
    routes.add_url_rule("/app/<path:file>", "file", lambda file: send_from_directory(APP_FOLDER, file))


def _add_issuer(routes: Blueprint, issuer: Issuer) -> None:
    def token() -> dict[str, str]:
        _require_own_page()
        return {"token": issuer.mint(_user(request.get_json()))}

    routes.add_url_rule("/.well-known/openid-configuration", "discovery", issuer.discovery)
    routes.add_url_rule("/.well-known/jwks.json", "jwks", lambda: jsonify(issuer.jwks()))
    routes.add_url_rule("/local/token", "token", token, methods=["POST"])


def _secured(response: Response) -> Response:
    response.headers.update(SECURITY_HEADERS)
    return response


def _require_own_page() -> None:
    """Refuse other web pages, also one whose host name leads here (a browser would then call it the same origin)."""
    port = request.environ["SERVER_PORT"]
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
    if request.host not in hosts or request.headers.get("Origin") not in {None, f"http://{request.host}"}:
        abort(403)


def _user(body: Any) -> str:  # noqa: ANN401 -- whatever JSON was sent
    user = body.get("user") if isinstance(body, dict) and body.keys() == {"user"} else None
    if not isinstance(user, str) or not user.isprintable() or not 0 < len(user) <= LONGEST_USER:
        abort(400)
    return user
