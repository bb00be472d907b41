"""Local hours of a person as instants: quiet hours and the hour of the digest. Plain values, no database.

An hour that clocks skip on a day comes that much later; one that they show twice counts the first time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def instant(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """When the clocks of the zone show this hour on this day, in UTC."""
    return datetime.combine(day, hour, tzinfo=zone).astimezone(UTC)


def quiet_end(now: datetime, *, start: time | None, end: time | None, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that `now` lies in, None outside of them. They may run over midnight: 22:00 to 07:00."""
    if start is None or end is None:
        return None
    today = now.astimezone(zone).date()
    for day in (today - DAY, today):
        begins = instant(day, start, zone)
        ends = instant(day if start < end else day + DAY, end, zone)
        if begins <= now < ends:
            return ends
    return None


def next_at(now: datetime, *, hour: time, zone: ZoneInfo) -> datetime:
    """The first instant after `now` at which the clocks of the zone show this hour."""
    today = now.astimezone(zone).date()
    return next(at for day in (today, today + DAY, today + 2 * DAY) if (at := instant(day, hour, zone)) > now)
