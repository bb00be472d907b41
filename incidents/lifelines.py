"""The life of a clock as one bar: service hours to scale, nights and weekends narrow. From instants to a drawing.

Lengths are units of the drawing, which is `WIDTH` wide; only words are translated here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import accumulate
from typing import Any, Literal

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from incidents.models import HoldReason
from kernel.templatetags.ui import countdown
from sla.explain import Explanation, Hours, Piece, PieceKind
from sla.measure import instant

WIDTH, EDGE = 1122, 8
LETTER = 6.4
# Where the words under the bar stand, and the line below them.
LINE, NEXT_LINE = 116, 131
HOUR, DAY = 3600, 86_400
# A closed time is drawn this wide: a break within the day, a night, more than a night; together at most a share.
BREAK, NIGHT, CLOSED, MOST_CLOSED = 8, 44, 72, 0.35
# What would press the rest into a line is drawn shorter than it was.
MOST_PAUSED, MOST_LEFT = 0.6, 0.9

Look = Literal["run", "over", "pause", "out", "left"]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of the bar; `words` stand in it where they fit, `title` is told to who points at it."""

    x: float
    width: float
    look: Look
    words: str
    title: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    text: str
    anchor: Anchor = "start"
    y: int = LINE

    @property
    def start(self) -> float:
        return self.x - len(self.text) * LETTER * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]

    @property
    def end(self) -> float:
        return self.start + len(self.text) * LETTER


@dataclass(frozen=True, slots=True)
class Lifeline:
    """`hours` are the service hours above the bar as (x, width); `below` are words for `now_x` and `due_x`, in one line
    or, where they would touch, in two."""

    boxes: tuple[Box, ...]
    hours: tuple[tuple[float, float], ...]
    days: tuple[Label, ...]
    edges: tuple[Label, ...]
    ticks: tuple[Label, ...]
    below: tuple[Label, ...]
    now_x: float | None
    due_x: float | None
    summary: str
    is_shortened: bool

    @property
    def height(self) -> int:
        return max((label.y for label in self.below), default=LINE) + 4


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: int
    end: int
    look: Look
    waits: str | None = None


def lifeline(life: Explanation[Any], *, calendar: Hours, zone: tzinfo, summary: str) -> Lifeline:
    """The bar of one clock. `zone` is that of the words."""
    due_at = life.due_at if life.due_at is not None else life.due_if_resumed
    stretches = [*_joined(_lived(life)), *_ahead(life, due_at, calendar)]
    axis = _Axis(stretches)
    boxes = tuple(_box(stretch, axis, zone) for stretch in stretches)
    until = stretches[-1].end if stretches else life.ends_at
    hours = list(_by_days(calendar.open_intervals(life.state.started_at, until), zone))
    is_stopped = life.state.stopped_at is not None
    now_x, due_x = axis.at(life.ends_at), None if due_at is None or not stretches else axis.at(due_at)
    return Lifeline(
        boxes=boxes,
        hours=tuple((axis.at(start), max(round(axis.at(end) - axis.at(start), 1), 1)) for start, end in hours),
        days=tuple(_days(hours, axis, zone)),
        edges=tuple(_edges(hours, axis, zone, begins=life.state.started_at)),
        ticks=tuple(_ticks(life, stretches, axis, zone)),
        below=tuple(_below(life, now_x, due_x, due_at, is_stopped=is_stopped, zone=zone)),
        now_x=None if is_stopped else now_x,
        due_x=due_x,
        summary=summary,
        is_shortened=axis.is_shortened,
    )


class _Axis:
    """Where an instant stands: what counts to scale, what is closed narrow."""

    def __init__(self, stretches: Sequence[_Stretch]) -> None:
        seconds = {look: sum(s.end - s.start for s in stretches if s.look == look) for look in ("pause", "left")}
        counted = sum(s.end - s.start for s in stretches if s.look in {"run", "over"})
        gaps = [_gap(s) for s in stretches if s.look == "out"]
        room = float(WIDTH - 2 * EDGE)
        narrow = min(1.0, MOST_CLOSED * room / sum(gaps)) if gaps else 1.0
        room -= narrow * sum(gaps)
        paused = _share(seconds["pause"], counted + seconds["left"], most=MOST_PAUSED) * room
        left = _share(seconds["left"], counted, most=MOST_LEFT) * (room - paused)
        per_second = {
            "run": (room - paused - left) / counted if counted else 0.0,
            "pause": paused / seconds["pause"] if seconds["pause"] else 0.0,
            "left": left / seconds["left"] if seconds["left"] else 0.0,
        }
        per_second["over"] = per_second["run"]
        widths = [_gap(s) * narrow if s.look == "out" else (s.end - s.start) * per_second[s.look] for s in stretches]
        self._starts = [s.start for s in stretches]
        self._stretches = stretches
        self._widths = widths
        self._begins = list(accumulate(widths, initial=float(EDGE)))
        scales = {round(per_second[look], 9) for look in ("run", "pause", "left") if per_second[look]}
        self.is_shortened = len(scales) > 1

    def at(self, moment: int) -> float:
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return float(EDGE)
        stretch = self._stretches[place]
        share = (min(moment, stretch.end) - stretch.start) / (stretch.end - stretch.start)
        return round(self._begins[place] + share * self._widths[place], 1)


