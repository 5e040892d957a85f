"""Aftermath: what follows a schedule: the queue is drained, time-outs pass, and everybody tries again."""

import copy
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from tests.interleave.acts import Answer, Person
from tests.interleave.cast import finish
from tests.interleave.message_queue import Message
from tests.interleave.schedule import Run
from tests.interleave.stage import Items, Stage

FUNCTION_TIME_OUT = timedelta(seconds=30)
JOIN_OVER = timedelta(seconds=61)
MOST_ROUNDS = 60
METRIC = re.compile(r'^\{"_aws".*$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Look:
    """The table and TrainingPeaks at one moment: its live grants, each with the refresh token that works."""

    items: Items
    live: dict[str, str]


@dataclass
class Evidence:
    """All that the invariants are judged by."""

    stage: Stage
    run: Run
    at_once: Look
    drained: Look = field(default_factory=lambda: Look({}, {}))
    metrics: Counter[str] = field(default_factory=Counter)
    used: list[Answer] = field(default_factory=list)
    healed: dict[str, Answer] = field(default_factory=dict)
    is_drained: bool = True
    is_final: bool = False
    raised: list[BaseException] = field(default_factory=list)

    @property
    def has_crashed(self) -> bool:
        """Whether something went wrong on purpose."""
        return bool(self.run.plan.faults)


def follow(stage: Stage, run: Run, *, heals_first: bool) -> Evidence:
    """Let time pass after a schedule; a new try comes before the queue is drained, or after it."""
    evidence = Evidence(stage, run, _look(stage), is_final=heals_first)
    if heals_first:
        stage.clock.move(FUNCTION_TIME_OUT)
        _heal(evidence)
    _drain(evidence)
    evidence.drained = _look(stage)
    for person in run.company.everybody():
        evidence.used.append(run.acts.use(person))
    evidence.metrics = metrics(stage.printed.getvalue())
    return evidence


def heal_after(evidence: Evidence) -> Evidence:
    """Go on: everybody tries again, and what that leaves is drained."""
    later = Evidence(evidence.stage, evidence.run, _look(evidence.stage), is_final=True)
    later.stage.clock.move(FUNCTION_TIME_OUT)
    _heal(later)
    _drain(later)
    later.drained = _look(later.stage)
    later.metrics = metrics(later.stage.printed.getvalue())
    return later


def metrics(printed: str) -> Counter[str]:
    """Return how often each metric was counted, by its name, and by its name and dimension."""
    found: Counter[str] = Counter()
    for line in METRIC.findall(printed):
        document = json.loads(line)
        definition = document["_aws"]["CloudWatchMetrics"][0]
        name = definition["Metrics"][0]["Name"]
        found[name] += 1
        found.update(
            f"{name} {document[dimension]}" for dimension in definition["Dimensions"][0] if dimension != "service"
        )
    return found


def _drain(evidence: Evidence) -> None:
    """Run the worker whenever a message comes, until the queue is empty."""
    stage = evidence.stage
    for _ in range(MOST_ROUNDS):
        if not stage.queue.messages:
            return
        stage.clock.at = max(stage.clock.at, stage.queue.next_at())
        for message in stage.queue.due():
            _work(evidence, message)
            stage.clock.move(timedelta(milliseconds=1))
    evidence.is_drained = False


def _work(evidence: Evidence, message: Message) -> None:
    try:
        evidence.run.acts.work(message)
    except Exception as exc:  # noqa: BLE001 -- a bug is evidence
        evidence.raised.append(exc)


def _heal(evidence: Evidence) -> None:
    for person in _concerned(evidence.run):
        evidence.healed[person.user] = _try_again(evidence, copy.deepcopy(person))


def _concerned(run: Run) -> list[Person]:
    has_bob = any(role.startswith("bob.") for role in run.plan.roles)
    people = run.company.everybody()
    return people if has_bob else people[:1]


def _try_again(evidence: Evidence, person: Person) -> Answer:
    """Tap once more; again where the attempt that was joined is older than a revocation of its athlete."""
    acts = evidence.run.acts
    answer = acts.start(person)
    if not answer.document.get("authorization_url"):
        joined = _join(evidence, person, answer)
        if joined and joined.status == 200:
            return joined
        evidence.stage.clock.move(timedelta(0) if joined else JOIN_OVER)
        answer = acts.start(person)
    if not answer.document.get("authorization_url"):
        return answer
    acts.allow(person)
    evidence.stage.clock.move(timedelta(seconds=1))
    return finish(acts, person)


def _join(evidence: Evidence, person: Person, answer: Answer) -> Answer | None:
    """Confirm an attempt that is authorised already, with what a browser of the run still has."""
    acts, known = evidence.run.acts, _browser_of(evidence.run, person.user, answer)
    if known is None or answer.document.get("status") != "authorized":
        return None
    for code in range(len(known.codes)):
        acts.callback(known, code)
    return acts.confirm(known)


def _browser_of(run: Run, user: str, answer: Answer) -> Person | None:
    """Return who in the run came back for this attempt."""
    for company in [*run.copies, run.company]:
        for person in company.everybody():
            if person.user == user and person.attempt_id == answer.document.get("attempt_id") and person.codes:
                return copy.deepcopy(person)
    return None


def _look(stage: Stage) -> Look:
    return Look(stage.items(), {name: grant.refresh_token for name, grant in stage.provider.live().items()})
