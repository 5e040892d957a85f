"""What the simulator hands out: authorisation codes and token pairs."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from local.trainingpeaks.athletes import Athlete

CODE_LIFETIME: Final = timedelta(minutes=60)
ACCESS_TOKEN_LIFETIME: Final = timedelta(seconds=600)

_CODE_BYTES: Final = 96
_TOKEN_BYTES: Final = 480


class InvalidGrantError(Exception):
    """The code or refresh token is unknown, used, expired or was issued for another redirect URI."""


@dataclass(frozen=True)
class AuthorizationCode:
    """What an athlete allowed; redeemed once, with the same redirect URI."""

    athlete: Athlete
    scopes: tuple[str, ...]
    redirect_uri: str
    expires_at: datetime


@dataclass(frozen=True)
class Grant:
    """A live token pair of an athlete; refreshing replaces it by a new one with the same `id`."""

    id: str
    athlete: Athlete
    scopes: tuple[str, ...]
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    expires_in: timedelta


def new_code() -> str:
    """Return a random authorisation code."""
    return secrets.token_urlsafe(_CODE_BYTES)


def new_token() -> str:
    """Return a random opaque token, as long as TrainingPeaks' own."""
    return "gAAAA" + secrets.token_urlsafe(_TOKEN_BYTES)
