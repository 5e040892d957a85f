"""What Docker knows: whether it runs, the image for functions, and where containers find this machine."""

from __future__ import annotations

import contextlib
import fcntl
import platform
import shutil
import socket
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RUNTIME = "python3.13"
BRIDGE = b"docker0"
READ_ADDRESS = 0x8915
"""SIOCGIFADDR of Linux; the address stands at these bytes of what it answers."""
ADDRESS = slice(20, 24)
LABEL = "label=sam.cli.container.type=lambda"
HOST_GATEWAY = "host-gateway"
"""Docker's own word for this machine as containers see it."""


class DockerError(Exception):
    """Docker cannot do what is needed; the message says what, and what would help."""


def architecture() -> str:
    """Return what this machine's processor runs, in the template's words: `arm64` or `x86_64`."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def image() -> str:
    """Return the name of the functions' image, as the SAM CLI has it."""
    from samcli.local.docker.lambda_image import LambdaImage, Runtime  # noqa: PLC0415 -- loading it takes a second

    tag = Runtime.get_image_name_tag(RUNTIME, architecture())
    return f"{LambdaImage._INVOKE_REPO_PREFIX}/{tag}"  # noqa: SLF001 -- it is named nowhere else


def require_image() -> None:
    """Fetch the image that AWS publishes for the functions, unless it is there; raise DockerError."""
    if not _answer("version"):
        message = "Docker does not answer: install it and start it (`docker version` must show a server)"
        raise DockerError(message)
    name = image()
    if _answer("image", "inspect", name):
        return
    print(f"Fetching {name}; this happens once.", file=sys.stderr, flush=True)
    if not _answer("pull", "--quiet", name):
        message = f"Docker cannot fetch the functions' image; `docker pull {name}` shows why"
        raise DockerError(message)


def bridge_address() -> str | None:
    """Return this machine's address in the containers' network.

    None where there is none: Docker Desktop leads containers to this machine's loopback.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
        answer = fcntl.ioctl(asking.fileno(), READ_ADDRESS, struct.pack("256s", BRIDGE))
        return socket.inet_ntoa(answer[ADDRESS])
    return None


def existing() -> set[str]:
    """Return the ids of the containers that the SAM CLI made for functions, whoever ran it, running or not."""
    return set(_answer("ps", "--all", "--quiet", "--no-trunc", "--filter", LABEL).split())


def remove(containers: Iterable[str]) -> None:
    """Remove what of these containers is still there."""
    left = existing() & set(containers)
    if left:
        _answer("rm", "--force", *left)


def _answer(*arguments: str) -> str:
    """Return what docker prints, nothing where it fails."""
    program = shutil.which("docker")
    if program is None:
        return ""
    done = subprocess.run([program, *arguments], capture_output=True, check=False, text=True)  # noqa: S603 -- our words
    return done.stdout if done.returncode == 0 else ""
