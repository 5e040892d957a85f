"""Cold starts: the CPU of new processes that import a function and build its service, and make no call."""

from __future__ import annotations

import os
import resource
import subprocess
from statistics import median
from typing import TYPE_CHECKING

from bench.budgets import COLD
from local.environment import declared_texts
from local.template import load_template

if TYPE_CHECKING:
    from bench.artefacts import Artefacts

FLOOR = 'import boto3; boto3.client("dynamodb")'
LEAVE = "; import os; os._exit(0)"
"""Lambda does not end a process after its start: neither is its tidying up measured."""
SERVICES = {
    "start_auth": "start_service",
    "status": "link_service",
    "toggle": "link_service",
    "confirm": "confirm_service",
    "callback": "callback_service",
    "unlink": "unlink_service",
    "revoke": "revoke_service",
}
SETTINGS = {
    # Has each function build its service when it is imported, as it does on Lambda.
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_ACCESS_KEY_ID": "example",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "DEPLOYMENT": "sandbox",
    "TABLE_NAME": "example",
    "TOKEN_KEY_ID": "example",
    "CLIENT_SECRET_NAME": "example",
    "REVOCATION_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/example",
    "STATE_KEY": "example",
    "TRAININGPEAKS_OAUTH_URL": "https://oauth.example",
    "TRAININGPEAKS_API_URL": "https://api.example",
    "TRAININGPEAKS_CLIENT_ID": "example",
    "RETURN_URLS": "kinni://connected-apps/trainingpeaks",
}


def measure(artefacts: Artefacts, rounds: int) -> tuple[float, dict[str, float]]:
    """Return the floor's CPU in seconds and each function's ratio to it: medians over the rounds.

    Every candidate stands between two runs of the floor and is compared with these: what else the machine does
    disturbs all three.
    """
    floors: list[float] = [_cpu(artefacts, "status", FLOOR)]
    ratios: dict[str, list[float]] = {function: [] for function in COLD}
    for _ in range(rounds):
        for function, seen in ratios.items():
            candidate = _cpu(artefacts, function, "import app")
            floors.append(_cpu(artefacts, "status", FLOOR))
            seen.append(candidate / (sum(floors[-2:]) / 2))
    return median(floors), {function: median(seen) for function, seen in ratios.items()}


def _cpu(artefacts: Artefacts, function: str, code: str) -> float:
    """Return the user and system seconds of a process that runs the code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = declared_texts(load_template()) | SETTINGS | artefacts.path(function)
    subprocess.run(artefacts.command("-c", code + LEAVE), env=environment, check=True)  # noqa: S603 - this Python, constants
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
