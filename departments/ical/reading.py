"""From the text of a calendar to the events in it, repeats expanded; what cannot be read is told event by event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import recurring_ical_events
from django.utils.translation import gettext as _
from icalendar import Calendar, Component

from kernel.errors import Invalid

MAX_BYTES = 1_000_000
MAX_EVENTS = 1000
MAX_OCCURRENCES = 2000
MAX_SERIES = 200
# By which days each kind of repeat may say when; a rule that never matches would be searched up to the year 9999.
FREQUENCIES = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY"},
    "YEARLY": set[str](),
}
EARLIEST = date(2015, 1, 1)

# An event as the library holds it: a mapping whose values may be any property there is, checked by `_unreadable`.
Node = Any


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence, in UTC. `recurrence` says which of a series, empty for a single event; `mails` are in lower case.

    A cancelled one without a time of its own stands for its whole series: `recurrence` is empty.
    """

    uid: str
    recurrence: str
    starts_at: datetime
    ends_at: datetime
    attendees: tuple[str, ...] = ()
    organizer: str = ""
    summary: str = ""
    description: str = ""
    is_cancelled: bool = False
    is_absence: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one event was left out; `event` names it as its author would."""

    event: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """`uids` are those that were read without a problem: what the calendar says of them is complete."""

    events: tuple[Event, ...]
    problems: tuple[Problem, ...]
    uids: frozenset[str]


def read_calendar(text: str, *, since: datetime, until: datetime, zone: tzinfo) -> Reading:
    """The events that touch `[since, until)`; times without a zone are meant in the calendar's own, else in `zone`.

    Raises Invalid, field `ics`, where it is no calendar or too much of one.
    """
    calendar = _parse(text)
    zone = _own_zone(calendar) or zone
    series: dict[str, list[Node]] = {}
    problems: list[Problem] = []
    for component in calendar.walk("VEVENT"):
        problem = _unreadable(component)
        if problem:
            problems.append(Problem(label_of(component), problem))
        else:
            series.setdefault(str(component["UID"]), []).append(component)
    # One that cannot be read may be any part of its series.
    broken = {str(c.get("UID", "")) for c in calendar.walk("VEVENT") if _unreadable(c)}
    events: list[Event] = []
    for uid, components in series.items():
        if uid in broken:
            continue
        try:
            events += _occurrences(uid, components, since=since, until=until, zone=zone)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError):  # what the library says of odd rules
            broken.add(uid)
            problems.append(Problem(label_of(components[0]), _("Its repeats cannot be understood.")))
        if len(events) > MAX_OCCURRENCES:
            raise Invalid(
                _("More than %(limit)d shifts in one file. Import a shorter time.") % {"limit": MAX_OCCURRENCES},
                field="ics",
            )
    return Reading(tuple(events), tuple(problems), frozenset(series.keys() - broken))


def label_of(component: Node) -> str:
    name = str(component.get("SUMMARY", "")) or str(component.get("UID", "")) or _("An event without a name")
    return name[:120]


def _parse(text: str) -> Node:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise Invalid(_("The file is larger than %(limit)d bytes.") % {"limit": MAX_BYTES}, field="ics")
    if len(re.findall(r"^BEGIN:", text, re.MULTILINE | re.IGNORECASE)) > 2 * MAX_EVENTS:
        raise Invalid(_("More than %(limit)d events in one file.") % {"limit": MAX_EVENTS}, field="ics")
    try:
        calendar = Calendar.from_ical(_without_own_zones(text))
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):
        calendar = None
    if not isinstance(calendar, Component) or calendar.name != "VCALENDAR":
        raise Invalid(_("This is no iCalendar file: it begins with BEGIN:VCALENDAR."), field="ics")
    events = calendar.walk("VEVENT")
    if len(events) > MAX_EVENTS:
        raise Invalid(_("More than %(limit)d events in one file.") % {"limit": MAX_EVENTS}, field="ics")
    if sum("RRULE" in event for event in events) > MAX_SERIES:
        raise Invalid(_("More than %(limit)d repeating events in one file.") % {"limit": MAX_SERIES}, field="ics")
    return calendar


def _without_own_zones(text: str) -> str:
    """Its zones would be remembered by the whole process under names that anybody chooses; known names need none. Read
    line by line, once: what never ends costs no more than what does."""
    kept, is_zone = [], False
    for line in text.split("\n"):
        word = line.strip().upper()
        is_zone = is_zone or word == "BEGIN:VTIMEZONE"
        if not is_zone:
            kept.append(line)
        is_zone = is_zone and word != "END:VTIMEZONE"
    return "\n".join(kept)


def _own_zone(calendar: Node) -> ZoneInfo | None:
    name = str(calendar.get("X-WR-TIMEZONE", ""))
    return ZoneInfo(name) if name in available_timezones() else None


def _unreadable(component: Node) -> str:
    """Why this event cannot be planned with; empty where it can."""
    if not str(component.get("UID", "")).strip() or len(str(component["UID"])) > 255:
        return _("It has no UID by which it could be known again.")
    if component.errors:
        name, _why = component.errors[0]
        return _("Its %(property)s cannot be read.") % {"property": name}
    start, end = component.get("DTSTART"), component.get("DTEND")
    if start is None:
        return _("It does not say when it begins.")
    if isinstance(start, list) or isinstance(end, list):
        return _("It begins or ends twice.")
    for stamp in (start, end):
        if stamp is not None and _zone_is_unknown(stamp):
            return _("Its time zone “%(zone)s” is unknown.") % {"zone": str(stamp.params["TZID"])[:60]}
    if _day(start.dt) < EARLIEST:
        return _("It begins before %(year)d.") % {"year": EARLIEST.year}
    if _reversed(component):
        return _("It ends before it begins.")
    return _unusual_rule(component)


def _zone_is_unknown(stamp: Any) -> bool:
    return "TZID" in stamp.params and isinstance(stamp.dt, datetime) and stamp.dt.tzinfo is None


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _reversed(component: Node) -> bool:
    start, end, length = component["DTSTART"].dt, component.get("DTEND"), component.get("DURATION")
    if end is None:
        return length is not None and length.dt.total_seconds() < 0
    return _comparable(end.dt) < _comparable(start)


def _comparable(value: date | datetime) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time.min, UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _unusual_rule(component: Node) -> str:
    if "EXRULE" in component or any(not _is_usual(rule) for rule in _rules(component)):
        return _("It repeats by a rule that is not supported.")
    return ""


def _rules(component: Node) -> list[Any]:
    rules = component.get("RRULE")
    return rules if isinstance(rules, list) else [rules] if rules else []


def _is_usual(rule: Any) -> bool:
    """Daily, weekly, monthly or yearly, by days that come in every such stretch: it finds its next time soon."""
    frequency, interval = str(rule.get("FREQ", [""])[0]).upper(), rule.get("INTERVAL", [1])[0]
    by = {str(part).upper() for part in rule} - {"FREQ", "INTERVAL", "WKST", "UNTIL", "COUNT"}
    if frequency not in FREQUENCIES or not by <= FREQUENCIES[frequency] or len(by) > 1 or interval < 1:
        return False
    if by and interval != 1 and frequency != "WEEKLY":
        return False
    weeks = [int(number) for day in rule.get("BYDAY", []) for number in re.findall(r"\d+", str(day))]
    return all(week <= 5 for week in weeks) and all(abs(int(day)) <= 31 for day in rule.get("BYMONTHDAY", []))


def _occurrences(
    uid: str, components: Iterable[Node], *, since: datetime, until: datetime, zone: tzinfo
) -> Iterator[Event]:
    components = list(components)
    repeats = any("RRULE" in one or "RDATE" in one or "RECURRENCE-ID" in one for one in components)
    alone = Calendar()
    for component in components:
        alone.add_component(component)
    for found in recurring_ical_events.of(alone).between(since, until):
        yield _event(uid, found, repeats=repeats, zone=zone)


def _event(uid: str, component: Node, *, repeats: bool, zone: tzinfo) -> Event:
    starts_at = _instant(component["DTSTART"].dt, zone)
    end = component.get("DTEND")
    which = component.get("RECURRENCE-ID")
    recurrence = f"{_instant(which.dt if which else component['DTSTART'].dt, zone):%Y%m%dT%H%M%SZ}" if repeats else ""
    return Event(
        uid=uid,
        recurrence=recurrence,
        starts_at=starts_at,
        ends_at=_instant(end.dt, zone) if end is not None else starts_at,
        attendees=tuple(_attendees(component)),
        organizer=_mail(component.get("ORGANIZER")),
        summary=str(component.get("SUMMARY", "")),
        description=str(component.get("DESCRIPTION", "")),
        is_cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
        is_absence=str(component.get("X-TAMHUB-KIND", "")).upper() == "ABSENCE",
    )


def _instant(value: date | datetime, zone: tzinfo) -> datetime:
    """A day means its midnight."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)


def _attendees(component: Node) -> Iterator[str]:
    """The people invited: no rooms, nobody who declined."""
    named = component.get("ATTENDEE", [])
    for attendee in named if isinstance(named, list) else [named]:
        params = getattr(attendee, "params", {})
        if str(params.get("CUTYPE", "INDIVIDUAL")).upper() in {"ROOM", "RESOURCE"}:
            continue
        if str(params.get("PARTSTAT", "")).upper() != "DECLINED" and _mail(attendee):
            yield _mail(attendee)


def _mail(address: Any) -> str:
    if isinstance(address, list):
        address = address[0]
    text = str(address or "").strip()
    return text[len("mailto:") :].casefold() if text.lower().startswith("mailto:") else ""
