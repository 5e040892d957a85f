"""CI hides no test: one that is skipped, or expected to fail, fails the run and is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

HIDING = {
    "skipif": "@pytest.mark.skipif(True, reason='made up')\ndef test_it() -> None: ...",
    "skip": "def test_it() -> None:\n    pytest.skip('made up')",
    "module": "pytest.skip('made up', allow_module_level=True)",
    "xfail": "@pytest.mark.xfail\ndef test_it() -> None:\n    assert False",
    "do_without": "from tests.skips import do_without\ndef test_it() -> None:\n    do_without('made up')",
}
HONEST = "def test_it() -> None: ..."


def run(folder: Path, text: str, *, ci: bool) -> subprocess.CompletedProcess[str]:
    file = folder / "test_made_up.py"
    file.write_text(f"import pytest\n{text}\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | ({"CI": "true"} if ci else {})
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.skips",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        str(file),
    ]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING)
def test_ci_fails_and_names_a_test_that_is_hidden(tmp_path: Path, text: str) -> None:
    done = run(tmp_path, text, ci=True)

    assert done.returncode != 0, done.stdout
    assert "test_made_up.py" in done.stdout


@pytest.mark.parametrize("kind", ["skipif", "skip", "xfail", "do_without"])
def test_elsewhere_it_may_be_skipped(tmp_path: Path, kind: str) -> None:
    assert run(tmp_path, HIDING[kind], ci=False).returncode == 0


def test_what_is_done_without_is_said_at_the_end(tmp_path: Path) -> None:
    assert "SKIPPED: made up" in run(tmp_path, HIDING["do_without"], ci=False).stdout


def test_ci_passes_where_nothing_is_hidden(tmp_path: Path) -> None:
    assert run(tmp_path, HONEST, ci=True).returncode == 0
