"""The authorisation request: what Kinni asks TrainingPeaks for, and the address that asks."""

from urllib.parse import quote, urlencode

from account_link.models import State

PROFILE_SCOPE = "athlete:profile"
SCOPES = (PROFILE_SCOPE, "file:write")
"""Scopes are not inclusive (TrainingPeaks wiki, OAuth): one to know the athlete, one to upload."""


def authorization_url(oauth_url: str, client_id: str, redirect_uri: str, state: State) -> str:
    """Return where the browser signs in and allows access.

    TrainingPeaks wiki, OAuth: `/OAuth/Authorize` with these capitals, scopes delimited by spaces.
    PKCE is not documented there, so it is not sent.
    """
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
    }
    return f"{oauth_url}/OAuth/Authorize?{urlencode(query, quote_via=quote)}"
