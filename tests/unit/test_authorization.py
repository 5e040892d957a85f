"""The address of TrainingPeaks' authorise page, as its wiki documents it."""

from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from account_link.authorization import authorization_url
from account_link.models import State


def test_the_request_is_as_documented() -> None:
    url = authorization_url(
        "https://oauth.trainingpeaks.com", "kinni", "https://api.kinni.example/callback", State("s.t-_")
    )

    assert url == (
        "https://oauth.trainingpeaks.com/OAuth/Authorize?response_type=code&client_id=kinni"
        "&redirect_uri=https%3A%2F%2Fapi.kinni.example%2Fcallback"
        "&scope=athlete%3Aprofile%20file%3Awrite&state=s.t-_"
    )


@given(client_id=st.text(min_size=1, max_size=20), redirect_uri=st.text(min_size=1, max_size=40))
def test_no_value_reaches_beyond_its_parameter(client_id: str, redirect_uri: str) -> None:
    url = authorization_url("https://oauth.trainingpeaks.com", client_id, redirect_uri, State("s"))

    parts = urlsplit(url)
    assert (parts.netloc, parts.path, parts.fragment) == ("oauth.trainingpeaks.com", "/OAuth/Authorize", "")
    assert parse_qs(parts.query, keep_blank_values=True) == {
        "response_type": ["code"],
        "client_id": [client_id],
        "redirect_uri": [redirect_uri],
        "scope": ["athlete:profile file:write"],
        "state": ["s"],
    }
