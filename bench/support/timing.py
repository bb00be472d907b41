"""What a piece of work asks of the database, and how long things take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class Cost:
    """`wall_s` in all, `database_s` of it in queries (as the program sees them: the way there and back included)."""

    wall_s: float = 0.0
    database_s: float = 0.0
    queries: list[str] = field(default_factory=list)


def cost_of(work: Callable[[], T]) -> tuple[Cost, T]:
    """Do the work once and watch it."""
    from django.db import connection  # noqa: PLC0415 - scripts set Django up before they measure

    cost = Cost()

    def watched(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            cost.database_s += time.perf_counter() - began
            cost.queries.append(sql)

    began = time.perf_counter()
    with connection.execute_wrapper(watched):
        found = work()
    cost.wall_s = time.perf_counter() - began
    return cost, found


def percentile(values: Sequence[float], share: float) -> float:
    """By linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def verdict(holds: bool) -> str:
    return "yes" if holds else "NO"
