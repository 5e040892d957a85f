"""Every failure that this service reports on purpose: a code and a title each, no HTTP.

Two families: ``LinkError`` children answer the app, ``TrainingPeaksError`` children say what
TrainingPeaks did, and the callback turns those into an outcome. Titles are read by runners.
"""

from datetime import timedelta


class LinkError(Exception):
    """Base of every failure this service reports on purpose."""

    code = "link_error"
    title = "The account link could not be processed"
    detail = "Please try again."


class RequestInvalidError(LinkError):
    """A body, header or query that does not parse, unknown fields included."""

    code = "request_invalid"
    title = "The request is not valid"
    detail = "Kinni sent something that the service does not understand. Please update the app."


class RequestTooLargeError(LinkError):
    """A body larger than any valid one can be."""

    code = "request_too_large"
    title = "The request is too large"
    detail = "Kinni sent more than the service accepts. Please update the app."


class NotSignedInError(LinkError):
    """No usable ``sub`` reached the function."""

    code = "not_signed_in"
    title = "You are not signed in"
    detail = "Please sign in to Kinni and try again."


class IdempotencyKeyInvalidError(LinkError):
    """No ``Idempotency-Key`` header, or not 1 to 128 visible ASCII characters."""

    code = "idempotency_key_invalid"
    title = "The Idempotency-Key header is missing or not valid"
    detail = "Send 1 to 128 visible ASCII characters, new for every tap."


class IdempotencyKeyReusedError(LinkError):
    """A known key came again with another effective return URL."""

    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"
    detail = "Use a new key when the return URL is another one."


class ReturnUrlNotAllowedError(LinkError):
    """A return URL that is not among the configured ones."""

    code = "return_url_not_allowed"
    title = "The return URL is not allowed"
    detail = "Send one of the configured return URLs, spelt exactly as configured."


class AttemptNotFoundError(LinkError):
    """Unknown, replaced, or another user's attempt: they look the same."""

    code = "attempt_not_found"
    title = "This connection attempt is not known"
    detail = "Please choose Link TrainingPeaks again."


class AttemptNotAuthorizedError(LinkError):
    """The attempt has no grant that may become the link."""

    code = "attempt_not_authorized"
    title = "TrainingPeaks has not authorised this connection attempt"
    detail = "Please choose Link TrainingPeaks again and allow access."


class AttemptExpiredError(LinkError):
    """The attempt ran out of time or of wrong codes, or was ended by an unlink."""

    code = "attempt_expired"
    title = "This connection attempt has expired"
    detail = "Please choose Link TrainingPeaks again."


class ConfirmationCodeWrongError(LinkError):
    """Not the code that the callback handed to the browser."""

    code = "confirmation_code_wrong"
    title = "The confirmation code is wrong"
    detail = "Please choose Link TrainingPeaks again."


class NotLinkedError(LinkError):
    """There is no link whose checkbox could be set."""

    code = "not_linked"
    title = "TrainingPeaks is not linked"
    detail = "Please link TrainingPeaks first."


class TryAgainError(LinkError):
    """Our own store or key service throttled, conflicted or failed; nothing half-done stays."""

    code = "try_again"
    title = "Kinni could not do this just now"
    detail = "Nothing was lost. Please try again in a moment."

    def __init__(self, retry_after: timedelta = timedelta(seconds=2)) -> None:
        super().__init__(self.title)
        self.retry_after = retry_after


class ReauthorizationRequiredError(LinkError):
    """TrainingPeaks has ended the grant: the user must link again."""

    code = "reauthorization_required"
    title = "TrainingPeaks must be linked again"
    detail = "TrainingPeaks has ended Kinni's access. Please choose Link TrainingPeaks again."


class TrainingPeaksDownError(TryAgainError):
    """TrainingPeaks does not answer as promised just now; the link is left as it is."""

    code = "trainingpeaks_unavailable"
    title = "TrainingPeaks did not answer"
    detail = "Your link is unchanged. Please try again in a few minutes."


class TrainingPeaksError(Exception):
    """Base of what TrainingPeaks can do to a call."""


class TrainingPeaksUnavailableError(TrainingPeaksError):
    """A time-out, a 5xx, a 429, or a reply that is not what was promised.

    `retry_after` is what TrainingPeaks asked for, or a guess.
    """

    def __init__(self, retry_after: timedelta = timedelta(seconds=30)) -> None:
        super().__init__("TrainingPeaks is unavailable")
        self.retry_after = retry_after


class InvalidGrantError(TrainingPeaksError):
    """The code or refresh token was refused: ``invalid_grant``."""


class ClientRefusedError(TrainingPeaksError):
    """``invalid_client`` or another 4xx at the token endpoint: our configuration is wrong."""


class AccessTokenRefusedError(TrainingPeaksError):
    """401 for an access token: expired or revoked."""


class PermissionMissingError(TrainingPeaksError):
    """403, or a scope that Kinni needs was not granted."""


class ProfileMissingError(TrainingPeaksError):
    """The profile has no usable athlete id, is empty, or is not there."""


class CoachAccountError(TrainingPeaksError):
    """The profile is the list of messages that a coach's account gets."""
