"""From shifts and absences to a calendar that programs subscribe to: stable UIDs; what went is said to be cancelled.

The text depends on the entries alone, not on when it is written, so an unchanged roster gives an unchanged text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText

PRODUCT = "-//TamHub//Duty roster//EN"
READ_AGAIN = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event of a feed. `sequence` grows with every change, `changed_at` is when the last one was."""

    uid: UUID
    summary: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    changed_at: datetime
    person: str = ""
    mail: str = ""
    department: str = ""
    note: str = ""
    url: str = ""
    is_cancelled: bool = False
    is_absence: bool = False
    is_busy: bool = False


def write_calendar(entries: Iterable[Entry], *, name: str) -> bytes:
    """UTF-8 with CRLF, folded at 75 octets. Instants are in UTC: calendar programs show them in their own zone."""
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT30M")
    for entry in sorted(entries, key=lambda entry: (entry.starts_at, str(entry.uid))):
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("UID", str(entry.uid))
    event.add("DTSTAMP", entry.changed_at)
    event.add("LAST-MODIFIED", entry.changed_at)
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTART", entry.starts_at)
    event.add("DTEND", entry.ends_at)
    event.add("SUMMARY", entry.summary)
    event.add("STATUS", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    # Being on duty does not make a calendar's owner busy, being away does.
    event.add("TRANSP", "OPAQUE" if entry.is_busy else "TRANSPARENT")
    event.add("X-TAMHUB-KIND", "ABSENCE" if entry.is_absence else "DUTY")
    if entry.department:
        event.add("CATEGORIES", [entry.department])
    if entry.note:
        event.add("DESCRIPTION", entry.note)
    if entry.url:
        event.add("URL", entry.url)
    if entry.mail:
        attendee = vCalAddress(f"mailto:{entry.mail}")
        attendee.params["CN"] = vText(entry.person)
        attendee.params["PARTSTAT"] = vText("ACCEPTED")
        event.add("ATTENDEE", attendee)
    return event
