"""Revocation: ends a grant at TrainingPeaks."""

from typing import TYPE_CHECKING

from account_link.errors import (
    AccessTokenRefusedError,
    InvalidGrantError,
    TrainingPeaksError,
    TryAgainError,
)
from account_link.models import Clock, GrantId, SealedTokens, TokenSet, UserId, utc_now
from account_link.telemetry import count
from account_link.token_cipher import SealBrokenError

if TYPE_CHECKING:
    from account_link.deadline import Deadline
    from account_link.token_cipher import TokenCipher
    from account_link.trainingpeaks import TrainingPeaksClient


class Revocation:
    """Opens the tokens as late as possible, and for this only."""

    def __init__(self, cipher: "TokenCipher", trainingpeaks: "TrainingPeaksClient", now: Clock = utc_now) -> None:
        self._cipher = cipher
        self._trainingpeaks = trainingpeaks
        self._now = now

    def revoke(self, user: UserId, grant_id: GrantId, sealed: SealedTokens, deadline: "Deadline") -> None:
        """Try once to deauthorise the grant; count how it went and raise nothing."""
        try:
            tokens = self._cipher.open(sealed, user, grant_id)
            self._deauthorise(tokens, deadline)
        except InvalidGrantError:
            count("Unlinked", revocation="already_ended")
        except (TrainingPeaksError, TryAgainError, SealBrokenError):
            count("Unlinked", revocation="failed")
        else:
            count("Unlinked", revocation="done")

    def _deauthorise(self, tokens: TokenSet, deadline: "Deadline") -> None:
        """TrainingPeaks refuses an expired access token with 401: refresh first, or then."""
        if tokens.expires_at <= self._now():
            tokens = self._trainingpeaks.refresh(tokens, self._now(), deadline)
            return self._trainingpeaks.deauthorise(tokens, deadline)
        try:
            return self._trainingpeaks.deauthorise(tokens, deadline)
        except AccessTokenRefusedError:
            tokens = self._trainingpeaks.refresh(tokens, self._now(), deadline)
        return self._trainingpeaks.deauthorise(tokens, deadline)
