"""StateSeal: makes states, finds the user inside one, and keeps states unreadable in the table."""

import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from account_link.models import SealedState, State, UserId

NONCE_BYTES = 12
SECRET_BYTES = 32
LOCATOR = b"locator"
STORED = b"stored state of "


class StateSeal:
    """A state is ``locator.secret``: who started, sealed, and 256 random bits.

    The locator lets the callback address the user's account without a second item, tells a
    stranger nothing about the user, and refuses made-up states before the table is asked.
    """

    def __init__(self, key: str) -> None:
        self._aead = AESGCM(hashlib.sha256(key.encode()).digest())

    def issue(self, user: UserId) -> State:
        """Return a new state for this user."""
        locator = _encoded(self._seal(user.encode(), LOCATOR))
        return State(f"{locator}.{secrets.token_urlsafe(SECRET_BYTES)}")

    def user_of(self, state: State) -> UserId | None:
        """Return who started, or None where this service did not make the state."""
        locator, _, _ = state.partition(".")
        try:
            sealed = urlsafe_b64decode(locator.encode("ascii") + b"=" * (-len(locator) % 4))
            if _encoded(sealed) != locator:
                return None
            return UserId(self._open(sealed, LOCATOR).decode())
        except (ValueError, InvalidTag):
            return None

    def seal(self, state: State, user: UserId) -> SealedState:
        """Return the state as the table may hold it."""
        return SealedState(self._seal(state.encode(), STORED + user.encode()))

    def open(self, sealed: SealedState, user: UserId) -> State | None:
        """Return the state again, or None where it was sealed under a key that is gone."""
        try:
            return State(self._open(sealed, STORED + user.encode()).decode())
        except (ValueError, InvalidTag):
            return None

    def _seal(self, plain: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, context)

    def _open(self, sealed: bytes, context: bytes) -> bytes:
        return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)


def _encoded(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def state_hash(state: State) -> bytes:
    """Return what the table compares a returning state with."""
    return hashlib.sha256(state.encode()).digest()
