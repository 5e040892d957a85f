"""The functions and the services against DynamoDB Local, moto and a TrainingPeaks that follows a script."""
