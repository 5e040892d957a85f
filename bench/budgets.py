"""What every figure may be. Breaking one of these fails `make bench`."""

from __future__ import annotations

COLD = {
    "start_auth": 1.25,
    "status": 1.25,
    "toggle": 1.45,
    "confirm": 1.45,
    "callback": 1.8,
    "unlink": 1.8,
    "revoke": 1.8,
}
"""CPU of importing a function and building its service, to that of `import boto3; boto3.client("dynamodb")`."""
WARM = 1.3
"""CPU of a warm request to that of the calls it makes, made by botocore and httpx alone."""
CALLS = {"start_auth": 2, "status": 1, "toggle": 1, "confirm": 2, "callback": 7}
"""Calls of one warm request to the world outside; the others depend on what they find."""
LAYER_BYTES = 12_000_000
"""Of the layer as a zip file."""
GROWTH = 1.3
"""A warm figure with the full table to the same with one link in it: flat, but for noise."""
MEMORY_GROWTH = 1.05
"""A process's peak memory after requests to the full table to that before: what a table holds stays there."""
