"""The Kinni app as the API sees it, over HTTP, and its runner at TrainingPeaks."""

import uuid
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx

from local.stack import LocalStack
from tests.e2e.athlete_browser import AthleteBrowser

BASE = "/v1/trainingpeaks"


@dataclass
class App:
    """The Kinni app of one runner, and the runner's browser; signed out where there is no user."""

    stack: LocalStack
    http: httpx.Client
    user: str = field(default_factory=lambda: str(uuid.uuid4()))

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        if self.user:
            headers["Authorization"] = f"Bearer {self.stack.issuer.mint(self.user)}"
        if isinstance(body, bytes):
            return self.http.request(method, BASE + path, headers=headers, content=body)
        return self.http.request(method, BASE + path, headers=headers, json=body)

    def start(self, key: str = "tap-1", body: object = None) -> httpx.Response:
        return self.call("POST", "/auth", body or {}, **{"Idempotency-Key": key})

    def confirm(self, body: object) -> httpx.Response:
        return self.call("POST", "/link", body)

    def toggle(self, body: object) -> httpx.Response:
        return self.call("PUT", "/auto-upload", body)

    def unlink(self) -> httpx.Response:
        return self.call("DELETE", "/link")

    def come_back(self) -> httpx.Response:
        """Start, sign in at TrainingPeaks, allow access, and return what the callback answers."""
        link = self.start().json()["authorization_url"]
        with AthleteBrowser(self.stack.trainingpeaks.oauth_url) as browser:
            answer = browser.answer(browser.sign_in(browser.open_link(link), "basic"), "allow")
        return self.http.get(answer.headers["Location"])

    def authorize(self, **replaced: str) -> dict[str, str]:
        """Come back, and return what the app then confirms."""
        told = dict(parse_qsl(urlsplit(self.come_back().headers["Location"]).fragment))
        del told["outcome"]
        return told | replaced

    def link(self) -> httpx.Response:
        return self.confirm(self.authorize())
