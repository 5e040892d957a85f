"""The one registered OAuth client."""

import hmac
import re
from dataclasses import dataclass, field
from typing import Final

_LOOPBACK_URI: Final = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?/[!-~]*")


@dataclass(frozen=True)
class Client:
    """An application that may ask for access.

    `redirect_uris` are the registered ones; None accepts any loopback address as registered.
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: frozenset[str] | None

    def has_registered(self, redirect_uri: str) -> bool:
        """Return whether the browser may be sent to `redirect_uri`."""
        if self.redirect_uris is not None:
            return redirect_uri in self.redirect_uris
        return _is_loopback(redirect_uri)

    def is_authenticated_by(self, client_id: str, client_secret: str) -> bool:
        """Compare the credentials in constant time."""
        right_id = _equal(client_id, self.client_id)
        right_secret = _equal(client_secret, self.client_secret)
        return right_id and right_secret


def _is_loopback(uri: str) -> bool:
    # A browser reads a backslash as a slash, and a fragment would swallow the code.
    return _LOOPBACK_URI.fullmatch(uri) is not None and not set(uri) & {"#", "\\"}


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), expected.encode())
