"""How long things took, told alike by every measurement."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def spread(times: Sequence[float]) -> tuple[float, float]:
    """The median of some times, and what 95 of 100 stay within."""
    return statistics.median(times), sorted(times)[max(0, int(len(times) * 0.95) - 1)]


def told(name: str, times: Sequence[float]) -> None:
    """Prints milliseconds."""
    p50, p95 = spread(times)
    print(f"{name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, of {len(times)}", flush=True)
