import pytest

from local.settings import LocalSettingError, LocalSettings, TrainingPeaksService

OAUTH = "https://oauth.sandbox.trainingpeaks.com"
API = "https://api.sandbox.trainingpeaks.com"


def test_nothing_needs_to_be_configured() -> None:
    settings = LocalSettings.from_env({})

    assert settings.port == 3000
    assert settings.trainingpeaks is None
    assert settings.client_id


def test_an_empty_variable_is_as_good_as_none() -> None:
    names = ("API_PORT", "TRAININGPEAKS_OAUTH_URL", "TRAININGPEAKS_API_URL", "TRAININGPEAKS_CLIENT_ID")

    settings = LocalSettings.from_env(dict.fromkeys(names, ""))

    assert (settings.port, settings.trainingpeaks) == (3000, None)
    assert settings.client_id


def test_two_starts_share_neither_client_secret_nor_table() -> None:
    first, second = LocalSettings(), LocalSettings()

    assert first.client_secret != second.client_secret
    assert first.table_name != second.table_name


def test_the_client_secret_is_not_shown() -> None:
    settings = LocalSettings.from_env({"TRAININGPEAKS_CLIENT_SECRET": "the-secret"})

    assert settings.client_secret == "the-secret"
    assert "the-secret" not in repr(settings)


def test_another_trainingpeaks_can_be_used() -> None:
    settings = LocalSettings.from_env({"TRAININGPEAKS_OAUTH_URL": OAUTH + "/", "TRAININGPEAKS_API_URL": API})

    assert settings.trainingpeaks == TrainingPeaksService(oauth_url=OAUTH, api_url=API)


@pytest.mark.parametrize("port", ["0", "1", "65535"])
def test_a_port_number_is_a_port(port: str) -> None:
    assert LocalSettings.from_env({"API_PORT": port}).port == int(port)


@pytest.mark.parametrize("port", ["65536", "-1", "3000 ", "http", "3e3", "٣٠٠٠", "9" * 5000])
def test_anything_else_is_not(port: str) -> None:
    with pytest.raises(LocalSettingError, match="API_PORT"):
        LocalSettings.from_env({"API_PORT": port})


@pytest.mark.parametrize("name", ["TRAININGPEAKS_OAUTH_URL", "TRAININGPEAKS_API_URL"])
def test_half_a_trainingpeaks_is_refused(name: str) -> None:
    with pytest.raises(LocalSettingError, match=f"only {name} is set"):
        LocalSettings.from_env({name: OAUTH})


@pytest.mark.parametrize(
    "url",
    ["oauth.example", "ftp://oauth.example", "https://", "https://x/path", "https://x?a", "http://[", "http://x:y"],
)
def test_a_trainingpeaks_is_an_origin(url: str) -> None:
    with pytest.raises(LocalSettingError, match="TRAININGPEAKS_OAUTH_URL must be an origin"):
        LocalSettings.from_env({"TRAININGPEAKS_OAUTH_URL": url, "TRAININGPEAKS_API_URL": API})
