"""Where the functions' log goes: the logger keeps the stream it was made with, whatever standard output is by now."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOBase
from typing import TextIO

from account_link.log import logger


@contextmanager
def logged_to(stream: TextIO | TextIOBase) -> Iterator[None]:
    """Send the log to the stream for the length of the block."""
    handler = logger.registered_handler
    if not isinstance(handler, logging.StreamHandler):
        raise TypeError
    before = handler.setStream(stream)
    try:
        yield
    finally:
        handler.setStream(before or handler.stream)
