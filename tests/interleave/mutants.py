"""Mutants: the layer with one promise taken out, to show that the explorer notices.

`python -m tests.interleave.mutants` changes a copy of the layer, one mutant at a time, and explores where it shows.
"""
# ruff: noqa: E501, T201 -- the code that is changed, as it stands there; and a program for a terminal prints

import argparse
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.dynamodb_local import running

ROOT = Path(__file__).resolve().parent.parent.parent
LAYER = ROOT / "layers" / "account_link"
PACKAGE = "account_link"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one file, or two, and the plan (scene, kind, actors, faults) in which it must show."""

    name: str
    file: str
    old: str
    new: str
    plan: str
    also: tuple[str, str] | None = None


class NotInTheLayerError(Exception):
    """The text that a mutant changes is not in the layer exactly once: the mutant must follow the code."""


MUTANTS = (
    Mutant(
        "no_fence",
        "confirmation_store.py",
        '" AND (attribute_not_exists(#fence) OR #fence < :asked_at)"',
        '""',
        "released:10:bob.journey,worker:",
    ),
    Mutant(
        "lease_released_by_a_non_owner",
        "grant_store.py",
        'update="REMOVE #lease",\n                condition="#lease.#owner = :owner",',
        'update="REMOVE #lease",\n                condition="attribute_exists(#lease) OR #lease.#owner = :owner",',
        "linked_expired:00:use,use,unlink:",
    ),
    Mutant(
        "lease_taken_from_its_owner",
        "grant_store.py",
        '" AND (attribute_not_exists(#lease) OR #lease.#until <= :now)"',
        '" AND (attribute_not_exists(#lease) OR #lease.#until <> :now)"',
        "linked_expired:00:use,use:",
    ),
    Mutant(
        "read_then_write",
        "redemption_store.py",
        """        try:
            return self._accounts.change(
                user,
                update="SET #attempt.#status = :exchanging, #attempt.#redemption = :redemption",
                condition="#attempt.#state_hash = :state_hash AND #attempt.#status = :pending\"""",
        """        seen = self._accounts.read(user)
        if seen.attempt is None or seen.attempt.status is not AttemptStatus.PENDING:
            raise RefusedError(seen)
        try:
            return self._accounts.change(
                user,
                update="SET #attempt.#status = :exchanging, #attempt.#redemption = :redemption",
                condition="#attempt.#state_hash = :state_hash AND #attempt.#status <> :pending OR :pending = :pending\"""",
        "pending:00:callback,other:",
    ),
    Mutant(
        "deauthorise_always",
        "claim_store.py",
        'condition="attribute_not_exists(#holder)"\n        " AND (attribute_not_exists(#fenced_by)',
        'condition="(attribute_not_exists(#fenced_by)',
        "linked_authorised:10:worker,worker2:",
    ),
    Mutant(
        "no_generation",
        "link_store.py",
        'condition=f"{unchanged} AND " + (same_attempt if attempt else "attribute_not_exists(#attempt)"),',
        'condition=f"{unchanged} OR " + ("#attempt.#id = :id OR #attempt.#status = :status" if attempt else "#link <> :next"),',
        "pending:00:finish,unlink:",
    ),
    Mutant(
        "unlink_leaves_the_attempt",
        "link_store.py",
        'ended = "#attempt.#status = :expired, " if attempt else ""',
        'ended = "#attempt.#outcome = :expired, " if attempt else ""',
        "authorised:00:confirm,unlink:",
        also=('(", #attempt.#grant" if attempt else "")', '""'),
    ),
    Mutant(
        "grant_not_announced",
        "exchange.py",
        "            self._grants.announce(work.grant_id)\n",
        "",
        "pending:00:callback:0-6-crash",
    ),
    Mutant(
        "unlink_not_announced",
        "unlink.py",
        "            self._grants.announce(grant.id)\n",
        "            pass\n",
        "linked_settled:00:unlink:0-2-crash",
    ),
    Mutant(
        "rotation_not_fenced",
        "grant_store.py",
        'condition="#version = :version AND #lease.#owner = :owner"',
        'condition="attribute_not_exists(pk) OR attribute_exists(pk) OR (#version = :version AND #lease.#owner = :owner)"',
        "linked_expired:00:use,unlink:0-5-pause",
    ),
    Mutant(
        "held_athlete_taken",
        "confirmation_store.py",
        '(attribute_not_exists(#holder) OR ({holder}))"',
        '(attribute_not_exists(#holder) OR #holder <> :user OR ({holder}))"',
        "both:00:confirm,bob.confirm:",
    ),
    Mutant(
        "token_in_a_metric",
        "token_use.py",
        "            return call(self._refresher.opened(held))\n",
        "            opened = self._refresher.opened(held)\n"
        "            print(opened.access_token)\n"
        "            return call(opened)\n",
        "linked:00:use:",
    ),
)


def caught(mutant: Mutant, dynamodb_url: str) -> subprocess.CompletedProcess[str]:
    """Explore a changed copy of the layer; status 1 says that an invariant was broken."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(LAYER / PACKAGE, Path(folder) / PACKAGE)
        _change(Path(folder) / PACKAGE / mutant.file, mutant)
        command = [sys.executable, "-m", "tests.interleave", "--layer", folder, "--plan", mutant.plan]
        command += ["--dynamodb", dynamodb_url]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603


def _change(file: Path, mutant: Mutant) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in filter(None, [(mutant.old, mutant.new), mutant.also]):
        if text.count(old) != 1:
            raise NotInTheLayerError(mutant.name)
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def main() -> int:
    """Try every mutant; 1 where one is not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.interleave.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="some of them; none: all")
    parser.add_argument("--dynamodb", metavar="URL", help="a DynamoDB Local that runs already")
    options = parser.parse_args()
    some = [mutant for mutant in MUTANTS if not options.names or mutant.name in options.names]
    missed = 0
    with nullcontext(options.dynamodb) if options.dynamodb else running() as url:
        for mutant in some:
            done = caught(mutant, url)
            missed += not _findings(done)
            print(f"{mutant.name:<32} {_verdict(done)}", flush=True)
    return 1 if missed else 0


def _verdict(done: subprocess.CompletedProcess[str]) -> str:
    found = _findings(done)
    return f"caught: {found[0]}" if found else f"NOT caught {done.stdout[-300:]} {done.stderr[-1500:]}"


def _findings(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return which promises it breaks; a run that crashes says nothing about them."""
    if done.returncode != 1:
        return []
    return [line[4:120] for line in done.stdout.splitlines() if line.startswith("  ! ")]


if __name__ == "__main__":
    sys.exit(main())
