"""JSON from strangers: what is no JSON, in whatever way, is one error, and that error holds nothing of it."""

import json
from typing import Any


class NotJsonError(Exception):
    """The bytes are no JSON in UTF-8, nest too deep, or spell half a character."""


def parsed(body: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return the document; raise NotJsonError, with no context: Python's own errors carry the text."""
    try:
        text = body.decode()
        document = json.loads(text)
        if "\\u" in text:
            _require_whole_characters(document)
    except (ValueError, RecursionError):
        pass
    else:
        return document
    raise NotJsonError


def _require_whole_characters(document: Any) -> None:  # noqa: ANN401 - JSON
    """Raise UnicodeEncodeError at half of a surrogate pair, which neither the table nor an answer can hold."""
    json.dumps(document, ensure_ascii=False).encode()
