"""The bill is made of the calls that the tests allow, and docs/scale.md says what it says."""

import re
from itertools import takewhile

import pytest

from account_link.models import LEASE
from bench.bill import ALARM_METRICS, MEMORY_GB, METRICS, PRICES, REQUESTS, dollars, report, times, uses, write
from local.template import TEMPLATE_FILE, Template, resources
from tests.integration.test_outside_calls import LIMITS
from tests.unit.metrics_counted import counted

SCALE = (TEMPLATE_FILE.parent / "docs" / "scale.md").read_text(encoding="utf-8")
ROUTES = [name for name in REQUESTS if not name.startswith("worker")]


@pytest.mark.parametrize("name", ROUTES)
def test_a_request_is_billed_the_calls_that_it_is_allowed(name: str) -> None:
    _, allowed = LIMITS[name]
    assert REQUESTS[name].calls() == allowed


def test_a_transaction_costs_twice_its_writes() -> None:
    assert write("account", "grant") == times(2, write("account"), write("grant"))


def test_every_use_has_a_price() -> None:
    priced = {name for prices in PRICES.values() for name in prices}
    used = {name for use in uses().values() for name in use}
    assert used == priced


def test_a_line_of_the_bill_is_its_use_at_its_price() -> None:
    costs = dollars(uses()["1,000,000 status calls"])
    assert costs["API Gateway"] == pytest.approx(1.0)
    assert costs["DynamoDB"] == pytest.approx(0.125)
    assert costs["Lambda"] == pytest.approx(0.2 + 1e6 * 0.02 * 0.5 * 0.0000133334)


def test_a_function_has_the_memory_that_is_billed(template: Template) -> None:
    assert template["Globals"]["Function"]["MemorySize"] == MEMORY_GB * 1024


def test_no_more_metrics_are_counted_than_are_billed() -> None:
    assert sum(counted().values()) <= METRICS


def test_the_alarms_watch_as_many_metrics_as_are_billed(template: Template) -> None:
    alarms = resources(template, "AWS::CloudWatch::Alarm").values()
    watched = [metric for alarm in alarms for metric in alarm.get("Metrics", [alarm]) if "Expression" not in metric]
    assert len(watched) == ALARM_METRICS


def test_the_page_shows_what_the_command_prints() -> None:
    (block,) = re.findall(r"```text\n(.*?)```", SCALE, re.DOTALL)
    assert block == report()


def test_the_page_claims_no_sum_that_the_command_does_not_print() -> None:
    prose = re.sub(r"```.*?```", "", SCALE, flags=re.DOTALL)
    totals = [line.split()[-1] for line in takewhile(bool, report().splitlines()[1:])]
    claimed = re.findall(r"\$([\d.,]*\d)", prose)
    assert claimed
    assert [sum_ for sum_ in claimed if not any(f"{float(total):.{_places(sum_)}f}" == sum_ for total in totals)] == []


def test_the_page_speaks_of_the_lease_that_the_code_has() -> None:
    assert f"{LEASE.total_seconds():.0f} seconds" in SCALE


def _places(number: str) -> int:
    return len(number.partition(".")[2])
