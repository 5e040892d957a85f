"""What TrainingPeaks answers, checked by pydantic. No model shows its input in an error."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
)

from account_link.errors import CoachAccountError, ProfileMissingError, TrainingPeaksUnavailableError
from account_link.models import Athlete

DEFAULT_EXPIRY_SECONDS = 600
"""Documented life of an access token (TrainingPeaks wiki, OAuth)."""
LONGEST_EXPIRY_SECONDS = 366 * 24 * 3600
LONGEST_TOKEN = 16 * 1024
LONGEST_SCOPE = 4096
LONGEST_NAME = 200
LARGEST_ID = 2**63 - 1


def _seconds(value: object) -> int:
    """Sample clients cast it with `int(...)`; what is no sensible number counts as missing."""
    text = str(value).strip().removesuffix(".0")
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < len("1" * 10) else 0
    return seconds if 0 < seconds <= LONGEST_EXPIRY_SECONDS else DEFAULT_EXPIRY_SECONDS


def _name(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text[:LONGEST_NAME] or None


def _printable(token: SecretStr) -> SecretStr:
    """Refuse what no Authorization header can carry; a token is made of visible ASCII (RFC 6750, 2.1)."""
    if not all("!" <= character <= "~" for character in token.get_secret_value()):
        message = "a token holds a character that it may not"
        raise ValueError(message)
    return token


type Token = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_TOKEN), AfterValidator(_printable)]


class Reply(BaseModel):
    """New fields may come at any time and are ignored; the input never shows in an error."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class TokenReply(Reply):
    """A token pair. `scope` may be missing: then what was asked for was granted (RFC 6749, 5.1)."""

    access_token: Token
    refresh_token: Token | None = None
    expires_in: Annotated[int, BeforeValidator(_seconds)] = DEFAULT_EXPIRY_SECONDS
    scope: Annotated[str, Field(max_length=LONGEST_SCOPE)] | None = None


class RefusalReply(Reply):
    """An OAuth error body; `error_description` is TrainingPeaks' text and goes nowhere."""

    error: str


class ProfileReply(Reply):
    """The part of an athlete's profile that Kinni keeps."""

    id: Annotated[int, Field(alias="Id", gt=0, le=LARGEST_ID)]
    first_name: Annotated[str | None, BeforeValidator(_name), Field(alias="FirstName")] = None
    last_name: Annotated[str | None, BeforeValidator(_name), Field(alias="LastName")] = None


ANY_JSON = TypeAdapter[Any](Any, config=ConfigDict(hide_input_in_errors=True))
"""pydantic's parser answers deep nesting with an error, the standard one with a crash."""


def token_reply(body: bytes) -> TokenReply:
    """Return the pair; raise TrainingPeaksUnavailableError where the answer holds none."""
    return _parsed(TokenReply, body)


def error_code(body: bytes) -> str | None:
    """Return the `error` of a refusal, or None where it names none."""
    try:
        return _parsed(RefusalReply, body).error
    except TrainingPeaksUnavailableError:
        return None


def athlete(body: bytes) -> Athlete:
    """Return the athlete of a profile.

    Raises ProfileMissingError, CoachAccountError, TrainingPeaksUnavailableError where it is no JSON.
    """
    if not body.strip():
        raise ProfileMissingError
    try:
        reply = ANY_JSON.validate_json(body)
    except ValidationError:
        raise TrainingPeaksUnavailableError from None
    if isinstance(reply, list):
        raise CoachAccountError
    try:
        profile = ProfileReply.model_validate(reply, strict=True)
    except ValidationError:
        raise ProfileMissingError from None
    return Athlete(profile.id, profile.first_name, profile.last_name)


def _parsed[T: (TokenReply, RefusalReply)](model: type[T], body: bytes) -> T:
    try:
        return model.model_validate_json(body)
    except ValidationError:
        # Its text may quote the answer, and with it a token.
        raise TrainingPeaksUnavailableError from None
