"""Counts, as CloudWatch reads them from the log."""

import json

import pytest

from account_link.telemetry import count


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "a-stack")


def test_an_event_is_one_line_of_one_count(capsys: pytest.CaptureFixture[str]) -> None:
    count("AttemptStarted")

    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    assert document["AttemptStarted"] == [1.0]
    (metrics,) = document["_aws"]["CloudWatchMetrics"]
    assert metrics["Namespace"] == "KinniAccountLink"
    assert [metric["Name"] for metric in metrics["Metrics"]] == ["AttemptStarted"]
    assert {metric["Unit"] for metric in metrics["Metrics"]} == {"Count"}


def test_an_event_is_counted_by_its_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    count("Callback", outcome="authorized")

    document = json.loads(capsys.readouterr().out)
    assert document["outcome"] == "authorized"
    assert document["service"] == "a-stack"
    (dimensions,) = document["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    assert sorted(dimensions) == ["outcome", "service"]


def test_two_counts_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    count("Callback", outcome="authorized")
    count("Linked", kind="first")

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert "outcome" not in second
    assert "Callback" not in second
    assert "Linked" not in first
