"""RFC 3339 and nothing else, since an instant that two readers read differently is worse than none."""

import re
from datetime import UTC, date, datetime

from django.utils.translation import gettext as _

# What is measured lies within these; a year outside is a slip, and would cost whoever expands calendars centuries.
FIRST_YEAR, LAST_YEAR = 1970, 2199
_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?P<time>[0-9]{2}:[0-9]{2}:(?P<second>[0-9]{2}))(?:\.[0-9]{1,9})?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


class Malformed(ValueError):
    """The text is no instant or day; the message is for the person who sent it."""


def parse_instant(text: str) -> datetime:
    """The instant in UTC, cut to whole seconds. Raises Malformed."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise Malformed(_("Give an instant as RFC 3339, for example 2026-03-02T09:30:00+01:00."))
    if match["zone"] is None:
        raise Malformed(_("Say in which zone: end with Z or an offset such as +01:00. A zone's name is no offset."))
    if match["second"] == "60":
        raise Malformed(_("Leap seconds cannot be stored; give second 59 or the next minute."))
    zone = "+00:00" if match["zone"] in "Zz" else match["zone"]
    try:
        instant = datetime.fromisoformat(f"{match['day']}T{match['time']}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(_("There is no such day, time or offset; hours go from 00 to 23.")) from None
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise Malformed(_("Instants lie between the years %(first)d and %(last)d.") % _YEARS)
    return instant


def parse_day(text: str) -> date:
    """A calendar day as `YYYY-MM-DD`. Raises Malformed."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed(_("Give a day as YYYY-MM-DD, for example 2026-12-25.")) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Malformed(_("Days lie between the years %(first)d and %(last)d.") % _YEARS)
    return day


def format_instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_YEARS = {"first": FIRST_YEAR, "last": LAST_YEAR}
