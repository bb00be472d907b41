"""A calendar's week in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.dates import WEEKDAYS

from sla.measure import epoch
from sla.models import Calendar
from sla.terms import business_calendar

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """`days` are (weekday, ["09:00–18:00", ...]) in the calendar's own `zone`; none: open around the clock."""

    name: str
    zone: str
    is_open: bool
    days: list[tuple[str, list[str]]]


def hours_of(calendar: Calendar | None, *, now: datetime) -> Hours | None:
    """The hours of the calendar's current version, which the caller has loaded with it."""
    if calendar is None or calendar.current is None:
        return None
    current = calendar.current
    days = (
        []
        if current.always
        else [
            (str(WEEKDAYS[number]), [f"{start}–{end}" for start, end in current.hours.get(day, [])])
            for number, day in enumerate(DAYS)
        ]
    )
    return Hours(calendar.name, current.timezone, business_calendar(current.pk).is_open(epoch(now)), days)
