"""Who is signed in at the simulator, in which browser."""

import hmac
import secrets
from threading import Lock

from local.trainingpeaks.athletes import Athlete


class Sessions:
    """Signed-in browsers, by the random id in their cookie."""

    def __init__(self) -> None:
        """Start with nobody signed in."""
        self._lock = Lock()
        self._athletes: dict[str, Athlete] = {}

    def sign_in(self, athlete: Athlete, session_id: str | None) -> str:
        """Sign the athlete in and return the browser's session id: the one it has, if we know it.

        Keeping it lets a page that another tab of the same browser has open still be answered.
        """
        with self._lock:
            known = session_id if session_id in self._athletes else None
            kept = known or secrets.token_urlsafe()
            self._athletes[kept] = athlete
            return kept

    def athlete_in(self, session_id: str | None) -> Athlete | None:
        """Return who is signed in in that browser, if anybody."""
        with self._lock:
            return self._athletes.get(session_id or "")

    def sign_out(self, session_id: str | None) -> None:
        """End that browser's session."""
        with self._lock:
            self._athletes.pop(session_id or "", None)


def consent_token(session_id: str, athlete: Athlete) -> str:
    """Return what the consent form must bring back: it binds the answer to the browser and to who was asked."""
    return hmac.digest(session_id.encode(), athlete.username.encode(), "sha256").hex()
