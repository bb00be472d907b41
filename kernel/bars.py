"""The bar of a clock or a share: from times to parts in per cent. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, Literal

SegmentKind = Literal["run", "soon", "over", "ok", "gr", "acc", "pause"]

LEAST_OVER: Final = 1.5  # per cent: a target missed by a second must still be seen


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of a bar in per cent of its length; `kind` is its look in app.css, "pause" is hatched."""

    x: float
    width: float
    kind: SegmentKind


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A clock or a share as a bar. `mark` is where the target stands, in per cent; `label` says it in words."""

    segments: tuple[Segment, ...]
    label: str
    mark: float | None = None


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A time of `length` (any unit, the same for all); what does not count towards the target is a pause."""

    length: float
    counts: bool = True


def progress_bar(stretches: Iterable[Stretch], *, target: float, label: str, kind: SegmentKind = "run") -> Bar:
    """How far a target is used up. The whole length is everything that passed, and what is left where something is."""
    parts: list[tuple[float, SegmentKind]] = []
    left = target
    for stretch in stretches:
        if stretch.counts:
            within = min(stretch.length, left)
            left -= within
            parts += [(within, kind), (stretch.length - within, "over")]
        else:
            parts.append((stretch.length, "pause"))
    whole = math.fsum(length for length, _kind in parts) + left
    least = {"over": whole * LEAST_OVER / 100}
    parts = [(max(length, least.get(part, 0)), part) for length, part in parts if length > 0]
    ends = list(accumulate((length for length, _kind in parts), initial=0.0))
    whole = ends[-1] + left
    kinds = [part for _length, part in parts]
    return Bar(
        segments=tuple(
            Segment(x=tenth(start / whole * 100), width=tenth((end - start) / whole * 100), kind=part)
            for (start, end), part in zip(pairwise(ends), kinds, strict=True)
        ),
        label=label,
        mark=tenth(ends[kinds.index("over")] / whole * 100) if "over" in kinds else None,
    )


def tenth(value: float) -> float:
    """To the precision a drawing needs; never minus zero."""
    return round(value, 1) + 0.0
