"""The layer and the functions as they are deployed, and a folder that stands in for Lambda's own packages."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from local.template import TEMPLATE_FILE

ROOT = TEMPLATE_FILE.parent
LAYER_SOURCE = ROOT / "layers" / "account_link"
FOLDER = ROOT / ".cache" / "bench"
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
RUNTIME_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""boto3 and what it is made of. Lambda brings these; here they are those of the environment that runs the bench."""


@dataclass(frozen=True, slots=True)
class Artefacts:
    """What was built for this machine, and the folders that a function finds on its path."""

    layer: Path
    runtime: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command for a Python that finds nothing of the environment that runs the bench."""
        return [sys.executable, "-S", "-P", *arguments]

    def path(self, function: str) -> dict[str, str]:
        """Return the variables that put a function, by its folder's name, and the layer on the path."""
        folders = [ROOT / "functions" / function, self.layer / "python", self.runtime]
        # As on Lambda, nothing is written beside the modules: a function's own file is compiled each time.
        return {"PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"}


def build() -> Artefacts:
    """Build the layer for this machine."""
    return Artefacts(layer(ARCHITECTURES[platform.machine().lower()]), _runtime())


def layer(architecture: str) -> Path:
    """Build the layer for an architecture as `sam build` does, and return its folder."""
    folder = FOLDER / architecture
    shutil.rmtree(folder, ignore_errors=True)
    makefile = LAYER_SOURCE / "platforms" / architecture / "Makefile"
    subprocess.run(  # noqa: S603 - constants
        ["make", "--silent", "--makefile", makefile, "build-AccountLinkLayer"],  # noqa: S607 - as `sam build`
        cwd=LAYER_SOURCE,
        env=os.environ | {"ARTIFACTS_DIR": str(folder), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=True,
    )
    return folder


def zipped_bytes(folder: Path) -> int:
    """Return the size of the folder as the zip file that is uploaded."""
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in sorted(folder.rglob("*")):
            zipped.write(file, file.relative_to(folder))
    return archive.stat().st_size


def _runtime() -> Path:
    """Return a folder with boto3 and nothing else of this environment."""
    folder = FOLDER / "runtime"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for package in RUNTIME_PACKAGES:
        source = _source(package)
        (folder / source.name).symlink_to(source)
    return folder


def _source(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        message = f"{package} is not installed"
        raise ModuleNotFoundError(message)
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
