"""`python -m tests.soak`: live many lives with faults on, print the figures, and end with status 1 on a violation."""
# ruff: noqa: PLC0415 -- the layer, perhaps a changed copy of it, must be on the path first

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.dynamodb_local import running

if TYPE_CHECKING:
    from tests.soak.figures import Figures

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "account_link"


def main() -> int:
    """Run, and return the exit status."""
    options = _options()
    sys.path[:0] = [str(options.layer), str(LAYER)]
    from tests.soak.crew import live_all

    out, started = sys.stdout, time.monotonic()
    with _engine(options.dynamodb) as url:
        figures: Figures = live_all(url, options)
    print(f"seed {options.seed}, {options.users} at a time, {options.faults:.0%} of all outside calls fail", file=out)
    print(figures.told(time.monotonic() - started), file=out, flush=True)
    lived, asked = figures.counts["lives"], options.lives if options.life is None else 1
    if lived < asked:
        print(f"{lived} of {asked} lives, then the time was over: --minutes gives more", file=out, flush=True)
    return 1 if figures.violations or lived < asked else 0


@contextlib.contextmanager
def _engine(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with running() as own:
        yield own


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--lives", type=int, default=10_000, help="how many lives; default 10000")
    parser.add_argument("--users", type=int, default=8, help="how many lives at a time; default 8")
    parser.add_argument(
        "--faults", type=float, default=0.1, help="the part of all outside calls that fail; default 0.1"
    )
    parser.add_argument("--seed", default="1", help="of all choices; default 1")
    parser.add_argument("--minutes", type=float, default=60, help="begin no life after so long; default 60")
    parser.add_argument("--life", type=int, help="one life, by the number that a violation was printed with")
    parser.add_argument("--layer", type=Path, default=LAYER, help="another folder with the layer's package")
    parser.add_argument("--dynamodb", metavar="URL", help="a DynamoDB Local that runs already")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
