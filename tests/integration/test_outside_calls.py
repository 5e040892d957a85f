"""What each request costs outside: counted on the wire, warm and cold, and shown as a table.

The table: `.venv/bin/python -m pytest tests/integration/test_outside_calls.py -s`
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from account_link import wiring
from local.stack import LocalStack
from tests.integration.aws_calls import AwsCalls
from tests.integration.fault_points import SCENARIOS
from tests.integration.fault_scenarios import Rig, came_of
from tests.integration.runner import DirectDoor, Runner
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, ScriptedTrainingPeaks, new_athlete, says
from tests.integration.secrets_seen import SecretsSeen
from tests.integration.stored import StoredItems

SERVICES = ("dynamodb", "kms", "secrets-manager", "sqs", "trainingpeaks")
HEADINGS = ("DynamoDB", "KMS", "Secrets Manager", "SQS", "TrainingPeaks")
ROW = "{:<58} {:>9} {:>5} {:>16} {:>5} {:>14}"

type Counts = dict[str, int]


@dataclass(slots=True)
class Ledger:
    """Counts the calls of one request, and keeps the rows of the table."""

    aws_calls: AwsCalls
    trainingpeaks: ScriptedTrainingPeaks
    rows: list[tuple[str, Counts]] = field(default_factory=list)

    def enter[T](self, what: str, act: Callable[[], T]) -> tuple[T, Counts]:
        before = self.trainingpeaks.requests.total()
        with self.aws_calls.heard() as calls:
            answer = act()
        # Every try counts, not only every request.
        counts = Counter(call.service for call in calls)
        counts["trainingpeaks"] = self.trainingpeaks.requests.total() - before
        self.rows.append((what, counts))
        assert set(counts) <= set(SERVICES)
        return answer, counts


@pytest.fixture(scope="module")
def ledger(
    stack: LocalStack,  # noqa: ARG001 -- the functions run in its environment
    scripted: ScriptedTrainingPeaks,
    aws_calls: AwsCalls,
    secrets: SecretsSeen,
) -> Iterator[Ledger]:
    """Yield where to count, after all functions have answered once and are warm; show the table at the end."""
    somebody = Runner("runner-who-was-here-before", new_athlete(), DirectDoor(), scripted, secrets)
    somebody.linked()
    somebody.unlink()
    ledger = Ledger(aws_calls, scripted)
    yield ledger
    lines = [ROW.format(what, *(counts.get(name, 0) or "–" for name in SERVICES)) for what, counts in ledger.rows]
    print("", ROW.format("calls per request, without contention or retry", *HEADINGS), *lines, sep="\n")  # noqa: T201 -- for people


# A new grant is announced before its exchange: who dies with it is outlived by its revocation.
CALLBACK = {"dynamodb": 3, "kms": 1, "sqs": 1}
# Both read, one transaction; and, to revoke at once, the lease, the lowered fence and the end of the tokens.
UNLINK = {"dynamodb": 6, "kms": 1, "sqs": 1}
# The grant, its account, the release, the account again (it may have been confirmed meanwhile); then as an unlink does,
# but with a fence of its own.
LOOK = {"dynamodb": 8, "kms": 1}
LIMITS: dict[str, tuple[str, Counts]] = {
    "start": ("POST /auth, a new attempt", {"dynamodb": 2}),
    "start-joins": ("POST /auth, joining", {"dynamodb": 2}),
    "start-replaces": ("POST /auth, replacing a parked grant", {"dynamodb": 2}),
    "start-tidies": ("POST /auth, forgetting old keys", {"dynamodb": 2}),
    "callback": ("GET /callback, authorised", CALLBACK | {"trainingpeaks": 2}),
    "callback-unpermitted": ("GET /callback, permission missing", CALLBACK | {"trainingpeaks": 2}),
    "callback-refused": ("GET /callback, code refused", CALLBACK | {"dynamodb": 2, "trainingpeaks": 1}),
    "callback-cancelled": ("GET /callback, cancelled", {"dynamodb": 1}),
    "callback-repeated": ("GET /callback, repeated", {"dynamodb": 1}),
    "callback-malformed": ("GET /callback, malformed", {"dynamodb": 1}),
    "confirm": ("POST /link", {"dynamodb": 2}),
    "confirm-repeated": ("POST /link, repeated", {"dynamodb": 1}),
    "confirm-relinks": ("POST /link, the same athlete again", {"dynamodb": 2}),
    "confirm-moves": ("POST /link, taking the athlete from another user", {"dynamodb": 3}),
    "confirm-wrong": ("POST /link, wrong code", {"dynamodb": 2}),
    "status": ("GET /status", {"dynamodb": 1}),
    "toggle": ("PUT /auto-upload", {"dynamodb": 1}),
    "unlink": ("DELETE /link", UNLINK | {"trainingpeaks": 1}),
    "unlink-attempt": ("DELETE /link, an attempt only", {"dynamodb": 2}),
    "revoke": ("worker, a released grant", LOOK | {"trainingpeaks": 1}),
    # A data key and the write that keeps the new tokens.
    "revoke-refreshes": ("worker, refreshing first", LOOK | {"dynamodb": 9, "kms": 2, "trainingpeaks": 3}),
    "revoke-expired": ("worker, an attempt that was never confirmed", LOOK | {"trainingpeaks": 1}),
    "revoke-in-use": ("worker, a link", {"dynamodb": 2}),
    # The fence is refused, and the tokens are destroyed.
    "revoke-superseded": ("worker, a superseded grant", {"dynamodb": 7}),
    "revoke-waits": ("worker, its user is connecting", {"dynamodb": 2, "sqs": 1}),
    # Both read, the lease, the new tokens and their expiry in the account, for status to show.
    "use-refreshes": ("a use with a refresh", {"dynamodb": 5, "kms": 2, "trainingpeaks": 2}),
}
NEEDS_THE_SECRET = ["callback", "callback-refused", "revoke-refreshes", "use-refreshes"]
"""Whoever is cold fetches the client secret once."""
COLD = ["start", "confirm", "status", "toggle", "unlink", "revoke"]


@pytest.mark.parametrize("name", LIMITS)
def test_a_request_costs_no_more_than_it_may(rig: Rig, ledger: Ledger, name: str) -> None:
    title, limits = LIMITS[name]
    act = SCENARIOS[name].arrange(rig)

    answer, counts = ledger.enter(title, act)

    assert came_of(answer) == SCENARIOS[name].well
    assert all(count <= limits.get(service, 0) for service, count in counts.items()), counts


@pytest.mark.parametrize("name", ["callback-malformed", "confirm", "status", "unlink", "revoke", "use-refreshes"])
def test_every_read_is_of_the_item_as_it_is_now(rig: Rig, name: str) -> None:
    """An eventually consistent read costs half, and could show an account as it was before the last answer."""
    act = SCENARIOS[name].arrange(rig)
    with rig.aws_calls.heard() as calls:
        act()

    reads = [json.loads(call.body) for call in calls if call.operation == "GetItem"]
    assert reads
    assert all(read["ConsistentRead"] is True for read in reads)


def test_the_same_key_again_costs_one_request(runner: Runner, ledger: Ledger) -> None:
    runner.start("tap")
    answer, counts = ledger.enter("POST /auth, the same key again", lambda: runner.start("tap"))

    assert answer.status == 200
    assert counts == {"dynamodb": 1, "trainingpeaks": 0}


def test_a_made_up_state_costs_nothing(runner: Runner, ledger: Ledger) -> None:
    _, counts = ledger.enter("GET /callback, made-up state", lambda: runner.come_back("code=c&state=made.up"))

    assert counts == {"trainingpeaks": 0}


def test_one_profile_retry_is_all(runner: Runner, ledger: Ledger) -> None:
    query = runner.allowed()
    runner.trainingpeaks.script("/v1/athlete/profile", says(500, {}))
    answer, counts = ledger.enter("GET /callback, the profile read twice", lambda: runner.come_back(query))

    assert answer.outcome == "authorized"
    assert counts == CALLBACK | {"trainingpeaks": 3}


def test_an_unlink_with_a_refresh(runner: Runner, ledger: Ledger) -> None:
    runner.linked()
    runner.trainingpeaks.script(DEAUTHORISE, says(401, {}))
    answer, counts = ledger.enter("DELETE /link, refreshing first", runner.unlink)

    assert answer.status == 204
    # A data key and the write that keeps the new tokens.
    assert counts == UNLINK | {"dynamodb": 7, "kms": 2, "trainingpeaks": 3}


def test_an_unlink_without_anything(runner: Runner, ledger: Ledger) -> None:
    _, counts = ledger.enter("DELETE /link, nothing there", runner.unlink)

    assert counts == {"dynamodb": 1, "trainingpeaks": 0}


def test_a_start_costs_no_more_after_many(runner: Runner, stored: StoredItems, ledger: Ledger) -> None:
    most: Counter[str] = Counter()
    for _ in range(40):
        _, counts = ledger.enter("", runner.start)
        ledger.rows.pop()
        most |= Counter(counts)
        stored.age(runner.user, timedelta(minutes=15))
    ledger.rows.append(("POST /auth, the most of 40 one after the other", dict(most)))

    assert most == {"dynamodb": 2}


@pytest.mark.parametrize("name", [*COLD, *NEEDS_THE_SECRET])
def test_a_cold_request_costs_no_more_than_a_secret_besides(rig: Rig, ledger: Ledger, name: str) -> None:
    title, limits = LIMITS[name]
    act = SCENARIOS[name].arrange(rig)
    wiring.forget()

    answer, counts = ledger.enter(f"{title}, cold", act)
    if name not in NEEDS_THE_SECRET:
        # As when it is warm.
        ledger.rows.pop()

    assert came_of(answer) == SCENARIOS[name].well
    assert counts["secrets-manager"] == (1 if name in NEEDS_THE_SECRET else 0)
    assert all(count <= limits.get(service, 1) for service, count in counts.items()), counts
