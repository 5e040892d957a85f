"""The one place where a test is skipped; in CI a skip, or an expected failure, fails the run."""

import os
from typing import NoReturn

import pytest

HIDDEN = ("skipped", "xfailed")

_missing: set[str] = set()


def is_ci() -> bool:
    """Tell whether everything must be tested."""
    return os.environ.get("CI") == "true"


def do_without(what: str) -> NoReturn:
    """Say loudly at the end what was not tested, and why; in CI fail."""
    if is_ci():
        pytest.fail(what, pytrace=False)
    _missing.add(what)
    # A laptop may lack Java, npm or Chromium, or be asked not to capture: the other tests are still worth running.
    pytest.skip(what)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_ci() and _hidden(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if is_ci() and (hidden := _hidden(config)):
        terminalreporter.section("IN CI NOTHING IS SKIPPED OR EXPECTED TO FAIL", red=True, bold=True)
        terminalreporter.line("\n".join(hidden), red=True)
    if _missing:
        terminalreporter.section("NOT EVERYTHING WAS TESTED", red=True, bold=True)
    for what in sorted(_missing):
        terminalreporter.line(f"SKIPPED: {what}", red=True, bold=True)


def _hidden(config: pytest.Config) -> list[str]:
    """Return which tests did not say whether they hold."""
    reporter: pytest.TerminalReporter = config.pluginmanager.getplugin("terminalreporter")
    return sorted(report.nodeid for kind in HIDDEN for report in reporter.stats.get(kind, []))
