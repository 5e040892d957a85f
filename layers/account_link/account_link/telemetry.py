"""Telemetry: counts what happened as CloudWatch metrics (EMF), one line an event, no secret."""

import json
import os
from functools import lru_cache

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider


def count(event: str, **dimensions: str) -> None:
    """Count one event under its dimensions, whose values must be of small, fixed sets.

    Nothing is collected, for what two threads count would mix: Powertools' provider only shapes each line. Its
    `single_metric` makes a new one for each.
    """
    service = os.environ.get("POWERTOOLS_SERVICE_NAME", "")
    document = _provider(os.environ.get("POWERTOOLS_METRICS_NAMESPACE"), service).serialize_metric_set(
        metrics={event: {"Unit": MetricUnit.Count.value, "Value": [1.0]}},
        dimensions=dimensions | ({"service": service} if service else {}),
        metadata={},
    )
    print(json.dumps(document, separators=(",", ":")))  # noqa: T201 - CloudWatch reads it off the log


@lru_cache
def _provider(namespace: str | None, service: str) -> AmazonCloudWatchEMFProvider:
    return AmazonCloudWatchEMFProvider(namespace=namespace, service=service)
