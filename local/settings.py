"""What `python -m local` takes from its environment; everything has a default."""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.runtime import PARALLEL_INVOCATIONS
from local.template import TEMPLATE_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_PORT = 3000
HIGHEST_PORT = 65_535
DEFAULT_CLIENT_ID = "kinni-local"


class LocalSettingError(Exception):
    """A variable of the environment cannot be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class TrainingPeaksService:
    """Where a TrainingPeaks is that runs elsewhere: origins without a slash at the end."""

    oauth_url: str
    api_url: str


def new_secret() -> str:
    """Return a client secret that nobody has used before."""
    return secrets.token_urlsafe(32)


def new_table_name() -> str:
    """Return a table name of its own for each start: moto forgets nothing while the process lives."""
    return f"trainingpeaks-link-{uuid.uuid4()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """How the local stack is to run.

    `port` 0 takes any free port. Without `trainingpeaks` the simulator runs. `dynamodb_url` names another DynamoDB than
    moto's, for tests that need Amazon's own engine.
    """

    port: int = DEFAULT_PORT
    trainingpeaks: TrainingPeaksService | None = None
    client_id: str = DEFAULT_CLIENT_ID
    client_secret: str = field(default_factory=new_secret, repr=False)
    access_token_lifetime: timedelta = timedelta(seconds=600)
    dynamodb_url: str | None = None
    table_name: str = field(default_factory=new_table_name)
    template_file: Path = TEMPLATE_FILE
    parallel_invocations: int = PARALLEL_INVOCATIONS

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> LocalSettings:
        """Read API_PORT and the TRAININGPEAKS_ variables; raise LocalSettingError where one cannot be used."""
        return cls(
            port=api_port(environ),
            trainingpeaks=_trainingpeaks(environ),
            client_id=environ.get("TRAININGPEAKS_CLIENT_ID") or DEFAULT_CLIENT_ID,
            client_secret=environ.get("TRAININGPEAKS_CLIENT_SECRET") or new_secret(),
        )


def api_port(environ: Mapping[str, str]) -> int:
    """Return API_PORT, 3000 where it is not set; raise LocalSettingError where it is not a port number."""
    text = environ.get("API_PORT") or str(DEFAULT_PORT)
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > HIGHEST_PORT:
        message = f"API_PORT must be a port number from 0 (any free port) to {HIGHEST_PORT}"
        raise LocalSettingError(message)
    return int(text)


def _trainingpeaks(environ: Mapping[str, str]) -> TrainingPeaksService | None:
    names = ("TRAININGPEAKS_OAUTH_URL", "TRAININGPEAKS_API_URL")
    given = [name for name in names if environ.get(name)]
    if not given:
        return None
    if len(given) == 1:
        message = f"only {given[0]} is set: set both {names[0]} and {names[1]}, or neither to use the simulator"
        raise LocalSettingError(message)
    oauth_url, api_url = (_origin(name, environ[name]) for name in names)
    return TrainingPeaksService(oauth_url=oauth_url, api_url=api_url)


def _origin(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and is_bare
    except ValueError:
        usable = False
    if not usable:
        message = f"{name} must be an origin such as https://oauth.sandbox.trainingpeaks.com"
        raise LocalSettingError(message)
    return url.rstrip("/")
