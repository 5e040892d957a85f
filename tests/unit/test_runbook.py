"""Every alarm has its section in docs/runbook.md, and every metric somebody who looks at it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.template import TEMPLATE_FILE, Template, resources
from tests.unit.metrics_counted import counted, dimensions

RUNBOOK = (TEMPLATE_FILE.parent / "docs" / "runbook.md").read_text(encoding="utf-8")
NAMESPACE = "Kinni/TrainingPeaks"


def _alarmed(template: Template) -> set[str]:
    alarms = resources(template, "AWS::CloudWatch::Alarm").values()
    return {alarm["MetricName"] for alarm in alarms if alarm.get("Namespace") == NAMESPACE}


def _charted(template: Template) -> set[str]:
    (dashboard,) = resources(template, "AWS::CloudWatch::Dashboard").values()
    body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
    rows = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", [])]
    return {name for row in rows for name in _charted_by(row)}


def _charted_by(row: list[Any]) -> Iterator[str]:
    if row[0] == NAMESPACE:
        yield row[1]
    for part in row:
        if isinstance(part, dict) and NAMESPACE in part.get("expression", ""):
            yield from re.findall(r'MetricName="(\w+)"', part["expression"])


def test_every_alarm_has_its_section_and_every_section_its_alarm(template: Template) -> None:
    sections = re.findall(r"^### `(\w+Alarm)`$", RUNBOOK, re.MULTILINE)
    assert sorted(sections) == sorted(resources(template, "AWS::CloudWatch::Alarm"))


def test_a_section_says_what_it_means_and_what_to_do() -> None:
    for section in RUNBOOK.split("\n### ")[1:]:
        text = section.partition("\n## ")[0]
        assert re.search(r"^\*[A-Z].+?\.\*", text, re.MULTILINE), text
        assert "Do: " in text, text


def test_an_alarm_watches_what_the_code_counts(template: Template) -> None:
    assert _alarmed(template)
    assert _alarmed(template) <= counted().keys()


def test_an_alarm_watches_the_dimensions_that_the_code_counts_by(template: Template) -> None:
    """One dimension more or less, and it would watch a metric that nobody ever counts."""
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm").items():
        if alarm.get("Namespace") == NAMESPACE:
            watched = {dimension["Name"] for dimension in alarm["Dimensions"]}
            assert watched in [{"service", *names} for names in dimensions()[alarm["MetricName"]]], name


def test_the_dashboard_shows_what_the_code_counts(template: Template) -> None:
    assert _charted(template) > {"AttemptStarted", "Linked"}
    assert _charted(template) <= counted().keys()


@pytest.mark.parametrize("metric", sorted(counted()))
def test_what_is_counted_is_seen_or_explained(template: Template, metric: str) -> None:
    explained = set(re.findall(r"`(\w+)`", RUNBOOK))
    assert metric in _alarmed(template) | _charted(template) | explained
