"""A package as npm publishes it, checked against a pinned checksum. Nothing of it is installed or run."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path


class NpmPackageMissingError(Exception):
    """The package cannot be had on this machine; the message says why."""


def download(package: str, sha512: str) -> bytes:
    """Return the archive of `name@version`; raise NpmPackageMissingError where npm does not get it.

    Raises SystemExit where it is not the package that was pinned: that is no reason to go on without.
    """
    if shutil.which("npm") is None:
        message = f"{package} comes from npm, which is not installed"
        raise NpmPackageMissingError(message)
    content = _packed(package)
    if hashlib.sha512(content).hexdigest() != sha512:
        message = f"{package} is not the one whose checksum is pinned"
        raise SystemExit(message)
    return content


def _packed(package: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, package]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:  # noqa: S603 -- a constant
            message = f"npm cannot fetch {package}"
            raise NpmPackageMissingError(message)
        (archive,) = Path(folder).iterdir()
        return archive.read_bytes()
