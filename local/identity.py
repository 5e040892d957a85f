"""Who the caller is: a small OpenID Connect issuer, and the check of its tokens as API Gateway makes it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NewType

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

if TYPE_CHECKING:
    from joserfc.jwk import GuestProtocol, Key, KeySetSerialization

ALGORITHM = "RS256"
KEY_BITS = 2048
TOKEN_LIFETIME = timedelta(hours=1)

Token = NewType("Token", str)


class TokenRefusedError(Exception):
    """A token is not one that our issuer made for our audience and that is valid now."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs tokens with a key that lives as long as the process."""

    url: str
    audience: str
    _key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(KEY_BITS, auto_kid=True), repr=False)

    def mint(self, user: str) -> Token:
        """Return a token that names the user as its `sub`, valid for an hour."""
        now = int(time.time())
        return self.sign(
            {
                "iss": self.url,
                "aud": self.audience,
                "sub": user,
                "iat": now,
                "nbf": now,
                "exp": now + int(TOKEN_LIFETIME.total_seconds()),
                "jti": str(uuid.uuid4()),
            }
        )

    def sign(self, claims: dict[str, Any]) -> Token:
        """Return a token with these claims, whatever they say."""
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        return Token(jwt.encode(header, claims, self._key, algorithms=[ALGORITHM]))

    def jwks(self) -> KeySetSerialization:
        """Return the public half of the signing key as a JSON Web Key Set."""
        return {"keys": [self._key.as_dict(private=False, use="sig", alg=ALGORITHM)]}

    def discovery(self) -> dict[str, Any]:
        """Return the OpenID Connect discovery document."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/.well-known/jwks.json",
            "token_endpoint": f"{self.url}/local/token",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }


class TokenVerifier:
    """Checks tokens against an issuer's published keys."""

    def __init__(self, jwks: KeySetSerialization, *, issuer: str, audience: str) -> None:
        """Trust the keys of this set for tokens of one issuer and one audience."""
        self._keys = KeySet.import_key_set(jwks)
        self._audience = audience
        self._registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            exp={"essential": True},
        )

    def claims(self, token: str) -> dict[str, Any]:
        """Return the token's claims; raise TokenRefusedError unless everything about it is right."""
        try:
            claims = jwt.decode(token, self._key_named_by, algorithms=[ALGORITHM]).claims
            self._registry.validate(claims)
        # A hostile token can also nest its JSON too deeply for the parser, or put a list where joserfc expects a name.
        except (JoseError, ValueError, TypeError, RecursionError) as exc:
            message = "the token is not valid"
            raise TokenRefusedError(message) from exc
        self._require_audience(claims)
        return claims

    def _key_named_by(self, token: GuestProtocol) -> Key:
        kid = token.headers().get("kid")
        if not isinstance(kid, str):
            message = "the token names no key"
            raise TokenRefusedError(message)
        return self._keys.get_by_kid(kid)

    def _require_audience(self, claims: dict[str, Any]) -> None:
        # As API Gateway does: Cognito's access tokens have no `aud`, they name the audience as `client_id`.
        named = claims.get("aud", claims.get("client_id"))
        if self._audience not in (named if isinstance(named, list) else [named]):
            message = "the token is for another audience"
            raise TokenRefusedError(message)
