"""When it will be finished, if every estimate is a range: a seeded simulation of the plan. Pure.

Each piece is drawn from a triangular distribution. PERT's beta would be as good a guess at the shape, but it gives the
ends that the estimator named next to no weight, and the triangle's inverse is a formula: a run has the same luck for
a piece however its estimate is edited, so that the forecast moves by what was changed and not by noise.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from projects.planning.cpm import SAME_H, Link, earliest_start, links_into
from projects.planning.graph import in_order

K = TypeVar("K", bound=Hashable)

Hours = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Range(Generic[K]):
    """A piece and how long it takes. What is finished takes 0, 0, 0."""

    key: K
    low_h: float
    likely_h: float
    high_h: float

    def __post_init__(self) -> None:
        if not 0 <= self.low_h <= self.likely_h <= self.high_h:
            raise ValueError(f"Not a range of hours: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast(Generic[K]):
    """Hours from the start of the plan: of 100 runs 50, 80, 95 are finished by then."""

    p50_h: float
    p80_h: float
    p95_h: float
    holds: float | None  # share of the runs that keep the promise, if there is one
    drives: K | None  # the piece that moves the end most; none if nothing can move it


def forecast(
    pieces: Iterable[Range[K]],
    links: Sequence[Link[K]],
    *,
    runs: int = 1000,
    seed: int,
    promised_h: float | None = None,
) -> Forecast[K]:
    """Raises `graph.Circle`. The luck of a piece follows its place in `pieces`: new ones are best given last."""
    drawn = _draw(list(pieces), np.random.default_rng(seed), runs)
    order = in_order(drawn, ((link.before, link.after) for link in links))
    ends = _ends(order, drawn, links, runs)
    p50, p80, p95 = np.percentile(ends, (50, 80, 95)).tolist()
    holds = None if promised_h is None else float(np.mean(ends <= promised_h + SAME_H))
    return Forecast(p50_h=p50, p80_h=p80, p95_h=p95, holds=holds, drives=_drives(drawn, ends))


def _draw(pieces: Sequence[Range[K]], rng: np.random.Generator, runs: int) -> dict[K, Hours]:
    return {piece.key: _triangular(piece, rng.random(runs)) for piece in pieces}


def _triangular(piece: Range[K], luck: Hours) -> Hours:
    """The inverse of the distribution function, from 0 (best luck) to 1."""
    low, likely, high = piece.low_h, piece.likely_h, piece.high_h
    if low == high:
        return np.full(luck.size, low)
    rising = low + np.sqrt(luck * (high - low) * (likely - low))
    falling = high - np.sqrt((1 - luck) * (high - low) * (high - likely))
    return np.where(luck * (high - low) < likely - low, rising, falling)


def _ends(order: Sequence[K], drawn: dict[K, Hours], links: Sequence[Link[K]], runs: int) -> Hours:
    """The forward pass of the critical path, all runs at once."""
    into = links_into(order, links)
    start: dict[K, Hours] = {}
    end = np.zeros(runs)
    for key in order:
        begin = np.zeros(runs)
        for link in into[key]:
            begun = start[link.before]
            finish = begun + drawn[link.before]
            np.maximum(begin, earliest_start(link, start=begun, finish=finish, hours=drawn[key]), out=begin)
        start[key] = begin
        np.maximum(end, begin + drawn[key], out=end)
    return end


def _drives(drawn: dict[K, Hours], ends: Hours) -> K | None:
    """What correlates most with the end: how far the end moves when the piece moves by its usual spread."""
    if np.ptp(ends) < SAME_H:
        return None
    off = ends - ends.mean()
    pull: dict[K, float] = {}
    for key, hours in drawn.items():
        spread = hours.std()
        if spread > SAME_H:
            pull[key] = float(np.mean((hours - hours.mean()) * off) / spread)
    return max(pull, key=pull.__getitem__)
