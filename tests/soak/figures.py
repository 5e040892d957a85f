"""Figures: what all lives together came to."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from tests.soak.world import World

SETTLED_AFTER = 0.1
"""What part of the lives fills caches and pools; from then on memory must stay."""
GROWTH_ALLOWED_MB = 24.0
SHOWN = 20


@dataclass
class Figures:
    """Filled by many threads."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    most_refreshes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, world: World) -> None:
        """Take in a life that is over."""
        with self._lock:
            self.counts.update(world.counts)
            self.counts["lives"] += 1
            self.violations += world.violations

    def measure(self, moment: str) -> None:
        """Note how much memory the process has now."""
        with self._lock:
            self.memory.setdefault(moment, resident_mb())

    def told(self, seconds: float) -> str:
        """Return the figures as people read them."""
        c = self.counts
        rate = c["refreshes"] / c["expiries"] if c["expiries"] else 0
        lost, ended = c["answers lost"], c["of them ended by TrainingPeaks itself"]
        lines = [
            f"lives              {c['lives']} in {seconds:.0f} s, {c['runners who gave up']} times a runner gave up",
            f"requests           {c['requests']}: {_listed(c, 'requests ')}",
            f"outside calls      {c['AWS calls']} of AWS, {c['AWS faults']} of them with a fault",
            f"errors by kind     {_listed(c, 'errors ', '\n                   ')}",
            f"expiries           {c['expiries']}, {rate:.3f} refreshes per expiry",
            f"grants given       {c['grants given']}; alive at the end: {_listed(c, 'alive: ')}",
            f"unaccounted grants {c['unaccounted grants']} = {lost} answers lost - {ended} ended",
            f"memory             {', '.join(f'{size:.0f} MB {moment}' for moment, size in self.memory.items())}",
            f"violations         {len(self.violations)}",
        ]
        return "\n".join([*lines, *(f"  {violation}" for violation in self.violations[:SHOWN])])


def resident_mb() -> float:
    """Return the memory that the process occupies."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _listed(counts: Counter[str], prefix: str, separator: str = ", ") -> str:
    found = {name.removeprefix(prefix): count for name, count in counts.items() if name.startswith(prefix)}
    return separator.join(f"{name} {found[name]}" for name in sorted(found)) or "none"