def _share(part: float, others: float, *, most: float) -> float:
    if not part:
        return 0.0
    return min(part / (part + others), most) if others else 1.0


def _gap(stretch: _Stretch) -> float:
    length = stretch.end - stretch.start
    return BREAK if length < 4 * HOUR else NIGHT if length < 20 * HOUR else CLOSED


def _lived(life: Explanation[Any]) -> Iterator[_Stretch]:
    """The pieces so far; what was counted past the target apart."""
    for piece in life.pieces:
        over_s = min(piece.total_s - life.target_s, piece.counted_s)
        if piece.kind is PieceKind.COUNTED and over_s > 0:
            if over_s < piece.counted_s:
                yield _Stretch(piece.start, piece.end - over_s, "run")
            yield _Stretch(piece.end - over_s, piece.end, "over")
        else:
            look = _look(piece)
            yield _Stretch(piece.start, piece.end, look, piece.waits if look == "pause" else None)


def _joined(stretches: Iterable[_Stretch]) -> Iterator[_Stretch]:
    """A night or a pause is one box, whoever had it meanwhile; what counted is parted by who had it."""
    last: _Stretch | None = None
    for stretch in stretches:
        if (
            last is not None
            and last.look in {"out", "pause"}
            and (last.look, last.waits) == (stretch.look, stretch.waits)
        ):
            last = replace(last, end=stretch.end)
            continue
        if last is not None:
            yield last
        last = stretch
    if last is not None:
        yield last


def _look(piece: Piece[Any]) -> Look:
    if piece.kind is PieceKind.COUNTED:
        return "run"
    return "pause" if piece.kind is PieceKind.PAUSED else "out"


def _ahead(life: Explanation[Any], due_at: int | None, calendar: Hours) -> Iterator[_Stretch]:
    """What is left until the deadline, or was left when the clock stopped."""
    if due_at is None or due_at <= life.ends_at:
        return
    at = life.ends_at
    for opens, closes in calendar.open_intervals(life.ends_at, due_at):
        if at < opens:
            yield _Stretch(at, opens, "out")
        yield _Stretch(opens, closes, "left")
        at = closes
    if at < due_at:
        yield _Stretch(at, due_at, "out")


def _box(stretch: _Stretch, axis: _Axis, zone: tzinfo) -> Box:
    x = axis.at(stretch.start)
    width = max(round(axis.at(stretch.end - 1) - x, 1), 1.0)
    room = (width - 12) / LETTER
    choices = [words for words in _words(stretch, zone) if len(words) <= room]
    title = _("%(from)s to %(to)s: %(what)s") % {
        "from": moment(stretch.start, zone, seconds=True),
        "to": moment(stretch.end, zone, seconds=True),
        "what": _title(stretch),
    }
    return Box(x, width, stretch.look, choices[0] if choices else "", title)


def _title(stretch: _Stretch) -> str:
    length = countdown(stretch.end - stretch.start)
    return {
        "run": _("counted %(time)s"),
        "over": _("counted %(time)s, past the target"),
        "pause": _("paused %(time)s"),
        "left": _("%(time)s left"),
        "out": _("outside service hours"),
    }[stretch.look] % {"time": length}


def _words(stretch: _Stretch, zone: tzinfo) -> list[str]:
    """What could stand in the box, the longest first."""
    if stretch.look == "pause":
        return [waiting_for(stretch.waits or ""), _("Paused")]
    if stretch.look != "out":
        return []
    begin, end = (instant(at).astimezone(zone) for at in (stretch.start, stretch.end))
    if stretch.end - stretch.start < 20 * HOUR:
        return [_("Night")] if begin.date() != end.date() else []
    days = {(begin + timedelta(days=number)).weekday() for number in range((end - begin).days + 1)}
    return [_("Weekend")] if days & {5, 6} else [pgettext("of a department", "Closed")]


