"""`python -m bench.bill` prints what the service costs on AWS, from the calls that the tests count on the wire."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

MILLION = 1_000_000
REGION = "us-east-1"
LOOKED_UP = "2026-11-24"

PRICES = {
    "API Gateway": {"HTTP API requests": 1.00 / MILLION},
    "Lambda": {"invocations": 0.20 / MILLION, "GB-seconds, arm64": 0.0000133334},
    "DynamoDB": {
        "read units": 0.125 / MILLION,
        "write units": 0.625 / MILLION,
        "GB-months": 0.25,
        "GB-months of point-in-time recovery": 0.20,
    },
    "KMS": {"KMS calls": 0.03 / 10_000, "keys": 1.00},
    "SQS": {"SQS requests": 0.40 / MILLION},
    "Secrets Manager": {"secrets": 0.40, "secret reads": 0.05 / 10_000},
    "CloudWatch": {"GB of logs": 0.50, "metrics": 0.30, "alarm metrics": 0.10, "dashboards": 3.00},
}
"""Dollars for one of each in REGION, without free tiers: assumptions to check against AWS's own pages."""
MEMORY_GB = 0.5
ITEM_KB = {"account": 2, "grant": 3, "claim": 1}
"""What an item of each kind takes, rounded up as DynamoDB bills writes."""
LOG_KB = 1.5
"""Of an invocation: Lambda's own lines, ours, a metric's, and the API's access log."""

type Use = dict[str, float]


@dataclass(frozen=True, slots=True)
class Request:
    """What one request uses: the units of each of DynamoDB's calls, and the number of all others."""

    dynamodb: tuple[Use, ...] = ()
    kms: int = 0
    sqs: int = 0
    trainingpeaks: int = 0
    milliseconds: int = 20
    besides: Use = field(default_factory=lambda: {"HTTP API requests": 1})

    def calls(self) -> dict[str, int]:
        """Return the counts that tests/integration/test_outside_calls.py allows, by service."""
        counts = {
            "dynamodb": len(self.dynamodb),
            "kms": self.kms,
            "sqs": self.sqs,
            "trainingpeaks": self.trainingpeaks,
        }
        return {service: count for service, count in counts.items() if count}

    def use(self) -> Use:
        """Return what AWS bills of it."""
        own: Use = {
            "invocations": 1,
            "GB-seconds, arm64": MEMORY_GB * self.milliseconds / 1000,
            "KMS calls": self.kms,
            "SQS requests": self.sqs,
            "GB of logs": LOG_KB / MILLION,
        }
        return times(1, own, self.besides, *self.dynamodb)


def times(number: float, *uses: Use) -> Use:
    """Return so many times all of these."""
    total: Use = {}
    for use in uses:
        for name, amount in use.items():
            total[name] = total.get(name, 0) + number * amount
    return total


def read() -> Use:
    """Return a consistent read of one item of at most 4 KB."""
    return {"read units": 1}


def write(*kinds: str) -> Use:
    """Return a write of one item, or a transaction of several, which costs twice as much."""
    size = sum(ITEM_KB[kind] for kind in kinds)
    return {"write units": size if len(kinds) == 1 else 2 * size}


LINKING = write("account", "claim", "grant")
TAKEN_FROM_THE_QUEUE: Use = {"SQS requests": 2}
"""Lambda receives the message and deletes it, on our account."""

REQUESTS = {
    "start": Request((write("account"), write("account"))),
    "callback": Request((write("account"), write("grant"), write("account")), 1, 1, 2, milliseconds=1000),
    "confirm": Request((read(), LINKING), milliseconds=40),
    "status": Request((read(),)),
    "toggle": Request((write("account"),)),
    "unlink": Request((read(), read(), LINKING, write("grant"), write("claim"), write("grant")), 1, 1, 1, 700),
    "worker, of a link": Request((read(), read()), besides=TAKEN_FROM_THE_QUEUE),
    "worker, of what is done": Request((read(),), besides=TAKEN_FROM_THE_QUEUE),
}
"""The most that a request asks for without contention or retry, and its assumed duration with TrainingPeaks' share."""

LINK = ("start", "callback", "confirm", "worker, of a link")
UNLINK = ("unlink", "worker, of what is done")
STATUS_A_MONTH, TOGGLES_A_MONTH, LINKS_A_MONTH = 60, 1, 1 / 12
"""What a user is assumed to do: look twice a day, link and unlink once a year."""
STORED_GB = (sum(ITEM_KB.values()) + 0.3) / MILLION

FIVE_MINUTES_A_MONTH = 12 * 730
METRICS, ALARM_METRICS = 44, 28
"""How many names with their dimensions the code can count; how many metrics the template's alarms watch."""
STANDING: Use = {
    "keys": 1,
    "secrets": 2,
    "metrics": METRICS,
    "alarm metrics": ALARM_METRICS,
    "dashboards": 1,
    # Seven roles at the table; at the queue two senders, which count twice, and the worker (AWS's own formula).
    "KMS calls": FIVE_MINUTES_A_MONTH * (7 + 2 * 2 + 1),
    # Ten busy processes that fetch the client secret every five minutes.
    "secret reads": FIVE_MINUTES_A_MONTH * 10,
    # Five pollers that ask every 20 seconds.
    "SQS requests": 5 * 3 * 60 * 730,
}


def uses() -> dict[str, Use]:
    """Return the lines of the bill: their names, and what they use."""
    month = [
        times(STATUS_A_MONTH, REQUESTS["status"].use()),
        times(TOGGLES_A_MONTH, REQUESTS["toggle"].use()),
        times(LINKS_A_MONTH, *(REQUESTS[name].use() for name in LINK + UNLINK)),
        {"GB-months": STORED_GB, "GB-months of point-in-time recovery": STORED_GB},
    ]
    return {
        "1,000 links": times(1000, *(REQUESTS[name].use() for name in LINK)),
        "1,000 unlinks": times(1000, *(REQUESTS[name].use() for name in UNLINK)),
        "1,000,000 status calls": times(MILLION, REQUESTS["status"].use()),
        "1,000 user-months": times(1000, *month),
        "the stack for a month": STANDING,
    }


def dollars(use: Use) -> dict[str, float]:
    """Return what it costs, by service."""
    return {
        service: sum(price * use[name] for name, price in prices.items() if name in use)
        for service, prices in PRICES.items()
    }


def report() -> str:
    """Return what the command prints."""
    heading = f"{'Dollars':<23}{''.join(f'{name:>16}' for name in (*PRICES, 'total'))}"
    bill = [heading, *(_line(name, dollars(use)) for name, use in uses().items())]
    amounts = [
        f"  {_plain(price):>13}  {name} ({service})" for service, of in PRICES.items() for name, price in of.items()
    ]
    calls = [
        f"  {name:<24} {', '.join(f'{count} {service}' for service, count in request.calls().items())}"
        f"; {request.milliseconds} ms"
        for name, request in REQUESTS.items()
    ]
    prices = f"Dollars for one of each, {REGION}, looked up {LOOKED_UP}"
    return "\n".join([*bill, "", "Calls of a request, and its assumed duration", *calls, "", prices, *amounts, ""])


def _line(name: str, costs: dict[str, float]) -> str:
    return f"{name:<23}{''.join(f'{cost:>16.4f}' for cost in (*costs.values(), sum(costs.values())))}"


def _plain(price: float) -> str:
    return f"{price:.10f}".rstrip("0").rstrip(".")


if __name__ == "__main__":
    sys.stdout.write(report())
