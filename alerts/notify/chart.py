"""The geometry of the bars of last week: a day each, its channels one above another. Pure, rounded to a tenth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.bars import tenth

WIDTH, HEIGHT = 430, 124
_LEFT, _SLOT, _BAR = 34, 56, 30
_FLOOR, _ROOM, _GAP = 98.5, 74.0, 1.5


@dataclass(frozen=True)
class Piece:
    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class Day:
    x: float
    middle: float
    pieces: tuple[Piece, ...]
    total: int
    total_y: float
    label: str


@dataclass(frozen=True)
class WeekChart:
    width: int
    height: int
    floor: float
    days: tuple[Day, ...]


def week_chart(labels: Sequence[str], counts: Sequence[Sequence[int]], *, kinds: Sequence[str]) -> WeekChart:
    """`counts` holds for each day how many of each kind; kinds are drawn from the bottom up in their order."""
    highest = max((sum(day) for day in counts), default=0) or 1
    days = []
    for number, (label, day) in enumerate(zip(labels, counts, strict=True)):
        x, y = float(_LEFT + number * _SLOT), _FLOOR
        pieces = []
        for kind, count in zip(kinds, day, strict=True):
            if count:
                height = max(2.5, count / highest * _ROOM - _GAP)
                y -= height
                pieces.append(Piece(kind, tenth(y), tenth(height)))
                y -= _GAP
        days.append(Day(x, x + _BAR / 2, tuple(pieces), sum(day), tenth(y - 4), label))
    return WeekChart(WIDTH, HEIGHT, _FLOOR + 1.5, tuple(days))
