"""The Kinni app, as the port of `make sam-local` sees it."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from local.sam_local.neighbours import Neighbour
from local.sam_local.stack import SamLocalStack
from local.trainingpeaks.grants import Grant
from tests.e2e.athlete_browser import AthleteBrowser

BASE = "/v1/trainingpeaks"
RETRIES = 4


@dataclass
class App:
    """Calls the API; like the app itself it repeats what a busy machine could not do just now."""

    stack: SamLocalStack
    http: httpx.Client

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        response = self.http.request(method, BASE + path, json=body, headers=headers)
        for _ in range(RETRIES):
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(int(response.headers.get("Retry-After", "1")))
            response = self.http.request(method, BASE + path, json=body, headers=headers)
        assert b"errorMessage" not in response.content, response.text
        return response

    def status(self) -> Any:  # noqa: ANN401 -- the document as it came
        return answered(200, self.call("GET", "/status"))

    def authorize(self, key: str, athlete: str = "basic") -> dict[str, str]:
        """Start, allow access at TrainingPeaks, and return what the callback tells the app."""
        started = answered(201, self.call("POST", "/auth", {}, **{"Idempotency-Key": key}))
        assert started["status"] == "pending"
        with AthleteBrowser(self._simulator.url) as browser:
            consent = browser.sign_in(browser.open_link(self._reached(started["authorization_url"])), athlete)
            back = browser.answer(consent, "allow").headers["Location"]
        assert back.startswith(f"{self.stack.url}{BASE}/callback?")
        return self.come_back(back, started["attempt_id"])

    def come_back(self, address: str, attempt_id: str) -> dict[str, str]:
        """Follow TrainingPeaks' redirect and return the fragment that the app reads."""
        response = self.call("GET", address.removeprefix(self.stack.url + BASE))
        assert response.status_code == 303, response.text
        location = urlsplit(response.headers["Location"])
        assert f"{location.scheme}://{location.netloc}{location.path}" == f"{self.stack.url}/"
        told = dict(parse_qsl(location.fragment))
        assert told["attempt_id"] == attempt_id
        return told

    def live_grants(self, athlete_id: int) -> list[Grant]:
        """Return what TrainingPeaks has granted and not ended."""
        assert self.stack.surroundings.simulator
        return self.stack.surroundings.simulator.live_grants(athlete_id)

    @property
    def _simulator(self) -> Neighbour:
        assert self.stack.surroundings.simulator_origin
        return self.stack.surroundings.simulator_origin

    def _reached(self, link: str) -> str:
        """Return the link as this process reaches it: only browsers know the name in it."""
        assert link.startswith(self._simulator.shared_url)
        return link.replace(self._simulator.shared_url, self._simulator.url, 1)


def answered(status: int, response: httpx.Response) -> Any:  # noqa: ANN401 -- whatever JSON came
    """Return the document of an answer that has this status."""
    assert response.status_code == status, response.text
    return response.json()
