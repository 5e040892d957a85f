"""Every secret that these tests have come across, to be looked for where none may be."""

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

SHORTEST = 16
"""A shorter one would be found in innocent texts."""
LONG_WORD = re.compile(rf"[\w.~+/=%-]{{{SHORTEST},}}", re.ASCII)
"""What a secret is one of, or a part of."""
LOOKS_SECRET = re.compile(r"[A-Za-z0-9_\-]{40,}")
"""Tokens, codes, states, confirmation codes and client secrets are all of this kind, whoever made them."""


class SecretsSeen:
    """Secrets by kind, such as `access_token`."""

    def __init__(self) -> None:
        self._by_kind: defaultdict[str, set[str]] = defaultdict(set)
        self._index: dict[str, str] = {}
        self._indexed: dict[str, int] = {}

    def add(self, kind: str, *secrets: str | None) -> None:
        """Remember secrets; those that tests made up in a few characters are left out."""
        self._by_kind[kind] |= {secret for secret in secrets if secret and len(secret) >= SHORTEST}

    def add_form(self, form: Mapping[str, Any]) -> None:
        """Remember what a form or JSON document says under the names that OAuth has for secrets."""
        for name in ("access_token", "refresh_token", "code", "state", "client_secret", "confirmation_code"):
            if isinstance(form.get(name), str):
                self.add(name, form[name])

    def kinds(self) -> set[str]:
        return set(self._by_kind)

    def found_in(self, texts: Iterable[str | bytes]) -> set[str]:
        """Return the kinds of the secrets that stand in one of the texts, plain, percent-encoded or in Base64.

        The beginning of one is enough.
        """
        whole = [text if isinstance(text, str) else text.decode("latin-1") for text in texts]
        words = {word for text in whole for word in LONG_WORD.findall(text)}
        words |= {unquote(word) for word in words if "%" in word}
        found = {kind for word in words for kind in self._kinds_in(word)}
        return found | self._odd_kinds_in("\n".join(whole))

    def _kinds_in(self, word: str) -> Iterable[str]:
        """Look every part of a word up that a secret may begin with: there are too many secrets to look for each."""
        beginnings = self._beginnings()
        for start in range(len(word) - SHORTEST + 1):
            if kind := beginnings.get(word[start : start + SHORTEST]):
                yield kind

    def _beginnings(self) -> dict[str, str]:
        counts = {kind: len(secrets) for kind, secrets in self._by_kind.items()}
        if counts != self._indexed:
            self._index = {form[:SHORTEST]: kind for kind, form in self._forms()}
            self._indexed = counts
        return self._index

    def _forms(self) -> Iterable[tuple[str, str]]:
        for kind, secrets in self._by_kind.items():
            for secret in secrets:
                yield from ((kind, form) for form in (secret, *_encoded(secret)) if len(form) >= SHORTEST)

    def _odd_kinds_in(self, text: str) -> set[str]:
        """Look for the few secrets that are not one word."""
        odd = ((kind, form) for kind, form in self._forms() if not LONG_WORD.fullmatch(form))
        return {kind for kind, form in odd if form in text}


def _encoded(secret: str) -> Iterable[str]:
    """Yield what stands in Base64 wherever in a text the secret begins: three ways, cut to whole characters."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        yield text[4 if shift else 0 : -4]


def written_values(body: bytes) -> list[str | bytes]:
    """Return every text and every binary value of a request to DynamoDB; binary ones as they will be stored."""
    return list(_values(json.loads(body)))


def _values(node: Any) -> Iterable[str | bytes]:  # noqa: ANN401 -- JSON
    match node:
        case {"B": str(encoded)}:
            yield base64.b64decode(encoded)
        case dict():
            for name, value in node.items():
                yield str(name)
                yield from _values(value)
        case list():
            for value in node:
                yield from _values(value)
        case str():
            yield node
