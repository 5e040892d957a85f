"""What may go wrong at the simulator, and the calls that it happens to."""

import time
from collections.abc import Callable, Collection
from random import Random
from threading import Lock
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

type Endpoint = Literal["token", "exchange", "refresh", "deauthorize", "athlete_profile"]
"""A kind of call that faults can be set for; `token` is every `exchange` and every `refresh`."""

ENDPOINTS: Final[tuple[Endpoint, ...]] = get_args(Endpoint.__value__)

LONGEST_WAIT_SECONDS: Final = 600
MOST_CALLS: Final = 1_000_000

_CONTRADICTION: Final = "contradiction"
_STRICT: Final = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Fault(BaseModel):
    """One thing that goes wrong with one call.

    First the call waits for `latency_seconds`. Then `drop` closes the connection without an answer, before or after the
    work is done; or `status` answers in the work's place, or after it with `after_work`, with `retry_after_seconds` and
    the OAuth code `error`, if set; or `body` spoils the body: of the real answer, or of the one that `status` gives.
    Raises pydantic.ValidationError for what contradicts itself, or says nothing.
    """

    model_config = _STRICT

    latency_seconds: Annotated[float, Field(ge=0, le=LONGEST_WAIT_SECONDS)] = 0
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    retry_after_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None
    error: Annotated[str, Field(pattern=r"\A[a-z_]{1,40}\z")] | None = None
    after_work: bool = False
    body: Literal["html", "truncated", "empty"] | None = None
    drop: Literal["before", "after"] | None = None

    @property
    def is_instead_of_work(self) -> bool:
        """Whether its answer comes in the place of the work."""
        return self.status is not None and not self.after_work

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        answers = self.status is not None or self.body is not None
        of_status = self.retry_after_seconds is not None or self.error is not None or self.after_work
        _require("A fault needs a latency, a status, a body or a drop", answers or self.drop or self.latency_seconds)
        _require("A dropped connection has neither status nor body", not (self.drop and answers))
        _require("retry_after_seconds, error and after_work need a status", self.status is not None or not of_status)
        _require("An error is told in a body that is not spoilt", not (self.error and self.body))
        return self


class Rule(BaseModel):
    """A fault, and which calls to an endpoint it happens to: the next `times`, or each with a `probability`."""

    model_config = _STRICT

    endpoint: Endpoint
    fault: Fault
    times: Annotated[int, Field(ge=1, le=MOST_CALLS)] | None = None
    probability: Annotated[float, Field(gt=0, le=1)] | None = None

    @model_validator(mode="after")
    def _happens_in_one_way(self) -> Self:
        _require("A rule needs either times or a probability", (self.times is None) != (self.probability is None))
        return self


class Faults:
    """The rules that are set.

    A counted rule comes before one of chance, and among each kind the one that was set first. `sleep` waits for
    seconds; a test whose time stands still may set another.
    """

    def __init__(self) -> None:
        """Start without faults."""
        self.sleep: Callable[[float], None] = time.sleep
        self._lock = Lock()
        self._rules: list[Rule] = []
        self._seed: int | None = None
        self._random = Random()  # noqa: S311 - repeatable on purpose

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are left, with what is left of `times`."""
        with self._lock:
            return tuple(self._rules)

    @property
    def seed(self) -> int | None:
        """What the chances were last seeded with, if anything."""
        with self._lock:
            return self._seed

    def next(self, endpoint: Endpoint, fault: Fault, times: int = 1) -> None:
        """Let `fault` happen to the next calls of `endpoint`, after those that wait already."""
        self.add(Rule(endpoint=endpoint, fault=fault, times=times))

    def chance(self, endpoint: Endpoint, fault: Fault, probability: float) -> None:
        """Let `fault` happen to each call of `endpoint` with a probability, beside other chances."""
        self.add(Rule(endpoint=endpoint, fault=fault, probability=probability))

    def add(self, rule: Rule) -> None:
        """Add a rule to those that are set."""
        with self._lock:
            self._rules.append(rule)

    def set_seed(self, seed: int | None) -> None:
        """Start the chances anew: one seed and one order of calls give the same faults, None what nobody foresees."""
        with self._lock:
            self._seed_chances(seed)

    def replace(self, rules: Collection[Rule], seed: int | None) -> None:
        """Set these rules instead of all others, and seed the chances."""
        with self._lock:
            self._rules = list(rules)
            self._seed_chances(seed)

    def clear(self) -> None:
        """Let nothing go wrong any more, and forget the seed."""
        self.replace((), None)

    def take(self, names: Collection[str]) -> Fault | None:
        """Return what goes wrong with a call that goes by any of these names, and count it off."""
        with self._lock:
            rules = [rule for rule in self._rules if rule.endpoint in names]
            counted = next((rule for rule in rules if rule.times is not None), None)
            if counted is not None:
                self._count_off(counted)
                return counted.fault
            return next((rule.fault for rule in rules if self._hits(rule)), None)

    def _hits(self, rule: Rule) -> bool:
        return rule.probability is not None and self._random.random() < rule.probability

    def _count_off(self, rule: Rule) -> None:
        place = next(place for place, other in enumerate(self._rules) if other is rule)
        left = (rule.times or 1) - 1
        self._rules[place : place + 1] = [rule.model_copy(update={"times": left})] if left else []

    def _seed_chances(self, seed: int | None) -> None:
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 - repeatable on purpose


def _require(message: str, condition: object) -> None:
    if not condition:
        raise PydanticCustomError(_CONTRADICTION, "{message}", {"message": message})
