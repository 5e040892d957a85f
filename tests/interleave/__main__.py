"""`python -m tests.interleave`: explore, print the figures, and end with status 1 on a violation."""
# ruff: noqa: PLC0415, T201 -- the layer, perhaps a changed copy of it, must be on the path first; and it prints

import argparse
import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.dynamodb_local import running

ROOT = Path(__file__).resolve().parent.parent.parent
LAYER = ROOT / "layers" / "account_link"


def main() -> int:
    """Run alone or share the work out, and return the exit status."""
    options = _options()
    sys.path[:0] = [str(options.layer), str(LAYER)]
    with _engine(options.dynamodb) as url:
        if options.jobs > 1 and not (options.replay or options.pair or options.plan):
            return _shared_out(options, url)
        from tests.interleave.command import run, told

        out = sys.stdout
        figures = run(options, url, lambda text: print(text, file=out, flush=True))
        print(told(figures), flush=True)
        print(json.dumps(figures.counts), file=sys.stderr)
        return 1 if figures.findings or figures.counts["pairs cut short"] else 0


def _shared_out(options: argparse.Namespace, url: str) -> int:
    """Start as many processes as there are jobs; add up their figures."""
    from tests.interleave.campaign import Figures
    from tests.interleave.command import told

    command = [sys.executable, "-m", "tests.interleave", *sys.argv[1:], "--jobs=1", f"--dynamodb={url}"]
    started = [
        subprocess.Popen([*command, f"--share={number}/{options.jobs}"], cwd=ROOT, stderr=subprocess.PIPE)  # noqa: S603
        for number in range(options.jobs)
    ]
    total: Counter[str] = Counter()
    for process in started:
        _, errors = process.communicate()
        last = errors.decode().strip().rpartition("\n")[2]
        total.update(json.loads(last) if last.startswith("{") else {"violations": 1})
        sys.stderr.write(errors.decode() if not last.startswith("{") else "")
    print("altogether")
    print(told(Figures(total)))
    return 1 if total["violations"] or total["pairs cut short"] else 0


@contextlib.contextmanager
def _engine(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with running() as own:
        yield own


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.interleave", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two of the four kinds of provider only")
    parser.add_argument("--minutes", type=float, default=10, help="how long to go on with seeded choices; default 10")
    parser.add_argument("--seed", default="1", help="of the choices; default 1")
    parser.add_argument("--pair", nargs=2, metavar="ACT", help="all orders of two acts")
    parser.add_argument("--scene", help="for --pair: from this starting state only")
    parser.add_argument("--plan", metavar="PLAN", help="scene:kind:acts:faults, such as linked:00:use,unlink:")
    parser.add_argument("--replay", metavar="NUMBER", help="one schedule, by the number that it was printed with")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes share the work; default 1")
    parser.add_argument("--layer", type=Path, default=LAYER, help="another folder with the layer's package")
    parser.add_argument("--dynamodb", metavar="URL", help="a DynamoDB Local that runs already")
    parser.add_argument("--share", default="0/1", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
