"""The roster of some days: who is on duty when, and when nobody is. One read, then plain intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from accounts.models import User
from departments.models import Absence, Department, DutyShift
from departments.queries.duty import LONGEST_SHIFT, Stead
from departments.queries.hours import calendars_in_force
from sla.businesstime import BusinessCalendar


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody's duty: the shift, and who does it (None: away without a stand-in)."""

    shift: DutyShift
    person: User | None

    @property
    def is_stand_in(self) -> bool:
        return self.person is not None and self.person != self.shift.user


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which nothing changes. `is_gap`: nobody can be reached, and nobody is at work either."""

    starts_at: datetime
    ends_at: datetime
    duties: tuple[Duty, ...] = ()
    is_gap: bool = False

    @property
    def people(self) -> tuple[User, ...]:
        return tuple(dict.fromkeys(duty.person for duty in self.duties if duty.person is not None))


@dataclass(frozen=True, slots=True)
class Line:
    """A department's roster, or (None) the provider's, without a break from the beginning to the end."""

    department: Department | None
    stretches: tuple[Stretch, ...]

    @property
    def has_shifts(self) -> bool:
        return any(stretch.duties for stretch in self.stretches)

    @property
    def gaps(self) -> tuple[Stretch, ...]:
        return tuple(stretch for stretch in self.stretches if stretch.is_gap)


@dataclass(frozen=True, slots=True)
class Roster:
    begin: datetime
    end: datetime
    provider: Line
    departments: tuple[Line, ...]

    @property
    def is_empty(self) -> bool:
        return not self.provider.has_shifts and not any(line.has_shifts for line in self.departments)


def roster(departments: Sequence[Department], *, begin: datetime, end: datetime) -> Roster:
    """The lines of these departments (loaded with their calendar) and the provider's; three queries.

    A department has a gap while neither it nor the provider has anybody on duty, outside its working hours; one that
    works around the clock, or says no hours, needs somebody at all times.
    """
    shifts = list(
        DutyShift.objects.filter(starts_at__gt=begin - LONGEST_SHIFT, starts_at__lt=end, ends_at__gt=begin)
        .select_related("user", "department")
        .order_by("starts_at", "pk")
    )
    absences = list(Absence.objects.filter(starts_at__lt=end, ends_at__gt=begin).select_related("stand_in"))
    slugs = {department.calendar.slug for department in departments if department.calendar}
    calendars = calendars_in_force(slugs, at=begin)
    own: dict[int | None, list[DutyShift]] = {}
    for shift in shifts:
        own.setdefault(shift.department_id, []).append(shift)
    everywhere = own.get(None, [])
    lines = []
    for department in departments:
        hours = calendars.get(department.calendar.slug) if department.calendar else None
        own_shifts = own.get(department.pk, [])
        open_spans = _open_spans(hours, begin, end)
        lines.append(Line(department, _stretches(own_shifts, everywhere, absences, open_spans, begin=begin, end=end)))
    provider = Line(None, _stretches(everywhere, everywhere, absences, [(begin, end)], begin=begin, end=end))
    return Roster(begin, end, provider, tuple(lines))


Span = tuple[datetime, datetime]


def _open_spans(calendar: BusinessCalendar | None, begin: datetime, end: datetime) -> list[Span]:
    """When people are at work and need no duty."""
    if calendar is None:
        return []
    whole = int(begin.timestamp()), int(end.timestamp())
    spans = calendar.open_intervals(*whole)
    if spans == [whole]:
        return []
    return [(datetime.fromtimestamp(opens, UTC), datetime.fromtimestamp(closes, UTC)) for opens, closes in spans]


def _stretches(
    own: Sequence[DutyShift],
    everywhere: Sequence[DutyShift],
    absences: Sequence[Absence],
    open_spans: Sequence[Span],
    *,
    begin: datetime,
    end: datetime,
) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for starts_at, ends_at in pairwise(_edges([own, everywhere, absences], open_spans, begin=begin, end=end)):
        stead = Stead(absence for absence in absences if absence.covers(starts_at))
        duties = _duties(own, stead, starts_at)
        reached = any(duty.person for duty in (*duties, *_duties(everywhere, stead, starts_at)))
        at_work = any(opens <= starts_at < closes for opens, closes in open_spans)
        stretch = Stretch(starts_at, ends_at, duties, is_gap=not reached and not at_work)
        last = found[-1] if found else None
        if last is not None and (last.duties, last.is_gap) == (stretch.duties, stretch.is_gap):
            found[-1] = Stretch(last.starts_at, ends_at, duties, is_gap=stretch.is_gap)
        else:
            found.append(stretch)
    return tuple(found)


def _edges(
    rows: Iterable[Sequence[DutyShift | Absence]], spans: Iterable[Span], *, begin: datetime, end: datetime
) -> list[datetime]:
    instants = {begin, end}
    for some in rows:
        instants.update(instant for row in some for instant in (row.starts_at, row.ends_at))
    instants.update(instant for span in spans for instant in span)
    return sorted(instant for instant in instants if begin <= instant <= end)


def _duties(shifts: Iterable[DutyShift], stead: Stead, at: datetime) -> tuple[Duty, ...]:
    return tuple(Duty(shift, stead.of(shift.user)) for shift in shifts if shift.starts_at <= at < shift.ends_at)
