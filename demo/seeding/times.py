"""The story's relative times. Past events never come out in the future, whatever the weekday and hour of now."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_EXACT = re.compile(r"(?P<sign>[+-])(?P<n>\d+)(?P<unit>min|h)")
_DAY = re.compile(r"(?P<sign>[+-])(?P<n>\d+)(?P<unit>d|wd)(?: (?P<hour>\d\d):(?P<minute>\d\d))?")
SATURDAY = 5
# When everybody was employed, and everything agreed on.
LONG_AGO = timedelta(days=500)


def instant(text: str, *, now: datetime, zone: str) -> datetime:
    """`-95min`, `-6h`: exactly so long from now; `-3d 14:05`: calendar days, local time; `-3wd 14:05`: working days,
    strictly before or after today. Without a time of day: noon. Whole seconds."""
    now = now.replace(microsecond=0)
    if exact := _EXACT.fullmatch(text):
        span = timedelta(minutes=int(exact["n"])) if exact["unit"] == "min" else timedelta(hours=int(exact["n"]))
        return now + span if exact["sign"] == "+" else now - span
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError(f"not a relative time: {text!r}")
    step = 1 if found["sign"] == "+" else -1
    day = now.astimezone(ZoneInfo(zone)).date()
    left = int(found["n"])
    while left:
        day += timedelta(days=step)
        if found["unit"] == "d" or day.weekday() < SATURDAY:
            left -= 1
    clock = time(int(found["hour"] or 12), int(found["minute"] or 0))
    at = datetime.combine(day, clock, tzinfo=ZoneInfo(zone))
    return min(at, now) if step < 0 else at
