"""What the environment tells the functions. A missing variable names itself at cold start."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

DEPLOYMENTS = ("local", "sandbox", "production")
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class SettingError(Exception):
    """An environment variable is missing or cannot be used; operators see this, users never."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What start, confirm and the callback's pages need to know."""

    client_id: str
    oauth_url: str
    return_urls: tuple[str, ...]
    callback_url: str

    @classmethod
    def from_env(cls) -> "LinkSettings":
        """Read the environment; raise SettingError where a variable is missing or unusable."""
        return cls(
            client_id=required("TRAININGPEAKS_CLIENT_ID"),
            oauth_url=required("TRAININGPEAKS_OAUTH_URL").rstrip("/"),
            return_urls=_return_urls(),
            callback_url=_callback_url(),
        )


@dataclass(frozen=True, slots=True)
class TrainingPeaksSettings:
    """Where TrainingPeaks is and who we are there; the secret's name, never the secret."""

    client_id: str
    oauth_url: str
    api_url: str
    secret_name: str

    @classmethod
    def from_env(cls) -> "TrainingPeaksSettings":
        """Read the environment; raise SettingError where a variable is missing."""
        return cls(
            client_id=required("TRAININGPEAKS_CLIENT_ID"),
            oauth_url=required("TRAININGPEAKS_OAUTH_URL").rstrip("/"),
            api_url=required("TRAININGPEAKS_API_URL").rstrip("/"),
            secret_name=required("CLIENT_SECRET_NAME"),
        )


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The key that seals states."""

    state_key: str = field(repr=False)

    @classmethod
    def from_env(cls) -> "KeySettings":
        """Read the environment; raise SettingError where the key is missing."""
        return cls(state_key=required("STATE_KEY"))


def required(name: str) -> str:
    """Return the variable's value; raise SettingError naming the variable where it is missing."""
    value = os.environ.get(name, "")
    if not value:
        message = f"the environment variable {name} is not set"
        raise SettingError(message)
    return value


def _callback_url() -> str:
    """Return where codes come back to, or an empty string where the request tells; never in clear in production."""
    url = os.environ.get("CALLBACK_URL", "")
    if url and not url.startswith("https://") and _deployment() == "production":
        message = f"CALLBACK_URL is {url}, and a production deployment takes https only"
        raise SettingError(message)
    return url


def _return_urls() -> tuple[str, ...]:
    urls = tuple(url.strip() for url in required("RETURN_URLS").split(",") if url.strip())
    deployment = _deployment()
    for url in urls:
        if not _may_return_to(url, deployment):
            message = f"RETURN_URLS holds {url}, which a {deployment} deployment does not allow"
            raise SettingError(message)
    if not urls:
        message = "RETURN_URLS names no return URL"
        raise SettingError(message)
    return urls


def _deployment() -> str:
    deployment = required("DEPLOYMENT")
    if deployment not in DEPLOYMENTS:
        message = f"DEPLOYMENT is {deployment}, which is none of {', '.join(DEPLOYMENTS)}"
        raise SettingError(message)
    return deployment


def _may_return_to(url: str, deployment: str) -> bool:
    """Apps can claim each other's schemes, plain http is for loopback only, the fragment is ours."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if "#" in url or "://" not in url or "@" in parts.netloc or any(character.isspace() for character in url):
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "http":
        return deployment == "local" and parts.hostname in LOOPBACK_HOSTS
    return deployment != "production" and parts.scheme not in {"", "javascript", "data", "vbscript", "file", "blob"}
