"""What a scenario is that faults meet, and how a user goes on afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from account_link.models import LEASE
from tests.integration.aws_calls import Action, AwsCalls
from tests.integration.runner import Answer, NewRunner, Runner
from tests.integration.scripted_trainingpeaks import ScriptedTrainingPeaks
from tests.integration.stored import StoredItems

LIFETIME = timedelta(minutes=15)
ANY_WAIT = timedelta(seconds=60)
"""Longer than a function can run, and than an attempt is joined that was authorised."""
AGAIN = "again"
"""What came of a look of the worker whose message comes again, or of a use that has to wait."""

type Act = Callable[[], Answer | str]
"""A request, which is answered; or a look of the worker or a use of the tokens, which say in a word what came of it."""


@dataclass(frozen=True, slots=True)
class Rig:
    """What a scenario happens to."""

    runner: Runner
    new_runner: NewRunner
    stored: StoredItems
    trainingpeaks: ScriptedTrainingPeaks
    aws_calls: AwsCalls


@dataclass(frozen=True, slots=True)
class Scenario:
    """`arrange` returns what to do; `well` is what comes of it, and `requests` what it asks of AWS.

    `unseen` are requests whose failure is nobody's business, `stuck` those whose failure leaves an exchange behind that
    nobody works on, and `keeps` the one that stores what TrainingPeaks gives once: who dies before it loses that.
    `again` tells how the user goes on.
    """

    arrange: Callable[[Rig], Act]
    requests: tuple[str, ...]
    well: str
    again: Callable[[Rig, Act], None]
    unseen: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    keeps: str = ""


@contextmanager
def meeting(rig: Rig, request: str, action: Action) -> Iterator[None]:
    """Let the action meet a request, which is named as in a scenario."""
    operation, _, number = request.partition("#")
    with rig.aws_calls.fault(operation, action, nth=int(number)):
        yield


def came_of(answer: Answer | str) -> str:
    """Return the outcome, the problem's code or the status."""
    if isinstance(answer, str):
        return answer
    if answer.target:
        return answer.outcome
    return answer.code if "problem" in answer.headers.get("content-type", "") else str(answer.status)


def is_try_again(answer: Answer | str) -> bool:
    """Tell whether this is the contract's `try_again`: a problem with 503, or the callback's redirect or page."""
    if isinstance(answer, str):
        return answer == AGAIN
    if answer.target:
        return answer.outcome == "try_again" and answer.status in {303, 503}
    return answer.status == 503 and answer.code == "try_again" and int(answer.headers["retry-after"]) > 0


def link_anew(rig: Rig, _: Act | None = None) -> None:
    """Tap Link TrainingPeaks and walk the whole way, after a while where an attempt is under way or a fence is up."""
    if not _links(rig):
        rig.stored.let_fence_pass(rig.runner.athlete.id)
        assert _links(rig)
    assert rig.runner.status().json["connection"] == "active"


def _links(rig: Rig) -> bool:
    """Tell whether the link was made, and not refused for a revocation that may still be under way."""
    started = rig.runner.start().json
    if started["authorization_url"] is None:
        rig.stored.age(rig.runner.user, ANY_WAIT)
        started = rig.runner.start().json
    landing = rig.runner.come_back(rig.trainingpeaks.allow(started["authorization_url"], rig.runner.athlete)).landing
    assert landing["outcome"] == "authorized"
    answer = rig.runner.present(landing["attempt_id"], landing["confirmation_code"])
    assert answer.status == 200 or answer.code == "attempt_not_authorized"
    return answer.status == 200


def do_it_again(well: str) -> Callable[[Rig, Act], None]:
    """Return what does the same once more, unlinks and links anew."""

    def again(rig: Rig, act: Act) -> None:
        assert came_of(act()) == well
        rig.stored.age(rig.runner.user, LIFETIME)
        rig.runner.unlink()
        link_anew(rig)

    return again


def do_it_again_later(well: str) -> Callable[[Rig, Act], None]:
    """Do so when nobody lives that held a lease."""

    def again(rig: Rig, act: Act) -> None:
        let_leases_pass(rig)
        do_it_again(well)(rig, act)

    return again


def let_leases_pass(rig: Rig) -> None:
    """Make every lease on the user's grants older than a function can run."""
    for key in rig.stored.grants_of(rig.runner.user):
        grant = rig.stored.item(key) or {}
        if "lease" in grant:
            grant["lease"]["until"] -= LEASE // timedelta(milliseconds=1)
            rig.stored.put(grant)
