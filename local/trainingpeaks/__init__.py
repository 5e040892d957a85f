"""A simulator of TrainingPeaks: OAuth and the part of the Partners API that Kinni uses, with demo athletes.

Run alone: `python -m local.trainingpeaks --port N`.
"""

from local.trainingpeaks.app import create_app, serve
from local.trainingpeaks.state import SimulatorState

__all__ = ["SimulatorState", "create_app", "serve"]
