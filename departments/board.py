"""The roster as a table of days: what stands in each cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Person
from departments import words
from departments.models import Department
from departments.permissions import may_change_shift
from departments.queries.roster import Line, Roster

DAYS = 14


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody's part of a day; without a `name` nobody does it. `span` is empty for the whole day."""

    name: str
    span: str
    url: str = ""
    instead_of: str = ""
    note: str = ""
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    begin: datetime
    end: datetime
    is_today: bool

    @property
    def is_weekend(self) -> bool:
        return self.day.weekday() >= 5


@dataclass(frozen=True, slots=True)
class Row:
    department: Department | None
    cells: list[tuple[Day, list[Entry]]]


@dataclass(frozen=True, slots=True)
class Board:
    """`without` are the departments with nobody of their own in these days, and no gap of their own either."""

    days: list[Day]
    rows: list[Row]
    without: list[Department]


def days_from(first: date, *, today: date) -> list[Day]:
    """Whole days of the active zone; one of them may have 23 or 25 hours."""
    days = [first + timedelta(days=number) for number in range(DAYS + 1)]
    begins = [timezone.make_aware(datetime.combine(day, time.min)) for day in days]
    return [Day(day, begins[n], begins[n + 1], day == today) for n, day in enumerate(days[:-1])]


def board_of(found: Roster, days: list[Day], user: Person) -> Board:
    shown = [line for line in found.departments if line.has_shifts]
    without = [line.department for line in found.departments if not line.has_shifts and line.department is not None]
    return Board(days, [_row(line, days, user) for line in (found.provider, *shown)], without)


def _row(line: Line, days: Sequence[Day], user: Person) -> Row:
    return Row(line.department, [(day, list(_entries(line, day, user))) for day in days])


def _entries(line: Line, day: Day, user: Person) -> Iterator[Entry]:
    for stretch in line.stretches:
        if stretch.ends_at <= day.begin or day.end <= stretch.starts_at:
            continue
        span = words.span(stretch, begin=day.begin, end=day.end)
        for duty in stretch.duties:
            shift = duty.shift
            yield Entry(
                name=str(duty.person or ""),
                span=span,
                url=reverse("duty-shift", args=[shift.pk]) if may_change_shift(user, shift) else "",
                instead_of="" if duty.person == shift.user else str(shift.user),
                note=shift.note,
            )
        if stretch.is_gap:
            yield Entry(name="", span=span, is_gap=True)
