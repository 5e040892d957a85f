"""Figure: a number, its unit and its budget; and how a list of them is printed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. Where there is no budget, none can be broken."""

    name: str
    value: float
    unit: str = "x"
    budget: float | None = None
    note: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether the figure is above its budget."""
        return self.budget is not None and self.value > self.budget

    def line(self) -> str:
        """Return the figure as a line of the report."""
        budget = "" if self.budget is None else f"≤ {_number(self.budget)}"
        verdict = "BROKEN" if self.is_broken else ""
        return f"  {self.name:<24}{_number(self.value):>9} {self.unit:<5}{budget:<9}{verdict:<7}{self.note}".rstrip()


def report(title: str, figures: Iterable[Figure]) -> list[Figure]:
    """Print the figures under their title and return those that break their budget."""
    lines = list(figures)
    sys.stdout.write("\n".join([f"\n{title}", *(figure.line() for figure in lines), ""]))
    sys.stdout.flush()
    return [figure for figure in lines if figure.is_broken]


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}"
