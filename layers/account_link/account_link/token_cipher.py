"""TokenCipher: seals token pairs in an envelope that only their user's grant can open.

KMS makes a data key under an encryption context that names the user, the purpose and the grant
(`Encrypt` itself refuses more than 4,096 bytes); AES-256-GCM seals under that key with the same
context as additional data. So a sealed pair moved to another item does not open.
"""

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from account_link.aws_errors import try_again
from account_link.models import GrantId, SealedTokens, TokenSet, UserId

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

PURPOSE = "trainingpeaks-tokens"
VERSION = b"\x01"
LENGTH_BYTES = 2
NONCE_BYTES = 12


class SealBrokenError(Exception):
    """The sealed tokens belong to another user or grant, or were changed."""


class DataKey:
    """A fresh key for one pair of one grant; the plain key lives as long as this object."""

    def __init__(self, plain: bytes, wrapped: bytes, context: dict[str, str]) -> None:
        self._aead = AESGCM(plain)
        self._wrapped = wrapped
        self._context = context

    def seal(self, tokens: TokenSet) -> SealedTokens:
        """Return the pair sealed: version, wrapped key, nonce, ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, _plain(tokens), _additional_data(self._context))
        length = len(self._wrapped).to_bytes(LENGTH_BYTES)
        return SealedTokens(VERSION + length + self._wrapped + nonce + sealed)


class TokenCipher:
    """Every method raises TryAgainError where KMS throttles, refuses or fails."""

    def __init__(self, kms: "KMSClient", key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    def data_key(self, user: UserId, grant_id: GrantId) -> DataKey:
        """Return a key to seal this grant's tokens with; one KMS call."""
        context = _context(user, grant_id)
        try:
            answer = self._kms.generate_data_key(KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=context)
        except (ClientError, BotoCoreError) as exc:
            raise try_again(exc) from exc
        return DataKey(answer["Plaintext"], answer["CiphertextBlob"], context)

    def open(self, sealed: SealedTokens, user: UserId, grant_id: GrantId) -> TokenSet:
        """Return the pair; raise SealBrokenError where it is not this user's and this grant's."""
        wrapped, nonce, ciphertext = _parts(sealed)
        context = _context(user, grant_id)
        key = self._unwrap(wrapped, context)
        try:
            return _tokens(AESGCM(key).decrypt(nonce, ciphertext, _additional_data(context)))
        except InvalidTag as exc:
            raise SealBrokenError from exc

    def _unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        try:
            return self._kms.decrypt(KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=context)["Plaintext"]
        except self._kms.exceptions.InvalidCiphertextException as exc:
            raise SealBrokenError from exc
        except (ClientError, BotoCoreError) as exc:
            raise try_again(exc) from exc


def _context(user: UserId, grant_id: GrantId) -> dict[str, str]:
    return {"user": user, "purpose": PURPOSE, "grant": grant_id}


def _additional_data(context: dict[str, str]) -> bytes:
    return json.dumps(context, sort_keys=True).encode()


def _parts(sealed: SealedTokens) -> tuple[bytes, bytes, bytes]:
    length_at = len(VERSION)
    wrapped_at = length_at + LENGTH_BYTES
    nonce_at = wrapped_at + int.from_bytes(sealed[length_at:wrapped_at])
    ciphertext_at = nonce_at + NONCE_BYTES
    if not sealed.startswith(VERSION) or len(sealed) <= ciphertext_at:
        raise SealBrokenError
    return sealed[wrapped_at:nonce_at], sealed[nonce_at:ciphertext_at], sealed[ciphertext_at:]


def _plain(tokens: TokenSet) -> bytes:
    return json.dumps(
        {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "expires_at": tokens.expires_at.timestamp(),
            "scopes": tokens.scopes,
        }
    ).encode()


def _tokens(plain: bytes) -> TokenSet:
    stored = json.loads(plain)
    return TokenSet(
        access_token=stored["access_token"],
        refresh_token=stored["refresh_token"],
        expires_at=datetime.fromtimestamp(stored["expires_at"], UTC),
        scopes=tuple(stored["scopes"]),
    )
