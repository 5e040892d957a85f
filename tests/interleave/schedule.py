"""Schedule: actors set out from a scene and meet in one order."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tests.interleave.actors import Actor, DiedError, Fault
from tests.interleave.acts import Acts, Answer
from tests.interleave.calls import CLOCK, PAUSE, REST, Access, Call
from tests.interleave.cast import work
from tests.interleave.journal import BEFORE
from tests.interleave.provider import Kind
from tests.interleave.scenes import Company, Scene
from tests.interleave.stage import Snapshot, Stage

TICK = timedelta(milliseconds=1)

type Choose = Callable[["Moment"], int | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who sets out from where, and what goes wrong: (actor, number of its call, fault)."""

    scene: str
    kind: str
    roles: tuple[str, ...]
    faults: tuple[tuple[int, int, Fault], ...] = ()

    def faults_of(self, actor: int) -> dict[int, Fault]:
        """Return the faults of one actor by the number of its call."""
        return {number: fault for who, number, fault in self.faults if who == actor}

    @property
    def name(self) -> str:
        """The plan in one word, as `--replay` takes it."""
        faults = ",".join(f"{who}-{number}-{fault}" for who, number, fault in self.faults)
        return ":".join([self.scene, self.kind, ",".join(self.roles), faults])


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the scheduler chooses: the steps so far, and which actors can go."""

    steps: "list[Step]"
    able: tuple[int, ...]

    @property
    def number(self) -> int:
        """How many steps were made before."""
        return len(self.steps)


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was made."""

    actor: int
    call: Call
    access: Access
    able: tuple[int, ...]


@dataclass
class Run:
    """A schedule that was played."""

    plan: Plan
    steps: list[Step]
    acts: Acts
    company: Company
    copies: list[Company]
    actors: list[Actor] = field(default_factory=list)

    @property
    def order(self) -> str:
        """Who went when."""
        return "".join(str(step.actor) for step in self.steps)

    @property
    def name(self) -> str:
        """The number of the schedule."""
        return f"{self.plan.name}:{self.order}"

    @property
    def bugs(self) -> list[BaseException]:
        """What ended an actor that should not have."""
        return [actor.error for actor in self.actors if actor.error and not isinstance(actor.error, DiedError)]

    @property
    def answers(self) -> list[Answer]:
        """What everybody was answered, in order."""
        return self.acts.answers


@dataclass(frozen=True, slots=True)
class Opening:
    """A scene that was built once for a kind of provider."""

    snapshot: Snapshot
    company: Company
    answers: list[Answer]


def build(stage: Stage, empty: Snapshot, scene: Scene, kind: Kind) -> Opening:
    """Build the scene by real calls and keep what it is."""
    stage.restore(empty)
    stage.provider.behave(kind)
    acts, company = Acts(stage, []), Company()
    with stage.listens():
        scene.build(acts, company)
    stage.clock.move(scene.age)
    answers = [replace(answer, place=BEFORE) for answer in acts.answers]
    return Opening(stage.save(), company, answers)


def play(stage: Stage, opening: Opening, plan: Plan, choose: Choose) -> Run | None:
    """Play one order; None where `choose` gives up because an equal one was played before."""
    stage.restore(opening.snapshot)
    company = copy.deepcopy(opening.company)
    acts = Acts(stage, list(opening.answers))
    run = Run(plan, [], acts, company, [copy.deepcopy(company) for _ in plan.roles])
    messages = stage.queue.due()
    for number, role in enumerate(plan.roles):
        what = work(role, acts, run.copies[number], messages)
        run.actors.append(Actor(f"{number}-{role}", what, plan.faults_of(number)))
    with stage.listens():
        try:
            return run if _play(stage, run, choose) else None
        finally:
            for actor in run.actors:
                actor.kill()


def _play(stage: Stage, run: Run, choose: Choose) -> bool:
    for actor in run.actors:
        actor.begin()
    while able := _able(run):
        chosen = choose(Moment(run.steps, able))
        if chosen is None:
            return False
        _step(stage, run, chosen, able)
    return True


def _step(stage: Stage, run: Run, chosen: int, able: tuple[int, ...]) -> None:
    actor = run.actors[chosen]
    call = actor.pending
    if call is None:
        raise RuntimeError(run.name, able, chosen, [str(step.call) for step in run.steps])
    stage.clock.move(TICK)
    actor.step()
    access = call.access
    if actor.read_the_clock and actor.pending and actor.pending.takes_a_time:
        access = access.joined(Access(writes=frozenset([CLOCK])))
    run.steps.append(Step(chosen, call, access, able))


def _able(run: Run) -> tuple[int, ...]:
    """Return who can go; who rests goes only after a change, or when nobody else can."""
    going = [number for number, actor in enumerate(run.actors) if not actor.is_over]
    awake = [number for number in going if not _rests(run, number)]
    return tuple(awake or going)


def _rests(run: Run, number: int) -> bool:
    pending = run.actors[number].pending
    if pending is None or pending.service not in {REST, PAUSE}:
        return False
    if pending.service == PAUSE:
        return True
    for step in reversed(run.steps):
        if step.actor == number:
            return True
        if step.access.writes & pending.access.reads:
            return False
    return True
