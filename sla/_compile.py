"""From opening hours on a wall clock to open intervals in epoch seconds, years at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from ._calendar_spec import DAY_S, WEEKDAYS, CalendarSpec, wall_seconds
from ._openings import Instants, Openings

_EPOCH = date(1970, 1, 1)
_EPOCH_WEEKDAY = _EPOCH.weekday()
# Shorter than any period between two changes of a zone since 1970 (a week: Brazil in 2000), so none is stepped over.
_PROBE_S = 3 * DAY_S
# An interval reaches at most two days past the midnight its day begins with, a zone at most 26 hours from another.
_MARGIN_DAYS = 4


def year_begins(year: int) -> int:
    """The first second of a year in UTC."""
    return _day_number(date(year, 1, 1)) * DAY_S


def year_of(instant: int) -> int:
    return datetime.fromtimestamp(instant, UTC).year


def compile_years(spec: CalendarSpec, first: int, last: int) -> Openings:
    """The openings of the years `first` to `last` (in UTC), both included; what crosses their edge is cut there."""
    begin, end = year_begins(first), year_begins(last + 1)
    wall_opens, wall_closes = _wall_intervals(spec, begin // DAY_S - _MARGIN_DAYS, end // DAY_S + _MARGIN_DAYS)
    opens, closes = _to_instants(spec.timezone, first - 1, last + 1, np.stack([wall_opens, wall_closes]))
    opens, closes = np.clip(opens, begin, end), np.clip(closes, begin, end)
    real = closes > opens  # not in an hour that was skipped, not beyond the edge
    opens, closes = _united(opens[real], closes[real])
    return Openings(begin=begin, end=end, opens=opens, closes=closes)


def _wall_intervals(spec: CalendarSpec, first_day: int, last_day: int) -> tuple[Instants, Instants]:
    """Opening and closing of the intervals of at least those days, as if the wall clock were UTC."""
    days = np.arange(first_day, last_day, dtype=np.int64)
    weekdays = (days + _EPOCH_WEEKDAY) % 7
    special = np.array([_day_number(day) for day in {*spec.holidays, *spec.date_hours}], dtype=np.int64)
    ordinary = ~np.isin(days, special)
    opens, closes = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for number, weekday in enumerate(WEEKDAYS):
        midnights = days[ordinary & (weekdays == number)] * DAY_S
        for start, end in wall_seconds(spec.hours.get(weekday, ()), f"hours.{weekday}"):
            opens.append(midnights + start)
            closes.append(midnights + end)
    for day, intervals in spec.date_hours.items():
        read = np.array(wall_seconds(intervals, f"date_hours.{day}"), dtype=np.int64).reshape(-1, 2)
        opens.append(_day_number(day) * DAY_S + read[:, 0])
        closes.append(_day_number(day) * DAY_S + read[:, 1])
    return np.concatenate(opens), np.concatenate(closes)


def _to_instants(timezone: str, first: int, last: int, wall: Instants) -> Instants:
    """The first instant at which the local clock shows that time or a later one.

    So an edge inside a skipped hour is the moment of the change, an edge inside a repeated hour is its first
    occurrence, and edges never swap their order.
    """
    offset, _ = _zone_year(timezone, first)
    changes = [change for year in range(first, last + 1) for change in _zone_year(timezone, year)[1]]
    since = np.array([np.iinfo(np.int64).min, *(instant for instant, _ in changes)], dtype=np.int64)
    offsets = np.array([offset, *(offset for _, offset in changes)], dtype=np.int64)
    last_shown = np.maximum.accumulate(since[1:] + offsets[:-1])  # the wall clock just before each change
    period = np.searchsorted(last_shown, wall, side="right")
    instants: Instants = np.maximum(wall - offsets[period], since[period])
    return instants


@cache
def _zone_year(timezone: str, year: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The offset a year (UTC) begins with, and each change in it: (instant, offset from then on)."""
    zone = ZoneInfo(timezone)

    def offset_at(instant: int) -> int:
        return int(datetime.fromtimestamp(instant, zone).replace(tzinfo=UTC).timestamp()) - instant

    begin, end = year_begins(year), year_begins(year + 1)
    known = offset_at(begin)
    first, changes = known, []
    for low, high in pairwise([*range(begin, end, _PROBE_S), end]):
        if offset_at(high) == known:
            continue
        before, after = low, high
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if offset_at(middle) == known else (before, middle)
        known = offset_at(after)
        changes.append((after, known))
    return first, tuple(changes)


def _united(opens: Instants, closes: Instants) -> tuple[Instants, Instants]:
    """Overlapping and touching intervals as one: a date's own hours may meet a night shift of the day before."""
    if not len(opens):
        return opens, closes
    order = np.argsort(opens, kind="stable")
    opens, closes = opens[order], np.maximum.accumulate(closes[order])
    gap = opens[1:] > closes[:-1]
    return opens[np.concatenate(([True], gap))], closes[np.concatenate((gap, [True]))]


def _day_number(day: date) -> int:
    return (day - _EPOCH).days
