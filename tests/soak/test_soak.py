"""A quick selection of lives keeps every promise, and a service that breaks one is found out."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "account_link" / "account_link"
QUICK = 100
WITH_MUTANTS = 60

NO_LEASE = {
    "refresh.py": ("if not current.is_leased(self._timing.now()):", "if True:"),
    "grant_store.py": ("(attribute_not_exists(#lease) OR #lease.#until <= :now)", ":now = :now"),
}
NO_ANNOUNCEMENT = {"unlink.py": ("            self._grants.announce(grant.id)\n", "            pass\n")}

type Changes = dict[str, tuple[str, str]]


def soak(dynamodb_url: str, lives: int, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.soak", f"--lives={lives}", "--users=4", f"--dynamodb={dynamodb_url}"]
    return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603


def test_lives_with_faults_keep_every_promise(dynamodb_local_url: str) -> None:
    run = soak(dynamodb_local_url, QUICK)

    assert run.returncode == 0, run.stdout + run.stderr
    lost = re.search(r"unaccounted grants (\d+) = (\d+) answers lost - (\d+)", run.stdout)
    assert lost
    assert int(lost[1]) == int(lost[2]) - int(lost[3]) > 0


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param(NO_LEASE, "refreshes for one expiry", id="refresh-without-lease"),
        pytest.param(NO_ANNOUNCEMENT, "stored, and not destroyed", id="unlink-without-announcement"),
    ],
)
def test_a_broken_service_is_found_out(dynamodb_local_url: str, tmp_path: Path, changes: Changes, found: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "account_link")
    for name, (old, new) in changes.items():
        file = tmp_path / "account_link" / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), encoding="utf-8")

    run = soak(dynamodb_local_url, WITH_MUTANTS, f"--layer={tmp_path}")

    assert run.returncode == 1, run.stdout + run.stderr
    assert found in run.stdout
