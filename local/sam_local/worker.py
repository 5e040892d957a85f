"""Invokes the revocation worker in its container, through the SAM CLI's stand-in for Lambda."""

from __future__ import annotations

from typing import Any

import httpx

# The worker's own 29 seconds, and a container's start.
LONGEST_SECONDS = 60.0


class ContainerWorker:
    """Stands where the poller expects functions."""

    def __init__(self, url: str) -> None:
        """Invoke at the origin of `sam local start-lambda`."""
        self._url = url

    def invoke(self, name: str, event: dict[str, Any]) -> Any:  # noqa: ANN401 -- a function may answer anything
        """Return what the worker answers; raise httpx.HTTPError, or ValueError where that is no JSON."""
        path = f"/2015-03-31/functions/{name}/invocations"
        return httpx.post(self._url + path, json=event, timeout=LONGEST_SECONDS, trust_env=False).json()
