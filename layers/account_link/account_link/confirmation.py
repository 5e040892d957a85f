"""The one-time confirmation code that the callback hands to the browser."""

import hashlib
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from account_link.models import Code, ConfirmationCode, State

CODE_BYTES = 32
PURPOSE = b"kinni trainingpeaks confirmation"


def derive(salt: bytes, code: Code, state: State) -> ConfirmationCode:
    """Return the code that this redemption shows.

    The same salt, code and state always give the same one, so a repeated callback shows it
    again, and nobody can make it from the table alone.
    """
    secret = len(code).to_bytes(4) + code.encode() + state.encode()
    derived = HKDF(SHA256(), CODE_BYTES, salt, PURPOSE).derive(secret)
    return ConfirmationCode(urlsafe_b64encode(derived).decode().rstrip("="))


def fingerprint(code: ConfirmationCode) -> bytes:
    """Return what the table keeps of a confirmation code."""
    return hashlib.sha256(code.encode()).digest()
