"""The service in containers: `sam local` with AWS, TrainingPeaks and the page beside it, on this machine."""
