"""The geometry of charts: from values to coordinates of an SVG. Pure; texts and colours belong to the templates."""

from dataclasses import dataclass
from typing import Literal

SegmentKind = Literal["run", "soon", "over", "ok", "gr", "acc", "pause"]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of a bar in per cent of its length; `kind` is its look in app.css, "pause" is hatched."""

    x: float
    width: float
    kind: SegmentKind


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A clock or a share as a bar. `mark` is where the target stands, in per cent; `label` says it in words."""

    segments: tuple[Segment, ...]
    label: str
    mark: float | None = None
