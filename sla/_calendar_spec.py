"""What a business calendar says, as its owner writes it: checked once, here, so that compiling can never fail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

DayHours = Sequence[tuple[str, str]]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_S = 86_400
WEEK_S = 7 * DAY_S

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_KEYS = {"timezone", "hours", "holidays", "date_hours", "always"}
_KEYS_OF_THE_RESOURCE = {"slug", "name", "country"}


def gettext_noop(message: str) -> str:
    """Marks a message for the translators; it is translated where it is shown, this module knows no language."""
    return message


class CalendarError(ValueError):
    """A calendar that cannot be, or a question it cannot answer.

    `field` says where (`hours.mon[1]`, `timezone`, `holidays[3]`; `start`, `seconds` for a question),
    `message` and `params` are the translatable template and what goes into it, `str()` is both in English.
    """

    def __init__(self, field: str, message: str, **params: object) -> None:
        self.field = field
        self.message = message
        self.params = params
        super().__init__(f"{field}: {message % params}")


@dataclass(frozen=True)
class CalendarSpec:
    """Opening hours on the wall clock of one time zone. Raises CalendarError when they make no calendar.

    An interval whose end is not after its start runs into the next day and belongs, whole, to the day it starts on:
    a holiday closes what starts on it, not what ran into it. `date_hours` replaces the hours of one date and wins
    over `holidays`. With `always` the calendar is open around the clock, whatever else is said.
    """

    timezone: str = "UTC"
    hours: Mapping[str, DayHours] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    date_hours: Mapping[date, DayHours] = field(default_factory=dict)
    always: bool = False

    def __post_init__(self) -> None:
        if self.timezone not in _zones():
            raise CalendarError(
                "timezone", gettext_noop("The time zone “%(zone)s” is not known."), zone=str(self.timezone)
            )
        for weekday in self.hours:
            if weekday not in WEEKDAYS:
                raise CalendarError(
                    "hours",
                    gettext_noop("“%(weekday)s” is not a weekday; the days are %(weekdays)s."),
                    weekday=weekday,
                    weekdays=", ".join(WEEKDAYS),
                )
        _refuse_overlaps(
            [
                (start + number * DAY_S, end + number * DAY_S, f"hours.{weekday}[{index}]")
                for number, weekday in enumerate(WEEKDAYS)
                for index, (start, end) in enumerate(wall_seconds(self.hours.get(weekday, ()), f"hours.{weekday}"))
            ],
            period=WEEK_S,
        )
        for day, intervals in self.date_hours.items():
            where = f"date_hours.{day}"
            _refuse_overlaps(
                [(start, end, f"{where}[{i}]") for i, (start, end) in enumerate(wall_seconds(intervals, where))]
            )
        if not (self.always or any(self.hours.values()) or any(self.date_hours.values())):
            raise CalendarError("hours", gettext_noop("There are no open hours: nothing would ever be due."))

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> CalendarSpec:
        """Read the JSON shape of the API; `slug`, `name` and `country` are the resource's and pass unread."""
        if not isinstance(data, Mapping):
            raise CalendarError("calendar", gettext_noop("A calendar is an object."))
        for key in data:
            if key not in _KEYS | _KEYS_OF_THE_RESOURCE:
                raise CalendarError(str(key), gettext_noop("A calendar has no such field."))
        timezone, always = data.get("timezone", "UTC"), data.get("always", False)
        if not isinstance(timezone, str):
            raise CalendarError("timezone", gettext_noop("The name of a time zone is expected."))
        if not isinstance(always, bool):
            raise CalendarError("always", gettext_noop("True or false is expected."))
        return cls(
            timezone=timezone,
            hours={
                str(weekday): _intervals(intervals, f"hours.{weekday}")
                for weekday, intervals in _object(data.get("hours", {}), "hours").items()
            },
            holidays=frozenset(
                _date(day, f"holidays[{index}]")
                for index, day in enumerate(_list(data.get("holidays", []), "holidays"))
            ),
            date_hours={
                _date(day, f"date_hours.{day}"): _intervals(intervals, f"date_hours.{day}")
                for day, intervals in _object(data.get("date_hours", {}), "date_hours").items()
            },
            always=always,
        )


def wall_seconds(intervals: DayHours, where: str) -> list[tuple[int, int]]:
    """Intervals as seconds of the wall clock since the midnight their day begins with; the end is after the start."""
    read = []
    for index, (opens, closes) in enumerate(intervals):
        start = _wall_second(opens, f"{where}[{index}]", at_end=False)
        end = _wall_second(closes, f"{where}[{index}]", at_end=True)
        read.append((start, end if end > start else end + DAY_S))
    return read


def _wall_second(text: object, where: str, *, at_end: bool) -> int:
    if at_end and text == "24:00":
        return DAY_S
    if not (isinstance(text, str) and (match := _TIME.fullmatch(text))):
        raise CalendarError(
            where,
            gettext_noop("“%(text)s” is not a time of day: 00:00 to 23:59, or 24:00 as the end."),
            text=str(text),
        )
    return int(match[1]) * 3600 + int(match[2]) * 60


def _refuse_overlaps(placed: list[tuple[int, int, str]], *, period: int | None = None) -> None:
    """Touching is allowed. With a `period` the last interval is also compared with the first of the next round."""
    placed = sorted(placed)
    if period and placed:
        start, end, where = placed[0]
        placed.append((start + period, end + period, where))
    for (_, end, where), (start, _, next_where) in pairwise(placed):
        if start < end:
            raise CalendarError(next_where, gettext_noop("The interval overlaps %(other)s."), other=where)


def _object(value: object, where: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise CalendarError(where, gettext_noop("An object is expected."))
    return value


def _list(value: object, where: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise CalendarError(where, gettext_noop("A list is expected."))
    return value


def _intervals(value: object, where: str) -> tuple[tuple[str, str], ...]:
    intervals = []
    for index, interval in enumerate(_list(value, where)):
        if not isinstance(interval, list | tuple) or len(interval) != 2:
            raise CalendarError(f"{where}[{index}]", gettext_noop("An interval is a pair of times of day."))
        intervals.append((interval[0], interval[1]))
    return tuple(intervals)


def _date(value: object, where: str) -> date:
    try:
        day = date.fromisoformat(str(value))
        written_plainly = day.isoformat() == value
    except ValueError:
        written_plainly = False
    if not written_plainly:
        raise CalendarError(where, gettext_noop("“%(text)s” is not a date (YYYY-MM-DD)."), text=str(value))
    return day


@cache
def _zones() -> frozenset[str]:
    """The names of the IANA database, spelt exactly; what means something else on each machine is left out."""
    return frozenset(available_timezones() - {"localtime", "Factory"})
