"""The SAM CLI's commands over the template: what is built, and with which parameters it is run."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from local.sam_local.containers import architecture
from local.sam_local.neighbours import ADD_HOSTS
from local.template import TEMPLATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = TEMPLATE_FILE.parent
# Apart from what `make build` makes for a deployment, which is of another architecture.
FOLDER = PROJECT / ".aws-sam" / "local"
BUILT = "build"
VARIABLES = "variables.json"
BIN = Path(sys.executable).parent


class SamError(Exception):
    """The SAM CLI failed; the message tells what it said."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command of the SAM CLI and the environment for it."""

    command: tuple[str, ...]
    environment: dict[str, str]


@contextmanager
def built() -> Iterator[Path]:
    """Build the functions and the layer for this machine's processor, into a folder that goes with the block.

    Its `BUILT` holds them, and there is room for more. Each run has a folder of its own: containers of one that runs
    would lose their code when another one builds. Raises SamError.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="run-", dir=FOLDER) as folder:
        _build(Path(folder) / BUILT)
        yield Path(folder)


def _build(folder: Path) -> None:
    call = _call("build", "--build-dir", str(folder))
    done = subprocess.run(  # noqa: S603 -- our words
        call.command, cwd=PROJECT, env=call.environment, capture_output=True, check=False, text=True
    )
    if done.returncode:
        message = f"`sam build` failed:\n{done.stderr}"
        raise SamError(message)


def answer_of(call: Call) -> tuple[int, str]:
    """Run a call to its end and return its status and what it printed; ended by us, it can still tidy up."""
    with subprocess.Popen(  # noqa: S603 -- our words
        call.command, cwd=PROJECT, env=call.environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            printed, _ = process.communicate()
        finally:
            process.terminate()
    return process.returncode, printed


def local_call(command: str, *arguments: str, folder: Path, aws_url: str, options: tuple[str, ...] = ()) -> Call:
    """Return the call of a `sam local` command over what stands in a folder of `built`.

    The functions' variables stand there too, in `VARIABLES`. The SAM CLI itself asks STS at `aws_url` who it is: else
    it would look for an account, and wait.
    """
    add_hosts = [word for host in ADD_HOSTS for word in ("--add-host", host)]
    call = _call(
        "local",
        command,
        *arguments,
        *("--template-file", str(folder / BUILT / "template.yaml")),
        *("--env-vars", str(folder / VARIABLES)),
        # The image was fetched before; where none can be fetched, one may have been made in its place.
        "--skip-pull-image",
        *add_hosts,
        *options,
    )
    # It locks an image that it builds by a file in TMPDIR. Ended meanwhile it leaves the lock there, and the next one
    # would wait for five minutes; two of one run still see each other's.
    return Call(call.command, call.environment | {"AWS_ENDPOINT_URL_STS": aws_url, "TMPDIR": str(folder)})


def _call(*words: str) -> Call:
    command = (str(BIN / "sam"), *words, "--config-file", str(PROJECT / "samconfig.toml"), "--config-env", "local")
    # `sam build` looks for the functions' Python and its pip, which are ours.
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    # It leads to AWS's stand-in as this process reaches it, and the SAM CLI would hand it on to the functions.
    environment.pop("AWS_ENDPOINT_URL", None)
    return Call((*command, "--parameter-overrides", _parameters()), dict(environment))


def _parameters() -> str:
    """Return samconfig.toml's parameters, with the architecture of this machine."""
    config = tomllib.loads((PROJECT / "samconfig.toml").read_text(encoding="utf-8"))
    given = config["local"]["global"]["parameters"]["parameter_overrides"]
    others = [pair for pair in given if not pair.startswith("Architecture=")]
    return " ".join([*others, f"Architecture={architecture()}"])
