"""The functions' one logger: JSON lines of our own words only."""

from aws_lambda_powertools import Logger

logger = Logger()
