"""The scopes that the simulated application was granted, and the rules for asking for them."""

from typing import Final

SCOPE_WORDS: Final = {
    "athlete:profile": "See your profile: name, email, birth month, weight and units",
    "file:write": "Upload workout files to your account",
    "coach:athletes": "See the athletes you coach",
}

_EXCLUSIVE: Final = frozenset({"athlete:profile", "coach:athletes"})


class ScopeError(Exception):
    """The asked scopes are missing, not granted to the application, or exclude each other."""


def parse_scopes(text: str) -> tuple[str, ...]:
    """Return the asked scopes, in order and once each.

    Raises ScopeError for an empty list, for a scope that the application was not granted (an unknown one looks the
    same), and for `athlete:profile` together with `coach:athletes`.
    """
    scopes = tuple(dict.fromkeys(text.split(" ")))
    if not SCOPE_WORDS.keys() >= set(scopes):
        msg = "A scope is missing, unknown or not granted to this application"
        raise ScopeError(msg)
    if set(scopes) >= _EXCLUSIVE:
        msg = "athlete:profile and coach:athletes exclude each other"
        raise ScopeError(msg)
    return scopes
