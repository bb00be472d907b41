"""Times as files write them, to whole epoch seconds. Raises ValueError, whose text says what is wrong."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})", re.ASCII)
_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
FIRST_YEAR = 1971  # business time is known from 1970 on


@lru_cache(maxsize=65_536)
def day_first(text: str, zone: ZoneInfo) -> int:
    """`29/2/2016 01:16`, local time of the zone.

    A time that the clocks show twice is the first; one that they skip counts by the offset before the change.
    """
    found = _DAY_FIRST.fullmatch(text)
    if found is None:
        raise ValueError(_("“%(text)s” is not a time of the form day/month/year hour:minute") % {"text": text[:40]})
    day, month, year, hour, minute = map(int, found.groups())
    try:
        at = datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError:
        raise ValueError(_("“%(text)s” is no date and time that exists") % {"text": text}) from None
    return _seconds(at, text)


def rfc_3339(text: str) -> int:
    """`2026-03-02T09:00:00+01:00`; fractions of a second are cut off."""
    found = _RFC_3339.fullmatch(text)
    if found is None:
        raise ValueError(_("“%(text)s” is not a time like 2026-03-02T09:00:00+01:00") % {"text": text[:40]})
    if found[3] is None:
        raise ValueError(_("“%(text)s” has no offset from UTC (add Z or +01:00)") % {"text": text})
    try:
        at = datetime.fromisoformat(f"{found[1]}T{found[2].split('.')[0]}{found[3].upper()}")
    except ValueError:
        raise ValueError(_("“%(text)s” is no date and time that exists") % {"text": text}) from None
    return _seconds(at, text)


def _seconds(at: datetime, text: str) -> int:
    if at.year < FIRST_YEAR:
        raise ValueError(_("“%(text)s” lies too far in the past") % {"text": text})
    return int(at.timestamp())  # by subtraction: the last day of the year 9999 has no UTC everywhere
