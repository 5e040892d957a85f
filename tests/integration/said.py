"""Everything that is printed and logged in a run, by any test, kept to be searched for secrets."""

import logging
import warnings
from typing import override

import pytest


class Said(logging.Handler):
    """A plugin that hears what pytest captures of every test, and a handler that hears our loggers at DEBUG."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record with all its fields, not only what a formatter shows."""
        self.texts += [record.getMessage(), repr(record.__dict__)]
        if record.exc_info:
            self.texts.append(logging.Formatter().formatException(record.exc_info))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.texts += [text for _, text in report.sections]

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        self.texts.append(str(warning_message.message))
