"""TokenUse: the one way to call TrainingPeaks for a user, with an access token that works."""

from collections.abc import Callable
from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING

from account_link.errors import (
    AccessTokenRefusedError,
    TrainingPeaksDownError,
    TrainingPeaksUnavailableError,
)
from account_link.models import Clock, InvocationId, TokenSet, UserId, utc_now

if TYPE_CHECKING:
    from account_link.deadline import Deadline
    from account_link.refresh import Refresher

REFRESHED_BEFORE = timedelta(seconds=60)
"""A token that would expire during the call is refreshed before it."""


class TokenUse:
    """However many need the same link at once, one refreshes and the others use its token."""

    def __init__(self, refresher: "Refresher", now: Clock = utc_now) -> None:
        self._refresher = refresher
        self._now = now

    def run[T](
        self,
        user: UserId,
        call: Callable[[TokenSet], T],
        by: InvocationId,
        deadline: "Deadline",
    ) -> T:
        """Return what `call` returns, given tokens that should work.

        The token is refreshed shortly before its expiry, or once where the call raises
        AccessTokenRefusedError; then the call is made again. Raises NotLinkedError,
        ReauthorizationRequiredError, TrainingPeaksDownError with the time to wait, TryAgainError;
        what else the call raises goes through.
        """
        # Two threads of one invocation are two who want the lease.
        mine = InvocationId(f"{by}/{token_hex(8)}")
        try:
            return self._run(user, call, mine, deadline)
        except TrainingPeaksUnavailableError as exc:
            raise TrainingPeaksDownError(exc.retry_after) from exc
        except AccessTokenRefusedError as exc:
            raise TrainingPeaksDownError from exc

    def _run[T](
        self,
        user: UserId,
        call: Callable[[TokenSet], T],
        by: InvocationId,
        deadline: "Deadline",
    ) -> T:
        held = self._refresher.read(user, by)
        if held.grant.expires_at <= self._now() + REFRESHED_BEFORE:
            held = self._refresher.refresh(held, deadline)
        try:
            return call(self._refresher.opened(held))
        except AccessTokenRefusedError:
            held = self._refresher.refresh(held, deadline)
        return call(self._refresher.opened(held))
