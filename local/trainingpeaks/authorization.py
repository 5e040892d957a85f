"""An authorisation request: what a client may ask, and how it is told that it may not."""

from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlencode

from local.trainingpeaks.client import Client
from local.trainingpeaks.scopes import ScopeError, parse_scopes

PARAMETERS: Final = ("response_type", "client_id", "redirect_uri", "scope", "state")


class Parameters(Protocol):
    """A query, in which a name may come more than once."""

    def getlist(self, key: str, /) -> list[str]:
        """Return all values of a name."""
        ...


class UntrustedRequestError(Exception):
    """The request names no registered client or redirect URI, so the browser stays here."""

    def __init__(self, title: str, detail: str) -> None:
        """Keep what the page says."""
        super().__init__(title)
        self.title = title
        self.detail = detail


class RefusedRequestError(Exception):
    """The request breaks a rule that the client is told about by redirect."""

    def __init__(self, location: str) -> None:
        """Keep where the browser goes."""
        super().__init__("The authorisation request was refused")
        self.location = location


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request that the athlete may be asked about."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None = field(repr=False)

    @property
    def parameters(self) -> dict[str, str]:
        """The request as it came, for a link or a form to carry on."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.scopes),
        }
        return asked if self.state is None else asked | {"state": self.state}

    def answer(self, **parameters: str) -> str:
        """Return the client's redirect URI with the answer and the unchanged state."""
        return _answer(self.redirect_uri, self.state, **parameters)


def read_request(values: Parameters, client: Client) -> AuthorizationRequest:
    """Check an authorisation request.

    Raises UntrustedRequestError if the browser must not leave, RefusedRequestError if the client is to be told.
    """
    client_id = _trusted_client_id(values, client)
    redirect_uri = _trusted_redirect_uri(values, client)
    states = values.getlist("state")
    state = states[0] if len(states) == 1 else None
    if (refusal := _refusal(values)) is not None:
        error, description = refusal
        raise RefusedRequestError(_answer(redirect_uri, state, error=error, error_description=description))
    try:
        scopes = parse_scopes(" ".join(values.getlist("scope")))
    except ScopeError as exc:
        location = _answer(redirect_uri, state, error="invalid_scope", error_description=str(exc))
        raise RefusedRequestError(location) from exc
    return AuthorizationRequest(client_id, redirect_uri, scopes, state)


def _trusted_client_id(values: Parameters, client: Client) -> str:
    if values.getlist("client_id") != [client.client_id]:
        title = "Unknown application"
        raise UntrustedRequestError(title, "No application with this client id is registered.")
    return client.client_id


def _trusted_redirect_uri(values: Parameters, client: Client) -> str:
    given = values.getlist("redirect_uri")
    if len(given) != 1 or not client.has_registered(given[0]):
        title = "Invalid Redirect URI"
        raise UntrustedRequestError(title, "The address to return to is not registered for this application.")
    return given[0]


def _refusal(values: Parameters) -> tuple[str, str] | None:
    """Return the error and its description for a parameter that is missing, repeated or unsupported."""
    for name in PARAMETERS:
        if len(values.getlist(name)) > 1:
            return "invalid_request", f"{name} was given more than once"
    if not values.getlist("response_type"):
        return "invalid_request", "response_type is missing"
    if values.getlist("response_type") != ["code"]:
        return "unsupported_response_type", "response_type must be code"
    return None


def _answer(redirect_uri: str, state: str | None, **parameters: str) -> str:
    answer = parameters if state is None else parameters | {"state": state}
    separator = "&" if "?" in redirect_uri else "?"
    return redirect_uri + separator + urlencode(answer)
