"""Telemetry: counts what happened as CloudWatch metrics (EMF), one line an event, no secret."""

from aws_lambda_powertools.metrics import MetricUnit, single_metric


def count(event: str, **dimensions: str) -> None:
    """Count one event under its dimensions, whose values must be of small, fixed sets.

    A metric of its own each time: the shared collector would mix the requests of two threads.
    """
    with single_metric(name=event, unit=MetricUnit.Count, value=1) as metric:
        for name, value in dimensions.items():
            metric.add_dimension(name=name, value=value)
