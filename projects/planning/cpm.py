"""The critical path in plain working hours; calendars turn hours into dates elsewhere. Pure.

Forward and backward pass over a precedence diagram with its four kinds of links and lags, as in J. J. Moder,
C. R. Phillips and E. W. Davis, "Project Management with CPM, PERT and Precedence Diagramming", 3rd ed. 1983. All starts
at hour 0, and nothing starts before it, however large a lead is.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from projects.planning.graph import in_order

K = TypeVar("K", bound=Hashable)
Hours = TypeVar("Hours", float, NDArray[np.float64])

Kind = Literal["FS", "SS", "FF", "SF"]

SAME_H: Final = 1e-6  # hours closer than this are the same: sums of decimals are not exact


@dataclass(frozen=True, slots=True)
class Piece(Generic[K]):
    """Something to do. What is finished takes 0 hours."""

    key: K
    hours: float


@dataclass(frozen=True, slots=True)
class Link(Generic[K]):
    """`after` starts (or finishes) at least `lag_h` after `before` finished (or started); a lead is a lag below 0."""

    before: K
    after: K
    kind: Kind = "FS"
    lag_h: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a piece runs at the earliest and at the latest, in hours from the start of the plan."""

    early_start: float
    early_finish: float
    late_start: float
    late_finish: float
    total_slack: float  # what it may lose before the end is late (below 0: is late already)
    free_slack: float  # what it may lose before any other piece moves
    is_critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(Generic[K]):
    """`path` is one longest way through the plan, in order; other pieces may be critical besides."""

    pieces: dict[K, Times]
    finish_h: float
    path: tuple[K, ...]


def earliest_start(link: Link[K], *, start: Hours, finish: Hours, hours: Hours) -> Hours:
    """When `after`, which takes `hours`, may start as far as this link goes, `before` running from start to finish."""
    allowed = (finish if link.kind in ("FS", "FF") else start) + link.lag_h
    return allowed if link.kind in ("FS", "SS") else allowed - hours


def _latest_finish(link: Link[K], *, start: float, finish: float, hours: float) -> float:
    """When `before`, which takes `hours`, must be finished for the sake of `after`, which runs from start to finish."""
    allowed = (start if link.kind in ("FS", "SS") else finish) - link.lag_h
    return allowed if link.kind in ("FS", "FF") else allowed + hours


def links_into(keys: Iterable[K], links: Iterable[Link[K]]) -> dict[K, list[Link[K]]]:
    """The links of each key to what comes before it."""
    into: dict[K, list[Link[K]]] = {key: [] for key in keys}
    for link in links:
        into[link.after].append(link)
    return into


def analyse(pieces: Iterable[Piece[K]], links: Sequence[Link[K]], *, finish_by_h: float | None = None) -> Analysis[K]:
    """Slack is measured against `finish_by_h`, or else against the earliest end. Raises `graph.Circle`.

    Critical is what has the least slack of all, be the end too late or with room to spare.
    """
    hours = {piece.key: piece.hours for piece in pieces}
    order = in_order(hours, ((link.before, link.after) for link in links))
    start, path = _forward(order, hours, links)
    finish = {key: start[key] + hours[key] for key in order}
    finish_h = max(finish.values(), default=0.0)

    late_finish = dict.fromkeys(order, finish_h)
    free = {key: finish_h - finish[key] for key in order}
    into = links_into(order, links)
    for then in reversed(order):
        for link in into[then]:
            before, length = link.before, hours[link.before]
            late_start = late_finish[then] - hours[then]
            latest = _latest_finish(link, start=late_start, finish=late_finish[then], hours=length)
            late_finish[before] = min(late_finish[before], latest)
            untouched = _latest_finish(link, start=start[then], finish=finish[then], hours=length)
            free[before] = min(free[before], untouched - finish[before])

    room = 0.0 if finish_by_h is None else finish_by_h - finish_h
    return Analysis(
        pieces={
            key: Times(
                early_start=start[key],
                early_finish=finish[key],
                late_start=late_finish[key] + room - hours[key],
                late_finish=late_finish[key] + room,
                total_slack=_whole(late_finish[key] - finish[key]) + room,
                free_slack=_whole(free[key]),
                is_critical=late_finish[key] - finish[key] < SAME_H,
            )
            for key in hours
        },
        finish_h=finish_h,
        path=path,
    )


def _forward(order: list[K], hours: dict[K, float], links: Iterable[Link[K]]) -> tuple[dict[K, float], tuple[K, ...]]:
    """Early starts, and the way that leads to the latest finish: from there always back to what held it."""
    into = links_into(order, links)
    start: dict[K, float] = {}
    held_by: dict[K, K] = {}
    for key in order:
        start[key] = 0.0
        for link in into[key]:
            begun, length = start[link.before], hours[link.before]
            earliest = earliest_start(link, start=begun, finish=begun + length, hours=hours[key])
            least = start[key] + (SAME_H if key in held_by else -SAME_H)
            if earliest > least:
                held_by[key] = link.before
            start[key] = max(start[key], earliest)
    if not order:
        return start, ()
    path = [max(order, key=lambda key: start[key] + hours[key])]
    while path[-1] in held_by:
        path.append(held_by[path[-1]])
    return start, tuple(reversed(path))


def _whole(slack: float) -> float:
    """No slack of a millionth of an hour that only comes from adding decimals."""
    return 0.0 if abs(slack) < SAME_H else slack
