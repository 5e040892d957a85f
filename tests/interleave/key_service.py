"""KeyService: KMS in memory; it authenticates the encryption context, as KMS does."""

import json
import secrets
from base64 import b64decode, b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32

type Answer = tuple[int, dict[str, Any]]


class KeyService:
    """Keeps nothing: a data key is wrapped under one master key, so a restored table still opens."""

    def __init__(self) -> None:
        self._master = AESGCM(AESGCM.generate_key(256))

    def answer(self, operation: str, body: dict[str, Any]) -> Answer:
        """Answer GenerateDataKey or Decrypt with a status and a document."""
        if operation == "GenerateDataKey":
            return 200, self._generate(_data(body["EncryptionContext"]))
        try:
            plain = self.opened(b64decode(body["CiphertextBlob"]), body["EncryptionContext"])
        except InvalidTag:
            return 400, {"__type": "InvalidCiphertextException"}
        return 200, {"KeyId": "key", "Plaintext": b64encode(plain).decode()}

    def _generate(self, context: bytes) -> dict[str, Any]:
        plain, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
        wrapped = nonce + self._master.encrypt(nonce, plain, context)
        return {
            "KeyId": "key",
            "Plaintext": b64encode(plain).decode(),
            "CiphertextBlob": b64encode(wrapped).decode(),
        }

    def opened(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """Return a data key; raise InvalidTag where the context is another."""
        return self._master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _data(context))


def _data(context: dict[str, str]) -> bytes:
    return json.dumps(context, sort_keys=True).encode()
