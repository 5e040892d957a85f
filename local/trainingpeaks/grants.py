"""What the simulator hands out: authorisation codes and token pairs."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Self

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
    """A live token pair of an athlete; refreshing replaces it by a new one with the same `id`.

    `earlier_access_tokens` are dead; they had the same refresh token, which a refresh that does not rotate keeps.
    """

    id: str
    athlete: Athlete
    scopes: tuple[str, ...]
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    expires_in: timedelta
    earlier_access_tokens: frozenset[str] = field(default=frozenset(), repr=False)

    def with_refresh_token_of(self, old: Self) -> Self:
        """Return this pair with the old one's refresh token, as a refresh without rotation leaves it."""
        earlier = old.earlier_access_tokens | {old.access_token}
        return replace(self, refresh_token=old.refresh_token, earlier_access_tokens=earlier)

    def is_of(self, access_token: str, refresh_token: str) -> bool:
        """Return whether both tokens are of this grant, and whether the refresh token is the present one."""
        has_access_token = access_token == self.access_token or access_token in self.earlier_access_tokens
        return has_access_token and refresh_token == self.refresh_token


def new_code() -> str:
    """Return a random authorisation code."""
    return secrets.token_urlsafe(_CODE_BYTES)


def new_token() -> str:
    """Return a random opaque token, as long as TrainingPeaks' own."""
    return "gAAAA" + secrets.token_urlsafe(_TOKEN_BYTES)
