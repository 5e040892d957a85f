from collections.abc import Iterator

import pytest

from tests.e2e.athlete_browser import AthleteBrowser
from tests.e2e.trainingpeaks_simulator.rig import REGISTERED, Simulator, running


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(REGISTERED) as simulator:
        yield simulator


@pytest.fixture
def browser(simulator: Simulator) -> Iterator[AthleteBrowser]:
    with AthleteBrowser(simulator.url) as browser:
        yield browser
