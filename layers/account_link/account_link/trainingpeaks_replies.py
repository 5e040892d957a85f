"""What TrainingPeaks answers, checked. No error holds anything of an answer: it may be a token."""

from dataclasses import dataclass, field
from typing import Any, TypeGuard

from account_link.errors import CoachAccountError, ProfileMissingError, TrainingPeaksUnavailableError
from account_link.models import Athlete
from account_link.strict_json import NotJsonError, parsed

DEFAULT_EXPIRY_SECONDS = 600
"""Documented life of an access token (TrainingPeaks wiki, OAuth)."""
LONGEST_EXPIRY_SECONDS = 366 * 24 * 3600
LONGEST_TOKEN = 16 * 1024
LONGEST_SCOPE = 4096
LONGEST_NAME = 200
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TokenReply:
    """A token pair. `scope` may be missing: then what was asked for was granted (RFC 6749, 5.1)."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: int
    scope: str | None


def token_reply(body: bytes) -> TokenReply:
    """Return the pair; new fields may come at any time. Raises TrainingPeaksUnavailableError."""
    match _document(body):
        case {"access_token": access_token, **others} if _is_token(access_token):
            refresh_token, scope = others.get("refresh_token"), others.get("scope")
            if _is_token_or_none(refresh_token) and _is_scope_or_none(scope):
                return TokenReply(access_token, refresh_token, _seconds(others.get("expires_in")), scope)
    raise TrainingPeaksUnavailableError


def error_code(body: bytes) -> str | None:
    """Return the `error` of a refusal, or None; its description is TrainingPeaks' text and goes nowhere."""
    try:
        document = _document(body)
    except TrainingPeaksUnavailableError:
        return None
    match document:
        case {"error": str(error)}:
            return error
    return None


def athlete(body: bytes) -> Athlete:
    """Return the part of an athlete's profile that Kinni keeps.

    Raises ProfileMissingError, CoachAccountError, TrainingPeaksUnavailableError where it is no JSON.
    """
    if not body.strip():
        raise ProfileMissingError
    match _document(body):
        case list():
            raise CoachAccountError
        case {"Id": number, **others} if type(number) is int and 0 < number <= LARGEST_ID:
            return Athlete(number, _name(others.get("FirstName")), _name(others.get("LastName")))
    raise ProfileMissingError


def _document(body: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return parsed(body)
    except NotJsonError:
        raise TrainingPeaksUnavailableError from None


def _is_token(value: object) -> TypeGuard[str]:
    """Refuse what no Authorization header can carry; a token is made of visible ASCII (RFC 6750, 2.1)."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TOKEN:
        return False
    return value.isascii() and value.isprintable() and " " not in value


def _is_token_or_none(value: object) -> TypeGuard[str | None]:
    return value is None or _is_token(value)


def _is_scope_or_none(value: object) -> TypeGuard[str | None]:
    return value is None or (isinstance(value, str) and len(value) <= LONGEST_SCOPE)


def _seconds(value: object) -> int:
    """Sample clients cast it with `int(...)`; what is no sensible number counts as missing."""
    text = str(value).strip().removesuffix(".0") if isinstance(value, str | int | float) else ""
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < len("1" * 10) else 0
    return seconds if 0 < seconds <= LONGEST_EXPIRY_SECONDS else DEFAULT_EXPIRY_SECONDS


def _name(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text[:LONGEST_NAME] or None
