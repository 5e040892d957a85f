"""Counts, as CloudWatch reads them from the log."""

import json
import time
from datetime import UTC, datetime

import pytest

from account_link.settings import SettingError
from account_link.telemetry import count, say


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "KinniAccountLink")
    for name in ("POWERTOOLS_SERVICE_NAME", "LOG_LEVEL", "_X_AMZN_TRACE_ID"):
        monkeypatch.delenv(name, raising=False)


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
    assert ["outcome"] in document["_aws"]["CloudWatchMetrics"][0]["Dimensions"]


def test_two_counts_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    count("Callback", outcome="authorized")
    count("Linked", kind="first")

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert "outcome" not in second
    assert "Callback" not in second
    assert "Linked" not in first


def test_a_count_is_what_the_embedded_metric_format_asks_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "links")
    before = time.time_ns() // 1_000_000

    count("Callback", outcome="authorized", kind="é")

    document = json.loads(capsys.readouterr().out)
    assert before <= document["_aws"].pop("Timestamp") <= time.time_ns() // 1_000_000
    metric = {"Name": "Callback", "Unit": "Count"}
    directive = {
        "Namespace": "KinniAccountLink",
        "Dimensions": [["outcome", "kind", "service"]],
        "Metrics": [metric],
    }
    assert document == {
        "_aws": {"CloudWatchMetrics": [directive]},
        "outcome": "authorized",
        "kind": "é",
        "service": "links",
        "Callback": [1.0],
    }


def test_a_count_without_a_namespace_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")

    with pytest.raises(SettingError, match="POWERTOOLS_METRICS_NAMESPACE"):
        count("Linked")


def test_what_is_said_is_one_line_of_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "links")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3f;Parent=53995c3f;Sampled=1")

    say("answered", route="GET /status", status=200)

    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert datetime.strptime(said.pop("timestamp"), "%Y-%m-%d %H:%M:%S,%f%z").tzinfo == UTC
    assert said == {
        "level": "INFO",
        "message": "answered",
        "service": "links",
        "xray_trace_id": "1-5759e988-bd862e3f",
        "route": "GET /status",
        "status": 200,
    }


@pytest.mark.parametrize(("level", "lines"), [("DEBUG", 1), ("INFO", 1), ("WARNING", 0), ("ERROR", 0)])
def test_the_log_is_as_talkative_as_it_is_asked_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], level: str, lines: int
) -> None:
    monkeypatch.setenv("LOG_LEVEL", level)

    say("answered")
    count("Linked")

    assert len(capsys.readouterr().out.splitlines()) == lines + 1
