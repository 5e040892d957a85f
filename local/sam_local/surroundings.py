"""What the functions in containers find around them: AWS, TrainingPeaks, and the variables that lead there."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from local.aws import create_resources
from local.environment import CALLBACK_PATH, aws_environment, function_settings, own_environment
from local.sam_local import neighbours
from local.sam_local.front import USER
from local.sam_local.sam import VARIABLES, built, local_call
from local.settings import TrainingPeaksService

if TYPE_CHECKING:
    from types import TracebackType

    from local.sam_local.neighbours import Neighbour
    from local.sam_local.sam import Call
    from local.settings import LocalSettings
    from local.trainingpeaks import SimulatorState


class Surroundings:
    """What the functions find around them, between enter and exit: AWS, TrainingPeaks and their variables.

    Sets this process's environment meanwhile, so that AWS is found. `simulator` is None where another TrainingPeaks is
    used.
    """

    aws: Neighbour
    queue_url: str
    trainingpeaks: TrainingPeaksService
    simulator: SimulatorState | None = None
    simulator_origin: Neighbour | None = None
    variables: dict[str, str]

    def __init__(self, settings: LocalSettings, api_url: str) -> None:
        """Choose how to run, for an API at this origin."""
        self._settings = settings
        self._api_url = api_url
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Build the functions and start everything else; raise SamError."""
        with ExitStack() as starting:
            starting.enter_context(own_environment())
            self.trainingpeaks = self._settings.trainingpeaks or self._start_simulator(starting)
            self.aws = starting.enter_context(neighbours.aws())
            os.environ.update(aws_environment(self.aws.url, None))
            self.variables = self._variables()
            self._folder = starting.enter_context(built())
            (self._folder / VARIABLES).write_text(json.dumps({"Parameters": self.variables}), encoding="utf-8")
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything; the environment is as it was."""
        self._running.close()

    def call(self, command: str, *arguments: str, options: tuple[str, ...] = ()) -> Call:
        """Return the call of a `sam local` command whose functions find all this."""
        return local_call(command, *arguments, folder=self._folder, aws_url=self.aws.url, options=options)

    def _start_simulator(self, running: ExitStack) -> TrainingPeaksService:
        simulator = neighbours.trainingpeaks(self._settings, self._api_url + CALLBACK_PATH)
        self.simulator_origin, self.simulator = running.enter_context(simulator)
        url = self.simulator_origin.shared_url
        return TrainingPeaksService(oauth_url=url, api_url=url)

    def _variables(self) -> dict[str, str]:
        resources = create_resources(self._settings)
        self.queue_url = resources.queue_url
        settings = function_settings(self._settings, resources, self.trainingpeaks, self._api_url)
        return settings | {
            "REVOCATION_QUEUE_URL": self.aws.shared(resources.queue_url),
            "AWS_ENDPOINT_URL": self.aws.shared_url,
            "LOCAL_USER_ID": USER,
        }
