"""Steps: what every step of the state machine does, and how many steps there are."""

import os
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine

from tests.stateful.app import Kit
from tests.stateful.faults import Trouble

A_MOMENT = timedelta(milliseconds=50)
EXAMPLES = os.environ.get("STATEFUL_EXAMPLES")
"""How many histories to make up, new ones each time; without it, a few that are always the same."""
BUDGET = settings(
    max_examples=int(EXAMPLES or 20),
    stateful_step_count=14,
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Steps(RuleBasedStateMachine):
    """The time passes with every step, and what was to go wrong in one goes wrong in no other."""

    kit: Kit

    def _tick(self) -> datetime:
        self.kit.clock.move(A_MOMENT)
        return self.kit.clock.now()

    def _set(self, trouble: Trouble | None) -> None:
        self.kit.simulator.faults.clear()
        if trouble:
            trouble.happen(self.kit.simulator)

    def _told(self, trouble: Trouble | None, **query: str) -> dict[str, str]:
        self._set(trouble)
        return self.kit.come_back(**query)
