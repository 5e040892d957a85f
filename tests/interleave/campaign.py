"""Campaign: plays plans, judges every schedule, and keeps the figures."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import override
from zlib import crc32

from tests.interleave.actors import Actor, Fault
from tests.interleave.aftermath import follow, heal_after
from tests.interleave.explore import Explorer
from tests.interleave.invariants import violations
from tests.interleave.provider import KINDS
from tests.interleave.scenes import SCENES
from tests.interleave.schedule import Moment, Opening, Plan, Run, build, play
from tests.interleave.stage import Stage
from tests.interleave.wander import order


@dataclass(frozen=True, slots=True)
class Finding:
    """A schedule that broke an invariant."""

    name: str
    found: tuple[str, ...]
    steps: tuple[str, ...]

    @override
    def __str__(self) -> str:
        """The schedule as people read it."""
        steps = [f"  {number:>3}. {step}" for number, step in enumerate(self.steps)]
        return "\n".join([f"schedule {self.name}", *steps, *(f"  ! {found}" for found in self.found)])


@dataclass
class Figures:
    """What was done."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


class Campaign:
    """Plays on one stage; an opening is built once for each scene and kind."""

    def __init__(self, stage: Stage) -> None:
        self.figures = Figures()
        self.last: Run | None = None
        self._stage = stage
        self._empty = stage.save()
        self._openings: dict[tuple[str, str], Opening] = {}

    def explore(self, plan: Plan, *, most: int) -> bool:
        """Play every order of a plan, up to a number; False at the first that breaks an invariant."""
        explorer = Explorer(lambda choose: play(self._stage, self.opening(plan), plan, choose))
        counts = self.figures.counts
        try:
            for number, run in enumerate(explorer.runs(), 1):
                if not self._judge(run):
                    return False
                if number == most:
                    counts["plans cut short"] += 1
                    break
            return True
        finally:
            counts["plans"] += 1
            counts["orders given up as equal to one played"] += explorer.pruned

    def wander(self, plan: Plan, random: Random, times: int) -> bool:
        """Play seeded orders of a plan; False at the first that breaks an invariant."""
        self.figures.counts["plans"] += 1
        length = sum(len(self.calls(plan, actor).calls) for actor in range(len(plan.roles)))
        for _ in range(times):
            run = play(self._stage, self.opening(plan), plan, order(random, len(plan.roles), length))
            self.figures.counts["seeded orders"] += 1
            if run is not None and not self._judge(run):
                return False
        return True

    def replay(self, plan: Plan, told: str) -> Finding | None:
        """Play one order; where it ends early, whoever can go goes on. Return what it broke."""
        before = len(self.figures.findings)
        run = play(self._stage, self.opening(plan), plan, _as_told(told))
        if run is not None:
            self._judge(run)
        return next(iter(self.figures.findings[before:]), None)

    def calls(self, plan: Plan, actor: int = 0) -> Actor:
        """Play one actor of the plan alone and return it, to see its calls."""
        run = play(self._stage, self.opening(plan), Plan(plan.scene, plan.kind, (plan.roles[actor],)), _first)
        if run is None:
            raise RuntimeError
        return run.actors[0]

    def opening(self, plan: Plan) -> Opening:
        """Return the plan's scene for its kind of provider."""
        key = (plan.scene, plan.kind)
        if key not in self._openings:
            self._openings[key] = build(self._stage, self._empty, SCENES[plan.scene], KINDS[plan.kind])
        self._stage.provider.behave(KINDS[plan.kind])
        return self._openings[key]

    def _judge(self, run: Run) -> bool:
        self.last = run
        self._count(run)
        heals_first = bool(crc32(run.name.encode()) % 2)
        steps = _told(run)
        with self._stage.listens():
            evidence = follow(self._stage, run, heals_first=heals_first)
            found = violations(evidence)
            if not found and not heals_first:
                found = violations(heal_after(evidence))
        if found:
            self.figures.findings.append(Finding(run.name, tuple(found), steps))
            self.figures.counts["violations"] += 1
        return not found

    def _count(self, run: Run) -> None:
        counts = self.figures.counts
        counts["schedules"] += 1
        counts["steps"] += len(run.steps)
        for who, number, fault in run.plan.faults:
            if number < len(run.actors[who].calls):
                counts[NAMES[fault]] += 1


NAMES = {
    Fault.CRASH: "crashes",
    Fault.LOST: "lost answers",
    Fault.CONFLICT: "conflicts",
    Fault.DOWN: "calls that failed",
    Fault.PAUSE: "pauses",
}


def _as_told(order: str) -> Callable[[Moment], int | None]:
    def choose(moment: Moment) -> int:
        told = int(order[moment.number]) if moment.number < len(order) else moment.able[0]
        return told if told in moment.able else moment.able[0]

    return choose


def _first(moment: Moment) -> int:
    return moment.able[0]


def _told(run: Run) -> tuple[str, ...]:
    made: Counter[int] = Counter()
    lines = []
    for step in run.steps:
        fault = run.plan.faults_of(step.actor).get(made[step.actor], "")
        made[step.actor] += 1
        actor = run.actors[step.actor].name
        lines.append(f"{actor:<14} {step.call.service} {step.call.operation} {step.call.label} {fault}".rstrip())
    return tuple(lines)
