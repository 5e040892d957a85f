"""Telemetry: what happened, as JSON, a line each: to read, or as CloudWatch metrics (EMF). No secret.

Written by hand: beside one call to the table, a logger and a metrics library cost a request more than all else it does.
"""

import json
import os
import sys
import time

from account_link.settings import required

QUIET = frozenset({"WARNING", "ERROR", "CRITICAL"})

_encoded = json.JSONEncoder(separators=(",", ":")).encode


def count(event: str, **dimensions: str) -> None:
    """Count one event under its dimensions, whose values must be of small, fixed sets."""
    named = dimensions | _service()
    metrics = {
        "Namespace": required("POWERTOOLS_METRICS_NAMESPACE"),
        "Dimensions": [[*named]],
        "Metrics": [{"Name": event, "Unit": "Count"}],
    }
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metrics]}
    _write({"_aws": about, **named, event: [1.0]})


def say(message: str, **fields: object) -> None:
    """Tell whoever reads the log; nothing where LOG_LEVEL asks for less."""
    if os.environ.get("LOG_LEVEL") in QUIET:
        return
    _write({"level": "INFO", "message": message, "timestamp": _timestamp()} | _service() | _trace() | fields)


def _write(document: dict[str, object]) -> None:
    # With its end in one piece: another thread may write as well.
    sys.stdout.write(f"{_encoded(document)}\n")
    sys.stdout.flush()


def _timestamp() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now)) + f",{int(now * 1000) % 1000:03d}+0000"


def _service() -> dict[str, str]:
    service = os.environ.get("POWERTOOLS_SERVICE_NAME")
    return {"service": service} if service else {}


def _trace() -> dict[str, str]:
    """Return X-Ray's id of the request, where Lambda tells one."""
    root = os.environ.get("_X_AMZN_TRACE_ID", "").partition(";")[0]
    return {"xray_trace_id": root.removeprefix("Root=")} if root else {}
