"""A person at the simulator, with a browser that knows pages, forms and cookies but runs nothing."""

import html
import re
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx

# Everything here is plain HTTP, and reading the machine's certificates for every client is what would take longest.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class AthleteBrowser:
    """Walks the simulator's pages; where it leads away, the browser stays and returns the address."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, verify=NO_TLS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def open(self, query: Mapping[str, str] | str) -> httpx.Response:
        """Follow an application's authorise link."""
        return self._http.get("/OAuth/Authorize", params=query)

    def open_link(self, link: str) -> httpx.Response:
        return self._http.get(link)

    def sign_in(self, page: httpx.Response, username: str, password: str = "simulator") -> httpx.Response:
        """Fill the sign-in form of a page and follow where it leads."""
        form = {"username": username, "password": password}
        return self._http.post(_action(page, "/oauth/sign-in"), data=form, follow_redirects=True)

    def sign_in_as_somebody_else(self, page: httpx.Response) -> httpx.Response:
        return self._http.post(_action(page, "/oauth/sign-out"), follow_redirects=True)

    def answer(self, page: httpx.Response, decision: str) -> httpx.Response:
        """Press Allow or Deny on the consent page."""
        (token,) = re.findall(r'name="consent_token" value="([^"]*)"', page.text)
        return self._http.post(_action(page, "/OAuth/Authorize"), data={"consent_token": token, "decision": decision})

    def authorize(self, query: Mapping[str, str], username: str, decision: str = "allow") -> dict[str, str]:
        """Walk all the way and return what the application is told."""
        consent = self.sign_in(self.open(query), username)
        return told(self.answer(consent, decision))


def told(response: httpx.Response) -> dict[str, str]:
    """Return the parameters of the address that a response leads to."""
    assert response.status_code == 302, response.status_code
    parameters = parse_qs(urlsplit(response.headers["Location"]).query, strict_parsing=True)
    assert all(len(values) == 1 for values in parameters.values())
    return {name: values[0] for name, values in parameters.items()}


def _action(page: httpx.Response, path: str) -> str:
    actions = [html.unescape(action) for action in re.findall(r'action="([^"]*)"', page.text)]
    (action,) = (action for action in actions if urlsplit(action).path == path)
    return action
