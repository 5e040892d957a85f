"""axe-core, which finds what is wrong with a page for people with disabilities: fetched once, run in Chromium.

`python -m tests.axe` fetches it.
"""

import io
import os
import sys
import tarfile
from pathlib import Path

from tests.npm_package import NpmPackageMissingError, download

PACKAGE = "axe-core@4.14.1"
SHA512 = (
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
)
MEMBER = "package/axe.min.js"
SCRIPT = Path(__file__).resolve().parent.parent / ".cache" / PACKAGE / "axe.min.js"


def fetch() -> None:
    """Fetch the script unless it is there; raise NpmPackageMissingError where that cannot be done."""
    if SCRIPT.exists():
        return
    content = download(PACKAGE, SHA512)
    SCRIPT.parent.mkdir(parents=True, exist_ok=True)
    unfinished = SCRIPT.with_suffix(".new")
    unfinished.write_bytes(_member(content))
    unfinished.rename(SCRIPT)


def script() -> str:
    """Return what a page must run first; raise NpmPackageMissingError where it was not fetched."""
    if not SCRIPT.exists():
        message = f"{PACKAGE} is not there: `make test` fetches it, with npm"
        raise NpmPackageMissingError(message)
    return SCRIPT.read_text()


def _member(content: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None, f"{PACKAGE} holds no {MEMBER}"
        return member.read()


if __name__ == "__main__":
    try:
        fetch()
    except NpmPackageMissingError as error:
        if os.environ.get("CI") == "true":
            sys.exit(f"{error}, and in CI nothing may be skipped")
        sys.stderr.write(f"{error}: whether the pages are accessible will NOT BE TESTED\n")
