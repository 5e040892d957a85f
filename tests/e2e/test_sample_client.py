"""What TrainingPeaks' own sample client does works against the simulator run alone.

That client differs from the documentation: its link carries no state, and neither does it escape the redirect URI; it
authenticates by HTTP Basic at `/OAuth/Token`; it asks for a coach's athletes; its redirect URI is on port 8080.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.athlete_browser import AthleteBrowser, told

ROOT = Path(__file__).parents[2]
CLIENT_ID = "sample-client"
CLIENT_SECRET = "sample-client-secret"
REDIRECT_URI = "http://localhost:8080/callback"


@dataclass(frozen=True)
class SampleClient:
    """The sample client's requests, with the library's own User-Agent as there."""

    url: str

    @property
    def authorize_link(self) -> str:
        return (
            f"{self.url}/OAuth/Authorize?response_type=code&client_id={CLIENT_ID}"
            f"&redirect_uri={REDIRECT_URI}&scope=coach:athletes"
        )

    def exchange(self, code: str) -> httpx.Response:
        return self._token({"code": code, "redirect_uri": REDIRECT_URI, "grant_type": "authorization_code"})

    def refresh(self, refresh_token: str) -> httpx.Response:
        return self._token({"refresh_token": refresh_token, "grant_type": "refresh_token"})

    def list_athletes(self, access_token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {access_token}"}
        return httpx.get(f"{self.url}/v1/coach/athletes", headers=headers, trust_env=False)

    def _token(self, form: dict[str, str]) -> httpx.Response:
        return httpx.post(
            f"{self.url}/OAuth/Token",
            data=form,
            headers={"Accept": "application/json"},
            auth=(CLIENT_ID, CLIENT_SECRET),
            trust_env=False,
        )


def start(*options: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-m", "local.trainingpeaks", "--port", "0", *options],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ready_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    match = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", line)
    assert match, line
    return match[1]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with start("--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET) as process:
        yield process
        process.kill()


def test_the_sample_client_authorises_refreshes_and_calls_the_api(process: subprocess.Popen[str]) -> None:
    client = SampleClient(ready_url(process))
    with AthleteBrowser(client.url) as browser:
        consent = browser.sign_in(browser.open_link(client.authorize_link), "coach")
        answer = browser.answer(consent, "allow")
    assert answer.headers["Location"].startswith(REDIRECT_URI + "?code=")
    assert told(answer).keys() == {"code"}

    tokens = client.exchange(told(answer)["code"]).json()
    assert int(tokens["expires_in"]) == 600
    assert client.list_athletes(tokens["access_token"]).status_code == 200

    refreshed = client.refresh(tokens["refresh_token"]).json()
    athletes = client.list_athletes(refreshed["access_token"]).json()
    assert [athlete["Id"] for athlete in athletes] == [123457, 123458]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_alone_it_prints_one_line_and_ends_cleanly(process: subprocess.Popen[str], number: signal.Signals) -> None:
    client = SampleClient(ready_url(process))
    client.exchange("a-code-that-no-log-may-hold")
    process.send_signal(number)

    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_its_client_comes_from_the_environment() -> None:
    credentials = {"TRAININGPEAKS_CLIENT_ID": CLIENT_ID, "TRAININGPEAKS_CLIENT_SECRET": CLIENT_SECRET}
    with start(**credentials) as process:
        try:
            answer = SampleClient(ready_url(process)).refresh("unknown")
        finally:
            process.kill()

    assert answer.json()["error"] == "invalid_grant"


def test_registered_redirect_uris_shut_out_every_other() -> None:
    options = ("--redirect-uri", "http://localhost:1/", "--redirect-uri", "http://localhost:2/")
    with start("--client-id", CLIENT_ID, *options) as process:
        try:
            link = SampleClient(ready_url(process)).authorize_link
            assert httpx.get(link, trust_env=False).status_code == 400
            other = link.replace(REDIRECT_URI, "http://localhost:2/")
            assert httpx.get(other, trust_env=False).status_code == 200
        finally:
            process.kill()
