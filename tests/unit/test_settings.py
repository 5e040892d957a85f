"""The environment: what is missing or unusable names itself at cold start."""

from collections.abc import Callable

import pytest

from account_link.settings import KeySettings, LinkSettings, SettingError, TrainingPeaksSettings

ENVIRONMENT = {
    "DEPLOYMENT": "production",
    "TRAININGPEAKS_CLIENT_ID": "kinni",
    "TRAININGPEAKS_OAUTH_URL": "https://oauth.trainingpeaks.com/",
    "TRAININGPEAKS_API_URL": "https://api.trainingpeaks.com/",
    "CLIENT_SECRET_NAME": "kinni/trainingpeaks",
    "RETURN_URLS": "https://kinni.example/a, https://kinni.example/b",
    "CALLBACK_URL": "",
    "STATE_KEY": "0" * 64,
}
LINK_NAMES = ["DEPLOYMENT", "RETURN_URLS", "TRAININGPEAKS_CLIENT_ID", "TRAININGPEAKS_OAUTH_URL"]
TRAININGPEAKS_NAMES = [
    "CLIENT_SECRET_NAME",
    "TRAININGPEAKS_API_URL",
    "TRAININGPEAKS_CLIENT_ID",
    "TRAININGPEAKS_OAUTH_URL",
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def allowed(monkeypatch: pytest.MonkeyPatch, deployment: str, return_urls: str) -> tuple[str, ...]:
    monkeypatch.setenv("DEPLOYMENT", deployment)
    monkeypatch.setenv("RETURN_URLS", return_urls)
    return LinkSettings.from_env().return_urls


def test_the_first_return_url_is_the_default() -> None:
    assert LinkSettings.from_env() == LinkSettings(
        client_id="kinni",
        oauth_url="https://oauth.trainingpeaks.com",
        return_urls=("https://kinni.example/a", "https://kinni.example/b"),
        callback_url="",
    )


def test_addresses_lose_their_last_slash() -> None:
    assert TrainingPeaksSettings.from_env() == TrainingPeaksSettings(
        client_id="kinni",
        oauth_url="https://oauth.trainingpeaks.com",
        api_url="https://api.trainingpeaks.com",
        secret_name="kinni/trainingpeaks",
    )


def test_in_production_a_code_comes_back_by_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBACK_URL", "https://kinni.example/callback")
    assert LinkSettings.from_env().callback_url == "https://kinni.example/callback"

    monkeypatch.setenv("CALLBACK_URL", "http://kinni.example/callback")
    with pytest.raises(SettingError, match="CALLBACK_URL"):
        LinkSettings.from_env()

    monkeypatch.setenv("DEPLOYMENT", "local")
    monkeypatch.setenv("RETURN_URLS", "http://127.0.0.1:3000/")
    assert LinkSettings.from_env().callback_url == "http://kinni.example/callback"


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize(
    ("read", "name"),
    [
        *[(LinkSettings.from_env, name) for name in LINK_NAMES],
        *[(TrainingPeaksSettings.from_env, name) for name in TRAININGPEAKS_NAMES],
        (KeySettings.from_env, "STATE_KEY"),
    ],
)
def test_a_missing_variable_names_itself(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], object], name: str, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingError, match=rf"\b{name}\b"):
        read()


def test_only_the_callback_url_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLBACK_URL")

    assert LinkSettings.from_env().callback_url == ""


@pytest.mark.parametrize(
    "return_url",
    [
        "http://kinni.example/",
        "http://127.0.0.1:3000/",
        "http://localhost/",
        "kinni://connected-apps/trainingpeaks",
        "KINNI:back",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//kinni.example/",
        "/connected",
        "kinni.example",
        "https:",
        "https:///connected",
        "https://",
    ],
)
def test_production_returns_to_https_only(monkeypatch: pytest.MonkeyPatch, return_url: str) -> None:
    with pytest.raises(SettingError, match="RETURN_URLS"):
        allowed(monkeypatch, "production", f"https://kinni.example/,{return_url}")


@pytest.mark.parametrize("deployment", ["sandbox", "local"])
def test_app_schemes_are_for_development(monkeypatch: pytest.MonkeyPatch, deployment: str) -> None:
    assert allowed(monkeypatch, deployment, "kinni://back,https://kinni.example/") == (
        "kinni://back",
        "https://kinni.example/",
    )


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost", "[::1]:3000"])
def test_plain_http_is_for_loopback_on_a_laptop(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert allowed(monkeypatch, "local", f"http://{host}/") == (f"http://{host}/",)
    with pytest.raises(SettingError):
        allowed(monkeypatch, "sandbox", f"http://{host}/")


@pytest.mark.parametrize(
    "return_url",
    ["http://kinni.example/", "http://127.0.0.1.evil.example/", "http://127.0.0.1@evil.example/", "http:///", "back"],
)
def test_plain_http_elsewhere_is_for_nobody(monkeypatch: pytest.MonkeyPatch, return_url: str) -> None:
    with pytest.raises(SettingError, match="RETURN_URLS"):
        allowed(monkeypatch, "local", return_url)


@pytest.mark.parametrize("return_urls", [",", " ", " , ,"])
def test_there_is_at_least_one_return_url(monkeypatch: pytest.MonkeyPatch, return_urls: str) -> None:
    with pytest.raises(SettingError, match="RETURN_URLS"):
        allowed(monkeypatch, "production", return_urls)


@pytest.mark.parametrize("return_url", ["https://kinni.example/#connected", "https://kinni.example/#"])
def test_a_return_url_leaves_the_fragment_to_the_answer(monkeypatch: pytest.MonkeyPatch, return_url: str) -> None:
    with pytest.raises(SettingError, match="RETURN_URLS"):
        allowed(monkeypatch, "production", return_url)


@pytest.mark.parametrize("return_url", ["https://[::1/", "https://[kinni]/"])
def test_a_return_url_that_is_no_url_names_its_variable(monkeypatch: pytest.MonkeyPatch, return_url: str) -> None:
    with pytest.raises(SettingError, match="RETURN_URLS"):
        allowed(monkeypatch, "production", return_url)


@pytest.mark.parametrize("deployment", ["prod", "Production", "production ", "staging"])
def test_an_unknown_deployment_is_not_taken_for_a_lax_one(monkeypatch: pytest.MonkeyPatch, deployment: str) -> None:
    with pytest.raises(SettingError, match="DEPLOYMENT"):
        allowed(monkeypatch, deployment, "kinni://back")
