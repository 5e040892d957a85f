"""`python -m bench` builds the layer, measures, prints; its exit status is 1 where a budget is broken."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING

from bench import artefacts, cold, warm
from bench.budgets import CALLS, COLD, GROWTH, LAYER_BYTES, MEMORY_GROWTH, WARM
from bench.figures import Figure, report

if TYPE_CHECKING:
    from collections.abc import Iterable

LINKS = 100_000
MEGABYTE = 1_000_000


def main() -> int:
    """Do what the command line says; return the exit status."""
    arguments = _arguments()
    built = artefacts.build()
    broken = report("Layer, zipped, without boto3", _layer_figures())
    floor, ratios = cold.measure(built, arguments.cold_rounds)
    broken += report('Cold start: CPU to that of import boto3; boto3.client("dynamodb")', _cold_figures(ratios))
    measured = warm.measure(built, arguments.warm_rounds, arguments.links)
    broken += report("Warm request: CPU to that of its bare botocore and httpx calls", _warm_figures(measured.few))
    broken += report("Warm request: calls to the world outside", _call_figures(measured.few))
    broken += report("Whole link: start, callback, confirm", _link_figures(measured, floor, ratios))
    broken += report("Peak memory of a function", _memory_figures(measured))
    title = (
        f"Growth from 1 to {measured.links:,} links of {measured.link_bytes:,} bytes as JSON: warm ratio to warm ratio"
    )
    broken += report(title, _growth_figures(measured))
    sys.stdout.write(f"\nBudgets broken: {len(broken)}\n")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--cold-rounds", type=int, default=11, help="cold starts of each function")
    parser.add_argument("--warm-rounds", type=int, default=30, help="warm requests of each function and table size")
    parser.add_argument("--links", type=int, default=LINKS, help="links in the full table")
    return parser.parse_args()


def _layer_figures() -> Iterable[Figure]:
    for architecture in sorted(set(artefacts.ARCHITECTURES.values())):
        size = artefacts.zipped_bytes(artefacts.layer(architecture))
        yield Figure(architecture, size / MEGABYTE, "MB", LAYER_BYTES / MEGABYTE)


def _cold_figures(ratios: dict[str, float]) -> Iterable[Figure]:
    return (Figure(function, ratio, budget=COLD[function]) for function, ratio in ratios.items())


def _warm_figures(few: dict[str, warm.Warm]) -> Iterable[Figure]:
    for function, seen in few.items():
        yield Figure(function, seen.ratio, budget=WARM, note=f"{seen.cpu * 1000:.1f} to {seen.bare * 1000:.1f} ms")


def _call_figures(few: dict[str, warm.Warm]) -> Iterable[Figure]:
    for function, seen in few.items():
        note = ", ".join(f"{times} {name}" for name, times in Counter(seen.calls).items())
        yield Figure(function, len(seen.calls), "", CALLS.get(function), note)


def _link_figures(measured: warm.Measured, floor: float, ratios: dict[str, float]) -> Iterable[Figure]:
    few, many = warm.link_seconds(measured.few), warm.link_seconds(measured.many)
    all_cold = few + floor * sum(ratios[function] for function in warm.OF_A_LINK)
    yield Figure("warm", few / floor, note=f"{few:.3f} CPU seconds, as a ratio to the floor of a cold start")
    yield Figure("warm, full table", many / floor, note=f"{many:.3f} CPU seconds")
    yield Figure("all three cold", all_cold / floor, note=f"{all_cold:.3f} CPU seconds")


def _memory_figures(measured: warm.Measured) -> Iterable[Figure]:
    return (Figure(function, peak / MEGABYTE, "MB") for function, peak in measured.peaks.items())


def _growth_figures(measured: warm.Measured) -> Iterable[Figure]:
    for function, few in measured.few.items():
        many = measured.many[function]
        calls = Figure(f"{function}: calls", len(many.calls), "", len(few.calls))
        yield Figure(function, many.ratio / few.ratio, budget=GROWTH)
        if calls.is_broken:
            yield calls
    link = warm.link_seconds(measured.many) / warm.link_seconds(measured.few)
    yield Figure("CPU of a whole link", link, budget=GROWTH)
    memory = max(measured.peaks_of_many[function] / peak for function, peak in measured.peaks.items())
    yield Figure("peak memory, the most", memory, budget=MEMORY_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
