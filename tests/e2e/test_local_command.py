"""`python -m local` as a person or a script runs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local.loopback import listen, port_of
from local.stack import LocalStack
from tests.e2e.echo_gateway import EchoGateway

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "local"]
SECONDS = 60


def shell(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what a stack in this process has set for its functions."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TRAININGPEAKS_", "API_PORT"))}
    return {**own, **environment}


@contextmanager
def service(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 -- our own program
        COMMAND,
        cwd=ROOT,
        env=shell(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own program
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=shell(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """A shell without a terminal starts its background jobs so."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def ready_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+\n", line)
    return line.split()[1]


def end(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str, str]:
    process.send_signal(how)
    stdout, stderr = process.communicate(timeout=SECONDS)
    return process.returncode, stdout, stderr


def test_it_says_when_it_serves_and_ends_on_sigterm() -> None:
    with service({"API_PORT": "0"}) as process:
        url = ready_url(process)
        token = run("token", "runner-1", API_PORT=url.rpartition(":")[2])
        answer = httpx.get(
            f"{url}/v1/trainingpeaks/status",
            headers={"Authorization": f"Bearer {token.stdout.strip()}"},
            trust_env=False,
        )
        lost = httpx.get(f"{url}/v1/trainingpeaks/callback?state=the-state&code=the-code", trust_env=False)
        status, stdout, stderr = end(process, signal.SIGTERM)

    assert (token.returncode, token.stderr, token.stdout.count("\n")) == (0, "", 1)
    assert (answer.status_code, lost.status_code) == (200, 200)
    assert (status, stdout) == (0, "")
    assert "Traceback" not in stderr
    assert '"route":"GET /v1/trainingpeaks/status"' in stderr
    assert "the-state" not in stderr
    assert "the-code" not in stderr


def test_it_ends_on_ctrl_c() -> None:
    with service({"API_PORT": "0"}) as process:
        ready_url(process)
        status, stdout, stderr = end(process, signal.SIGINT)

    assert (status, stdout, stderr) == (0, "", "")


def test_it_ends_on_sigterm_also_as_a_background_job() -> None:
    with interrupts_ignored(), service({"API_PORT": "0"}) as process:
        ready_url(process)
        status, stdout, stderr = end(process, signal.SIGTERM)

    assert (status, stdout, stderr) == (0, "", "")


def test_a_signal_before_it_serves_ends_it_too() -> None:
    with service({"API_PORT": "0"}) as process:
        # Whenever it arrives: before Python runs our code it simply kills.
        status, _, stderr = end(process, signal.SIGTERM)

    assert status in {0, -signal.SIGTERM}
    assert "Traceback" not in stderr


def test_a_port_in_use_is_said_in_one_line() -> None:
    with listen(0) as listener:
        ended = run(API_PORT=str(port_of(listener)))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"local: port \d+ of 127\.0\.0\.1 cannot be used: Address already in use\n", ended.stderr)


@pytest.mark.parametrize(
    ("name", "value"), [("API_PORT", "http"), ("TRAININGPEAKS_OAUTH_URL", "https://oauth.example")]
)
def test_a_variable_that_cannot_be_used_is_said_in_one_line(name: str, value: str) -> None:
    ended = run(**{name: value})

    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(rf"local: .*{name}.*\n", ended.stderr)


def test_without_a_service_there_is_no_token() -> None:
    with listen(0) as listener:
        port = str(port_of(listener))
    ended = run("token", "runner-1", API_PORT=port)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"local: nothing answers at http://127\.0\.0\.1:\d+: .*\n", ended.stderr)


def test_another_program_gives_no_token(gateway: EchoGateway) -> None:
    ended = run("token", "runner-1", API_PORT=gateway.url.rpartition(":")[2])

    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"local: another program answers at http://127\.0\.0\.1:\d+: .*\n", ended.stderr)


def test_a_user_must_be_printable(stack: LocalStack) -> None:
    ended = run("token", "", API_PORT=stack.url.rpartition(":")[2])

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "local: USER must be 1 to 128 printable characters\n"


def test_a_user_must_be_named() -> None:
    ended = run("token")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "USER" in ended.stderr
