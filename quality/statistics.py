"""The statistics behind the figures of quality. Pure: numpy in, plain numbers out; nothing measured is None, never 0.

Durations are seconds. Definitions for readers stand in docs/quality.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]

# The line on charts and in sentences: a share below it is red. It is no promise; those stand in the policies.
GOAL = 0.95
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Summary:
    """How long things took. The mean never stands alone: it has no upper bound and one long case moves it."""

    mean: float | None
    median: float | None
    p90: float | None
    p95: float | None
    max: float | None


NOTHING = Summary(None, None, None, None, None)


def summary(durations: Seconds) -> Summary:
    return summaries(durations, np.zeros(durations.size, np.int64), count=1)[0]


def summaries(durations: Seconds, group: NDArray[np.int64], *, count: int) -> list[Summary]:
    """One summary for each of `count` groups; `group` says to which one (0 to count - 1) each duration belongs.

    Percentiles by linear interpolation between the two nearest ranks (Hyndman and Fan's type 7, numpy's default).
    """
    found = [NOTHING] * count
    if not durations.size:
        return found
    order = np.lexsort((durations, group))
    ordered = durations[order]
    there, starts, sizes = np.unique(group[order], return_index=True, return_counts=True)
    means = np.add.reduceat(ordered, starts) / sizes
    median, p90, p95 = (_percentiles(ordered, starts, sizes, percent) for percent in (50, 90, 95))
    figures = np.column_stack((means, median, p90, p95, ordered[starts + sizes - 1]))
    for index, row in zip(there.tolist(), figures.tolist(), strict=True):
        found[index] = Summary(*row)
    return found


def _percentiles(ordered: Seconds, starts: NDArray[np.intp], sizes: NDArray[np.intp], percent: int) -> Seconds:
    rank = (sizes - 1) * (percent / 100)
    below = np.floor(rank).astype(np.intp)
    low, high = ordered[starts + below], ordered[starts + np.minimum(below + 1, sizes - 1)]
    return np.asarray(low + (high - low) * (rank - below))


def share(met: int, missed: int) -> float | None:
    """Compliance: what was met of all that is decided. What still runs is neither."""
    return met / (met + missed) if met + missed else None


def wilson(met: int, missed: int) -> tuple[float, float] | None:
    """The 95 % interval of a share by Wilson's score: honest for few cases and for shares near 0 and 1."""
    n = met + missed
    if not n:
        return None
    p = met / n
    z2 = Z_95 * Z_95
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
