"""Stands where the SAM CLI expects its Lambda runner: checks the caller as API Gateway does, then runs the function."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from local.http_event import as_sent_by_aws, with_caller
from local.identity import TokenRefusedError

if TYPE_CHECKING:
    from local.http_event import Event
    from local.identity import TokenVerifier
    from local.runtime import Functions

REFUSAL = 'Bearer scope="" error="invalid_token" error_description="the token is not valid"'


class TextStream(Protocol):
    """Where the SAM CLI reads a function's answer from."""

    def write_str(self, output: str) -> None:
        """Write text."""


class InProcessRunner:
    """Answers the events of the SAM CLI's API server with the functions of this process."""

    def __init__(
        self, functions: Functions, verifier: TokenVerifier, public_routes: frozenset[tuple[str, str]]
    ) -> None:
        """Ask for a token on every route that is not among the public ones (method and path)."""
        self._functions = functions
        self._verifier = verifier
        self._public_routes = {f"{method} {path}" for method, path in public_routes}

    def is_debugging(self) -> bool:
        """Tell the SAM CLI that no debugger waits for a function."""
        return False

    def invoke(
        self,
        function_name: str,
        event: str,
        stdout: TextStream,
        stderr: TextStream | None = None,
        tenant_id: str | None = None,
    ) -> None:
        """Answer one event. What the function raises is raised: the gateway makes a 500 of it, as AWS does."""
        del stderr, tenant_id
        stdout.write_str(json.dumps(self._answer(function_name, as_sent_by_aws(json.loads(event)))))

    def _answer(self, function: str, event: Event) -> Any:  # noqa: ANN401 -- a function may answer anything
        if event["routeKey"] in self._public_routes:
            return self._functions.invoke(function, event)
        token = _bearer_token(event["headers"].get("authorization", ""))
        if token is None:
            return _unauthorized("Bearer")
        try:
            claims = self._verifier.claims(token)
        except TokenRefusedError:
            return _unauthorized(REFUSAL)
        return self._functions.invoke(function, with_caller(event, claims))


def _bearer_token(authorization: str) -> str | None:
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _unauthorized(challenge: str) -> dict[str, Any]:
    return {
        "statusCode": 401,
        "headers": {"content-type": "application/json", "www-authenticate": challenge},
        "body": json.dumps({"message": "Unauthorized"}),
    }
