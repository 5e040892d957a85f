"""Kinni's link to a runner's TrainingPeaks account: everything the functions share."""

__version__ = "1.1.0"
