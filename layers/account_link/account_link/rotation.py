"""Rotation: keeps the tokens that a refresh brought, whatever happened to the grant meanwhile."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from account_link.errors import NotLinkedError, TryAgainError
from account_link.grant_store import GrantMovedError
from account_link.models import Account, Clock, InvocationId, SealedTokens, StoredGrant, TokenSet, utc_now
from account_link.telemetry import count

if TYPE_CHECKING:
    from account_link.grant_store import GrantStore
    from account_link.link_store import LinkStore
    from account_link.token_cipher import DataKey

LOOK_EVERY_SECONDS = 0.1
TRIES = 3
STORE_SECONDS = 6.0
"""Kept back from a refresh for storing what it brings: a write, and its repeat by the SDK."""
REFRESH_SECONDS = 3.0
"""A refresh is not begun with less: its answer could come too late to be read, and its tokens would be lost."""


def pause() -> None:
    """Wait a tenth to a fifth of a second, so that waiters do not look in step."""
    time.sleep(LOOK_EVERY_SECONDS * (1 + secrets.SystemRandom().random()))


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock, and how to wait between two looks."""

    now: Clock = utc_now
    rest: Callable[[], None] = pause


@dataclass(frozen=True, slots=True)
class Held:
    """A link as it was read: its grant, who is asking, and the tokens once they are open."""

    account: Account
    grant: StoredGrant
    by: InvocationId
    tokens: TokenSet | None = field(default=None, repr=False)


class Rotation:
    """TrainingPeaks may have ended the older tokens: nothing else is done before the newer ones are stored."""

    def __init__(self, links: "LinkStore", grants: "GrantStore", timing: Timing) -> None:
        self._links = links
        self._grants = grants
        self._timing = timing

    def keep(self, held: Held, key: "DataKey", fresh: TokenSet) -> Held | None:
        """Return the link with its newest tokens, or None where the grant is not the link's any more.

        Raises TryAgainError where no try to store them worked: then they are lost.
        """
        rotated = key.seal(fresh), fresh.expires_at
        try:
            kept = self._persistently(lambda: self._rotate(held, rotated))
        except GrantMovedError as exc:
            if exc.current:
                return _superseded(held, exc.current)
            self._hand_over(held, key, fresh)
            return None
        except TryAgainError:
            count("GrantLost")
            raise
        count("TokenRefreshed")
        if kept.released_at is not None:
            return None
        self._show_expiry(kept)
        return replace(held, grant=kept, tokens=fresh)

    def _rotate(self, held: Held, rotated: tuple[SealedTokens, datetime]) -> StoredGrant:
        """Keep the tokens also where we were so slow that the lease is somebody else's."""
        try:
            return self._grants.rotate(held.grant, held.by, rotated, keep_lease=False)
        except GrantMovedError as exc:
            if exc.current is None or exc.current.version > held.grant.version:
                raise
        return self._grants.rotate_late(held.grant, rotated)

    def _persistently[T](self, write: Callable[[], T]) -> T:
        """Repeat what keeps tokens that TrainingPeaks will not give again."""
        for _ in range(TRIES - 1):
            try:
                return write()
            except TryAgainError:
                self._timing.rest()
        return write()

    def _hand_over(self, held: Held, key: "DataKey", fresh: TokenSet) -> None:
        """Leave tokens whose grant is gone to the worker: it revokes them or finds them superseded."""
        stored, link = held.grant, held.account.link
        if link is None:
            raise NotLinkedError
        grant, now = replace(link.grant, expires_at=fresh.expires_at), self._timing.now()
        sealed = key.seal(fresh)
        try:
            self._persistently(lambda: self._grants.announce(stored.id))
            self._persistently(lambda: self._grants.put(stored.user, grant, sealed, released_at=now))
        except TryAgainError:
            count("GrantLost")
            raise
        count("GrantReleased", reason="refreshed_too_late")

    def _show_expiry(self, kept: StoredGrant) -> None:
        try:
            self._links.show_expiry(kept.user, kept)
        except TryAgainError:
            count("TidyingSkipped")


def _superseded(held: Held, current: StoredGrant) -> Held | None:
    """Use the tokens of whoever took over and was faster; ours are of the same grant."""
    count("GrantDestroyed", reason="superseded")
    return None if current.released_at else replace(held, grant=current, tokens=None)
