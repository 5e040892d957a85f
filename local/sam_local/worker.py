"""Invokes the revocation worker in its container, through the SAM CLI's stand-in for Lambda."""

from __future__ import annotations

import sys
from typing import Any

import httpx

# The worker's own 29 seconds, and a container's start.
LONGEST_SECONDS = 60.0


class ContainerWorker:
    """Stands where the poller expects functions."""

    def __init__(self, url: str) -> None:
        """Invoke at the origin of `sam local start-lambda`."""
        self._url = url

    def invoke(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        """Return what the worker answers. Where it fails all its messages come again, as on AWS."""
        path = f"/2015-03-31/functions/{name}/invocations"
        try:
            answer = httpx.post(self._url + path, json=event, timeout=LONGEST_SECONDS, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            answer = None
        if isinstance(answer, dict) and "batchItemFailures" in answer:
            return answer
        print("sam local: the revocation worker failed; its messages come again", file=sys.stderr, flush=True)
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}
