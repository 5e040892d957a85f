"""A simulator of TrainingPeaks: OAuth and the part of the Partners API that Kinni uses, with demo athletes.

Run alone: `python -m local.trainingpeaks --port N`. What goes wrong is set by `SimulatorState.faults`, or at `/faults`.
"""

from local.trainingpeaks.app import create_app, serve
from local.trainingpeaks.connection import ConnectionDroppedError
from local.trainingpeaks.faults import Fault, Faults, Rule
from local.trainingpeaks.state import SimulatorState
from local.trainingpeaks.transport import SimulatorTransport

__all__ = [
    "ConnectionDroppedError",
    "Fault",
    "Faults",
    "Rule",
    "SimulatorState",
    "SimulatorTransport",
    "create_app",
    "serve",
]
