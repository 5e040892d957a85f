"""The authorisation request: what Kinni asks TrainingPeaks for, and the address that asks."""

from urllib.parse import quote

from account_link.models import State

PROFILE_SCOPE = "athlete:profile"
SCOPES = (PROFILE_SCOPE, "file:write")
"""Scopes are not inclusive (TrainingPeaks wiki, OAuth): one to know the athlete, one to upload."""
QUOTED_SCOPES = quote(" ".join(SCOPES), "")


def authorization_url(oauth_url: str, client_id: str, redirect_uri: str, state: State) -> str:
    """Return where the browser signs in and allows access.

    TrainingPeaks wiki, OAuth: `/OAuth/Authorize` with these capitals, scopes delimited by spaces.
    PKCE is not documented there, so it is not sent.
    """
    return (
        f"{oauth_url}/OAuth/Authorize?response_type=code&client_id={quote(client_id, '')}"
        f"&redirect_uri={quote(redirect_uri, '')}&scope={QUOTED_SCOPES}&state={quote(state, '')}"
    )
