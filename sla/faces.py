"""Promises dressed for their pages: the line of a day, versions, the rows of a worked example, what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays as public_holidays
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sla._calendar_spec import DAY_S, WEEKDAYS, wall_seconds
from sla.measure import instant
from sla.models import CalendarVersion, PolicyVersion
from sla.spoken import write_hours
from sla.words import HAPPENS_WORDS, day, moment
from sla.worked_example import Example, Happens

_LOOK_AHEAD = timedelta(days=400)


# --- the line of a day -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class DayLine:
    """The open parts of a day as per cent of it, for an SVG."""

    parts: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, open_s: Iterable[tuple[int, int]]) -> DayLine:
        return cls(tuple((f"{begin / 864:.2f}%", f"{(end - begin) / 864:.2f}%") for begin, end in open_s))


def day_lines(hours: Mapping[str, Sequence[Sequence[str]]], *, always: bool) -> dict[str, DayLine]:
    """For each weekday; what runs into the next day is drawn there."""
    if always:
        return dict.fromkeys(WEEKDAYS, DayLine.of([(0, DAY_S)]))
    spans: dict[str, list[tuple[int, int]]] = {name: [] for name in WEEKDAYS}
    for name, following in pairwise((*WEEKDAYS, WEEKDAYS[0])):
        for begin, end in wall_seconds([(one[0], one[1]) for one in hours.get(name, ())], name):
            spans[name].append((begin, min(end, DAY_S)))
            if end > DAY_S:
                spans[following].append((0, end - DAY_S))
    return {name: DayLine.of(sorted(found)) for name, found in spans.items()}


# --- a calendar in words -----------------------------------------------------------------------------------------
def hours_in_words(version: CalendarVersion) -> str:
    """`Mon–Fri 08:00–18:00`, in short; days with equal hours are told together."""
    if version.always:
        return _("Around the clock")
    said = []
    for names, hours in _runs(version.hours):
        first, last = formats.date_format(_weekday(names[0]), "D"), formats.date_format(_weekday(names[-1]), "D")
        said.append(f"{first if len(names) == 1 else f'{first}–{last}'} {write_hours(hours)}")
    return ", ".join(said) or _("Single days only")


def _runs(hours: Mapping[str, Sequence[Sequence[str]]]) -> list[tuple[list[str], Sequence[Sequence[str]]]]:
    runs: list[tuple[list[str], Sequence[Sequence[str]]]] = []
    for name in WEEKDAYS:
        today = hours.get(name, [])
        if runs and runs[-1][1] == today:
            runs[-1][0].append(name)
        else:
            runs.append(([name], today))
    return [run for run in runs if run[1]]


def _weekday(name: str) -> date:
    return date(2026, 3, 2) + timedelta(days=WEEKDAYS.index(name))


def holidays_ahead(country: str, *, today: date) -> tuple[int, list[tuple[date, str]]]:
    """How many public holidays the next year has, and the next three by name."""
    found = sorted(public_holidays.country_holidays(country, years=[today.year, today.year + 1]).items())
    next_year = sum(1 for when, _name in found if when.year == today.year + 1)
    return next_year, [one for one in found if one[0] >= today][:3]


def clock_change(zone: ZoneInfo, at: datetime) -> tuple[datetime, bool] | None:
    """When the clocks of the zone change next, and whether they go forward; None: not within a year."""

    def offset(when: datetime) -> timedelta:
        return when.astimezone(zone).utcoffset() or timedelta()

    low = at.astimezone(UTC).replace(microsecond=0)
    end = low + _LOOK_AHEAD
    while low < end and offset(low) == offset(low + timedelta(days=1)):
        low += timedelta(days=1)
    if low >= end:
        return None
    high, before = low + timedelta(days=1), offset(low)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if offset(middle) == before else (low, middle)
    return high.astimezone(zone), offset(high) > before


# --- versions ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class VersionFace:
    """A version in the list: in force, to come, or past."""

    number: int
    state: str
    span: str
    subjects: int


def versions_of(
    versions: Iterable[PolicyVersion | CalendarVersion], *, now: datetime, used: Mapping[int, int]
) -> list[VersionFace]:
    """The newest first; `used` counts clocks by version id."""
    ordered = sorted(versions, key=lambda version: version.number)
    begun = [version for version in ordered if version.valid_from <= now] or ordered[:1]
    faces = []
    for version, following in zip(ordered, [*ordered[1:], None], strict=True):
        state = "past"
        if version is begun[-1]:
            state = "in_force"
        elif version.valid_from > now:
            state = "scheduled"
        if following is not None:
            words = _("%(first)s to %(last)s")
            span = words % {"first": day(version.valid_from), "last": day(following.valid_from - timedelta(seconds=1))}
        else:
            span = _("From %(first)s") % {"first": day(version.valid_from)}
        faces.append(VersionFace(version.number, state, span, used.get(version.pk, 0)))
    return faces[::-1]


# --- the worked example ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ExampleRow:
    at: str
    happens: str
    counted_s: int
    is_deadline: bool


@dataclass(frozen=True, slots=True)
class ExampleFace:
    """`due` in words of the calendar's zone; `before` is what the version in force would say, where it differs."""

    due: str
    response_due: str
    before: str
    rows: tuple[ExampleRow, ...]
    zone: str
    remark: str = ""


def example_face(example: Example, *, zone: ZoneInfo, in_force: Example | None = None, waits: str = "") -> ExampleFace:
    """`waits`: for what it was paused, in a word."""
    rows: list[ExampleRow] = []
    told: date | None = None
    for row in example.rows:
        local = instant(row.at).astimezone(zone)
        words = str(HAPPENS_WORDS.get(row.happens, ""))
        if row.happens is Happens.LEFT_OUT:
            words = ngettext("%(n)d change of hours", "%(n)d changes of hours", row.left_out) % {"n": row.left_out}
        if row.happens is Happens.PAUSED and waits:
            words = _("Paused, %(reason)s") % {"reason": waits}
        is_deadline = row.happens is Happens.DUE
        rows.append(ExampleRow(_at(local, told), words, row.counted_s, is_deadline))
        told = local.date()
    due = instant(example.due).astimezone(zone)
    before = None if in_force is None or in_force.due == example.due else instant(in_force.due).astimezone(zone)
    return ExampleFace(
        due=moment(due),
        response_due=""
        if example.response_due is None
        else _at(instant(example.response_due).astimezone(zone), due.date()),
        before="" if before is None else _at(before, due.date()),
        rows=tuple(rows),
        zone=zone.key,
    )


def _at(local: datetime, told: date | None) -> str:
    seconds = "" if not local.second else f":{local.second:02d}"
    return moment(local, with_day=local.date() != told) + seconds
