"""The mark of the tests that explore: `-m 'not interleave'` leaves them out."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "interleave: explores orders on DynamoDB Local")
