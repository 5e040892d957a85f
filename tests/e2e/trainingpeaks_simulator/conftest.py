from collections.abc import Iterator

import pytest

from tests.e2e.athlete_browser import AthleteBrowser
from tests.e2e.trainingpeaks_simulator.rig import REGISTERED, Simulator, running, without_network


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(REGISTERED) as simulator:
        yield simulator


@pytest.fixture
def browser(simulator: Simulator) -> Iterator[AthleteBrowser]:
    with AthleteBrowser(simulator.url) as browser:
        yield browser


@pytest.fixture(params=["over HTTP", "in process"])
def called(simulator: Simulator, request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """Call the simulator in both ways that it can be called."""
    if request.param == "over HTTP":
        yield simulator
        return
    with without_network(simulator) as in_process:
        yield in_process
