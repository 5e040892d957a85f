"""Assembles the layer: `python3.13 assemble.py ARCHITECTURE FOLDER` fills FOLDER with what Lambda puts on the path.

Called by `sam build` through platforms/*/Makefile. Needs Python 3.13 with pip, and nothing else. The same requirements
and the same Python give the same files, byte by byte, on whatever machine they are assembled.
"""

import compileall
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

SOURCE = Path(__file__).resolve().parent
PACKAGE = "account_link"
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
GLIBCS = ("manylinux_2_34", "manylinux_2_28", "manylinux2014")
"""Lambda's Python 3.13 runs on Amazon Linux 2023, whose C library is glibc 2.34."""
ON_LAMBDA = "/opt/python"
"""Where the layer is while a function runs: tracebacks shall name the files as they are there."""

UNUSED = (
    # For asynchronous clients; httpx and httpcore do without it.
    "anyio*",
    # Programs for a terminal.
    "bin",
    # At run time cryptography needs the compiled `_cffi_backend` only; these write C.
    "cffi",
    "pycparser*",
    # boto3 cannot be without it, so it comes with boto3.
    "jmespath*",
    # Its own tests.
    "certifi/tests",
    # For programs written for pydantic 1, and for mypy.
    "pydantic/mypy.py",
    "pydantic/v1",
    # What this service does not use of Powertools.
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/batch",
    "aws_lambda_powertools/utilities/data_classes",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parser",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
)
UNUSED_KINDS = frozenset({".c", ".h", ".pyi", ".typed"})
FOR_SCANNERS = "METADATA"
"""The one file of a distribution's description that stays: Amazon Inspector finds known weaknesses by it."""


def assemble(architecture: str, folder: Path) -> None:
    """Fill the folder, whatever it held before, for `arm64` or `x86_64`.

    Raises CalledProcessError where pip fails, for example at a wheel that is not the one whose hash is pinned.
    """
    shutil.rmtree(folder, ignore_errors=True)
    install(MACHINES[architecture], folder)
    shutil.copytree(SOURCE / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    prune(folder)
    precompile(folder)


def install(machine: str, folder: Path) -> None:
    """Have pip put the pinned wheels for this machine into the folder; nothing is built, nothing is run."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    pinned = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", str(SOURCE / "requirements.txt")]
    python = ["--implementation=cp", "--python-version=3.13", *(f"--platform={glibc}_{machine}" for glibc in GLIBCS)]
    command = [*pip, *pinned, *python, "--no-compile", f"--target={folder}"]
    subprocess.run(command, check=True)  # noqa: S603 - this Python, and constants


def prune(folder: Path) -> None:
    """Remove what no function needs at run time."""
    for path in [path for pattern in UNUSED for path in folder.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    for file in list(_files(folder)):
        described = file.relative_to(folder).parts[0].endswith(".dist-info")
        if file.name != FOR_SCANNERS if described else file.suffix in UNUSED_KINDS:
            file.unlink()
    _remove_empty(folder)


def precompile(folder: Path) -> None:
    """Compile every module so that Python takes the result unseen: in a layer, times mean nothing."""
    with contextlib.chdir(folder):
        compiled = compileall.compile_dir(
            ".",
            quiet=1,
            force=True,
            stripdir=".",
            prependdir=ON_LAMBDA,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
    if not compiled:
        message = "a module of the layer does not compile"
        raise SystemExit(message)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _remove_empty(folder: Path) -> None:
    """Remove folders without files, the innermost first."""
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        with contextlib.suppress(OSError):
            path.rmdir()


if __name__ == "__main__":
    if sys.version_info[:2] != (3, 13):
        sys.exit("the layer is compiled by the Python that it is for: 3.13")
    # Constants are written in the order of their hashes.
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S606
    assemble(sys.argv[1], Path(sys.argv[2]))
