"""The geometry of charts: from values to the coordinates of an SVG, rounded to a tenth of a unit.

Pure: no Django, no words of its own. What is said stands in `summary`, in the names given, and in what `show` makes of
a value. Each chart carries the same figures as a `Table`, for whoever cannot or would rather not read a picture.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal

from kernel.bars import tenth

Show = Callable[[float], str]

LETTER: Final = 6.6  # mean width of a letter at 12 px
LINE_GAP: Final = 15.0  # two names closer than this would touch
NO_VALUE: Final = "\u2013"
MOST_LABELS: Final = 13


# --- parts that charts share ---------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Tick:
    """A grid line and its words, at `at` along its axis."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """The figures of a chart; the first cell of a row names it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def nice_step(span: float, *, parts: int = 5) -> float:
    """The smallest of 1, 2, 5 times a power of ten that cuts `span` into at most `parts`."""
    if span <= 0:
        return 1.0
    raw = span / parts
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9))


def nice_ticks(low: float, high: float, *, parts: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, evenly apart, never fewer than two."""
    if low == high:
        high = low + (abs(low) or 1)
    step = nice_step(high - low, parts=parts)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = max(0, -math.floor(math.log10(step)))
    return [round(number * step, decimals) for number in range(first, max(last, first + 1) + 1)]


def _between(value: float, low: float, high: float, *, start: float, end: float) -> float:
    """`value` carried over from the range low..high to start..end."""
    return tenth(start + (value - low) / (high - low) * (end - start))


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """A line through the points, broken at the gaps; a lone point is drawn as a line to itself, a dot."""
    words: list[str] = []
    pen_is_down = False
    for index, point in enumerate(points):
        if point is None:
            pen_is_down = False
            continue
        here = f"{point[0]:g} {point[1]:g}"
        is_lone = not pen_is_down and (index + 1 == len(points) or points[index + 1] is None)
        words.append(f"M{here}L{here}" if is_lone else f"{'L' if pen_is_down else 'M'}{here}")
        pen_is_down = True
    return "".join(words)


def _cut(text: str, *, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _gutter(names: Iterable[str], *, least: float, most: float) -> tuple[float, int]:
    """Room for names at the side, and how many letters fit in it."""
    longest = max((len(name) for name in names), default=0)
    room = min(max(longest * LETTER + 8, least), most)
    return math.ceil(room), int((room - 8) / LETTER)


# --- lines over time -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Series:
    """One line; None is a gap. `kind` "l1" is the line the chart is about, "l2" the one beside it."""

    name: str
    values: tuple[float | None, ...]
    kind: Literal["l1", "l2"] = "l1"


@dataclass(frozen=True, kw_only=True)
class Line:
    path: str
    kind: str
    name: str
    end: tuple[float, float]
    name_y: float


@dataclass(frozen=True, kw_only=True)
class LineChart:
    width: int
    height: int
    summary: str
    left: float
    right: float
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    target_y: float | None
    table: Table


def line_chart(
    labels: Sequence[str],
    *,
    series: Sequence[Series],
    show: Show,
    summary: str,
    head: str,
    target: float | None = None,
    ceiling: float | None = None,
    width: int = 520,
    height: int = 170,
) -> LineChart:
    """Values by month or week, one label each. No tick stands above `ceiling`; `head` names the labels in the table."""
    known = [value for one in series for value in one.values if value is not None]
    if target is not None:
        known.append(target)
    low, high = min(known, default=0.0), max(known, default=1.0)
    if low == ceiling:
        low *= 0.9
    ticks = [tick for tick in nice_ticks(low, high, parts=4) if ceiling is None or tick <= ceiling]
    low, high = ticks[0], max(ticks[-1], high)
    names, _letters = _gutter((one.name for one in series), least=24, most=120)
    left, right, top, bottom = 38.0, width - names - 2.0, 10.0, height - 30.0

    def x_of(index: int) -> float:
        return tenth(left if len(labels) == 1 else left + index * (right - left) / (len(labels) - 1))

    def y_of(value: float) -> float:
        return _between(value, low, high, start=bottom, end=top)

    every = math.ceil(len(labels) / MOST_LABELS)
    shown = range((len(labels) - 1) % every, len(labels), every) if labels else range(0)
    return LineChart(
        width=width,
        height=height,
        summary=summary,
        left=left,
        right=right,
        y_ticks=tuple(Tick(at=y_of(tick), text=show(tick)) for tick in ticks),
        x_ticks=tuple(Tick(at=x_of(index), text=labels[index]) for index in shown),
        lines=_lines(series, x_of=x_of, y_of=y_of),
        target_y=None if target is None else y_of(target),
        table=Table(
            head=(head, *(one.name for one in series)),
            rows=tuple(
                (label, *(NO_VALUE if value is None else show(value) for value in values))
                for label, *values in zip(labels, *(one.values for one in series), strict=True)
            ),
        ),
    )


def _lines(
    series: Sequence[Series], *, x_of: Callable[[int], float], y_of: Callable[[float], float]
) -> tuple[Line, ...]:
    """The lines with their names at the right end, moved apart where two would touch."""
    drawn: list[Line] = []
    for one in series:
        points = [None if value is None else (x_of(index), y_of(value)) for index, value in enumerate(one.values)]
        last = next((point for point in reversed(points) if point is not None), None)
        if last is not None:
            drawn.append(Line(path=_path(points), kind=one.kind, name=one.name, end=last, name_y=last[1]))
    drawn.sort(key=lambda line: line.end[1])
    placed: list[Line] = []
    for line in drawn:
        y = max(line.end[1], placed[-1].name_y + LINE_GAP) if placed else line.end[1]
        placed.append(Line(path=line.path, kind=line.kind, name=line.name, end=line.end, name_y=tenth(y)))
    return tuple(placed)


# --- a spread for each of several ------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Spread:
    """What half, nine of ten and nineteen of twenty stay under."""

    name: str
    median: float
    p90: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class SpreadRow:
    name: str
    y: float
    median: float
    p90: float
    p95: float
    end_text: str
    is_over: bool


@dataclass(frozen=True, kw_only=True)
class SpreadChart:
    width: int
    height: int
    summary: str
    top: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    rows: tuple[SpreadRow, ...]
    target: Tick | None
    names: tuple[str, str, str]
    table: Table


def spread_chart(
    spreads: Sequence[Spread],
    *,
    show: Show,
    summary: str,
    head: str,
    names: tuple[str, str, str],
    target: float | None = None,
    target_text: str = "",
    width: int = 545,
) -> SpreadChart:
    """A row each: dot at the median, ring at p90, stroke at p95, red where that is over the target."""
    ticks = nice_ticks(0, max([target or 0, *(spread.p95 for spread in spreads)]) or 1)
    gutter, letters = _gutter((spread.name for spread in spreads), least=60, most=150)
    left, right, row, top = float(gutter), width - 44.0, 38, 22.0
    bottom = top + row * len(spreads) + 4

    def x_of(value: float) -> float:
        return _between(value, 0, ticks[-1], start=left, end=right)

    return SpreadChart(
        width=width,
        height=int(bottom) + 26,
        summary=summary,
        top=top,
        bottom=bottom,
        x_ticks=tuple(Tick(at=x_of(tick), text=show(tick)) for tick in ticks),
        rows=tuple(
            SpreadRow(
                name=_cut(spread.name, letters=letters),
                y=top + row * index + 22,
                median=x_of(spread.median),
                p90=x_of(spread.p90),
                p95=x_of(spread.p95),
                end_text=show(spread.p95),
                is_over=target is not None and spread.p95 > target,
            )
            for index, spread in enumerate(spreads)
        ),
        target=None if target is None else Tick(at=x_of(target), text=target_text),
        names=names,
        table=Table(
            head=(head, *names),
            rows=tuple((one.name, show(one.median), show(one.p90), show(one.p95)) for one in spreads),
        ),
    )


# --- which few make most -----------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ParetoRow:
    """`is_few` is one of the first that together make the share asked for; the line stands under the last of them."""

    name: str
    y: float
    width: float
    text: str
    together: str
    is_few: bool
    is_last_of_few: bool


@dataclass(frozen=True, kw_only=True)
class ParetoChart:
    width: int
    height: int
    summary: str
    left: float
    together: str
    rows: tuple[ParetoRow, ...]
    table: Table


def pareto_chart(
    counts: Sequence[tuple[str, float]],
    *,
    show: Show,
    show_share: Show,
    summary: str,
    head: tuple[str, str, str],
    few: float = 0.7,
    width: int = 520,
) -> ParetoChart:
    """Bars in the order given, largest first, with what they make together; `head`: name, count, together."""
    whole = math.fsum(count for _name, count in counts) or 1.0
    shares = [total / whole for total in accumulate(count for _name, count in counts)]
    last_of_few = next((index for index, share in enumerate(shares) if share >= few - 1e-9), -1)
    gutter, letters = _gutter((name for name, _count in counts), least=60, most=170)
    longest = max((count for _name, count in counts), default=0) or 1.0
    room = width - gutter - 110
    return ParetoChart(
        width=width,
        height=18 + 30 * len(counts),
        summary=summary,
        left=gutter,
        together=head[2],
        rows=tuple(
            ParetoRow(
                name=_cut(name, letters=letters),
                y=22.0 + 30 * index,
                width=tenth(count / longest * room),
                text=show(count),
                together=show_share(shares[index]),
                is_few=index <= last_of_few,
                is_last_of_few=index == last_of_few and index + 1 < len(counts),
            )
            for index, (name, count) in enumerate(counts)
        ),
        table=Table(
            head=head,
            rows=tuple(
                (name, show(count), show_share(share)) for (name, count), share in zip(counts, shares, strict=True)
            ),
        ),
    )


# --- a line in a row of text -------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Spark:
    """`end` is where the dot of the newest value stands; `is_bad` makes it red. `label` gives the figures in words."""

    path: str
    end: tuple[float, float] | None
    label: str
    is_bad: bool = False
    width: int = 84
    height: int = 24


def sparkline(values: Sequence[float | None], *, label: str, is_bad: bool = False) -> Spark:
    """The course of a few values, each from its own lowest to its own highest; an even one in the middle."""
    left, right, top, bottom = 3.0, 81.0, 4.0, 20.0
    known = [value for value in values if value is not None]
    low, high = min(known, default=0), max(known, default=0)
    points = [
        None
        if value is None
        else (
            tenth(right if len(values) == 1 else left + index * (right - left) / (len(values) - 1)),
            tenth((top + bottom) / 2) if low == high else _between(value, low, high, start=bottom, end=top),
        )
        for index, value in enumerate(values)
    ]
    end = next((point for point in reversed(points) if point is not None), None)
    return Spark(path=_path(points), end=end, label=label, is_bad=is_bad)