def waiting_for(reason: str) -> str:
    """Why a clock stood: what was waited for; without a reason it had been stopped and went on later."""
    return str(HoldReason(reason).label) if reason else _("Resolved for a while")


def _by_days(intervals: Iterable[tuple[int, int]], zone: tzinfo) -> Iterator[tuple[int, int]]:
    """Service hours parted at midnight."""
    for opens, closes in intervals:
        at = opens
        while at < closes:
            local = instant(at).astimezone(zone)
            midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), tzinfo=zone)
            until = min(closes, max(int(midnight.timestamp()), at + 1))
            yield at, until
            at = until


def _days(hours: Sequence[tuple[int, int]], axis: _Axis, zone: tzinfo) -> Iterator[Label]:
    """The date over the first hours of each day, where there is room."""
    last, free_from = None, 0.0
    for start, _end in hours:
        day = instant(start).astimezone(zone).date()
        if day == last:
            continue
        last = day
        label = Label(axis.at(start), formats.date_format(day, _("D j M")))
        if label.x >= free_from and label.end <= WIDTH:
            yield label
            free_from = label.end + 2 * LETTER


def _edges(hours: Sequence[tuple[int, int]], axis: _Axis, zone: tzinfo, *, begins: int) -> Iterator[Label]:
    """Opening and closing times, where the hours are drawn wide enough to tell them.

    Midnight in between is neither, nor is the beginning of the drawing.
    """
    opens, closes = {start for start, _end in hours} - {begins}, {end for _start, end in hours[:-1]}
    for start, end in hours:
        if axis.at(end - 1) - axis.at(start) < 90:
            continue
        if start in opens - closes:
            yield Label(axis.at(start), _clock(start, zone))
        if end in closes - opens:
            yield Label(axis.at(end - 1), _clock(end, zone), "end")


def _ticks(life: Explanation[Any], stretches: Sequence[_Stretch], axis: _Axis, zone: tzinfo) -> Iterator[Label]:
    """When it was opened, and when pauses begin and end, where there is room."""
    start = life.state.started_at
    first = Label(axis.at(start), _("Began %(time)s") % {"time": _clock(start, zone)})
    yield first
    free_from = first.end + LETTER
    room_until = axis.at(life.ends_at) - 3 * LETTER
    for at in sorted({edge for s in stretches if s.look == "pause" for edge in (s.start, s.end)}):
        label = Label(axis.at(at), _clock(at, zone), "middle")
        if free_from <= label.start and label.end <= room_until:
            yield label
            free_from = label.end + LETTER


def _below(
    life: Explanation[Any], now_x: float, due_x: float | None, due_at: int | None, *, is_stopped: bool, zone: tzinfo
) -> Iterator[Label]:
    """Now (or the stop) and the deadline, each on the side away from the other where the drawing has room."""
    end = _("Stopped %(time)s") if is_stopped else _("Now %(time)s")
    ends = end % {"time": moment(life.ends_at, zone, seconds=is_stopped)}
    if due_x is None or due_at is None:
        yield _beside(now_x, ends, left=True)
        return
    words = _("Deadline %(time)s") if life.due_at is not None else _("Deadline, if it goes on now: %(time)s")
    due_first = due_x < now_x
    now = _beside(now_x, ends, left=not due_first)
    due = _beside(due_x, words % {"time": moment(due_at, zone, seconds=True)}, left=due_first)
    touch = now.start < due.end + LETTER and due.start < now.end + LETTER
    yield replace(now, y=NEXT_LINE) if touch else now
    yield due


def _beside(x: float, text: str, *, left: bool) -> Label:
    """On the wanted side of a line, or on the other where the drawing ends."""
    before, after = Label(x - 5, text, "end"), Label(x + 5, text)
    if left:
        return before if before.start >= 0 else after
    return after if after.end <= WIDTH else before


def moment(at: int, zone: tzinfo, *, seconds: bool = False) -> str:
    """An instant with its day; seconds only where there are any."""
    local = instant(at).astimezone(zone)
    return formats.date_format(local, _("D j M H:i:s") if seconds and local.second else _("D j M H:i"))


def _clock(at: int, zone: tzinfo) -> str:
    return formats.date_format(instant(at).astimezone(zone), "H:i")
