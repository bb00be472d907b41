"""A ServiceNow event log: one row per audited change of an incident (docs/import.md says how it is read)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from incidents.importing.reading import Broken, Row, Unusable
from incidents.importing.tickets import VIA, Additions, Format, Refused, Rejected, Setting, Ticket, in_order
from incidents.importing.times import day_first
from incidents.models import EventKind, HoldReason, Incident, IncidentEvent, Status
from kernel import bulk
from sla.measure import epoch, instant
from sla.models import Priority

Words = Callable[[Mapping[str, str]], dict[str, str]]

SOURCE = "servicenow"
UNKNOWN = "?"
STATES: dict[str, tuple[str, str]] = {
    "New": (Status.NEW.value, ""),
    "Active": (Status.IN_PROGRESS.value, ""),
    "Awaiting User Info": (Status.ON_HOLD.value, HoldReason.CLIENT.value),
    "Awaiting Evidence": (Status.ON_HOLD.value, HoldReason.CLIENT.value),
    "Awaiting Vendor": (Status.ON_HOLD.value, HoldReason.VENDOR.value),
    "Awaiting Problem": (Status.ON_HOLD.value, HoldReason.PROBLEM.value),
    "Resolved": (Status.RESOLVED.value, ""),
    "Closed": (Status.CLOSED.value, ""),
}
PRIORITIES = {str(number): priority.value for number, priority in enumerate(Priority, start=1)}
_PRIORITY = re.compile(r"([1-4])( - .*)?", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_LONGEST_REFERENCE = 120
_LONGEST_GROUP = 200
_LONGEST_TITLE = 300
_LONGEST_WORDS = 100
_event = bulk.maker(IncidentEvent, kind=EventKind.IMPORTED.value, via=VIA)


@dataclass(frozen=True, slots=True)
class Said:
    """One accepted row. `at` is as it was written, `group` empty when unknown."""

    line: int
    count: int
    at: int
    status: str
    hold_reason: str
    priority: str
    group: str

    @property
    def content(self) -> tuple[int, str, str, str, str]:
        return self.at, self.status, self.hold_reason, self.priority, self.group

    def fingerprint(self, number: str) -> int:
        return hash((number, self.count, self.content))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row's place in the log: (sys_mod_count, tie), its name among the events, and when it became known."""

    order: tuple[int, int]
    external_id: str
    said: Said
    recorded_at: datetime


@dataclass
class LogTicket(Ticket):
    """`latest` is the row with the highest sys_mod_count: title and description come from it.

    `told` holds the fingerprints of all rows that this run has read so far, also those of earlier tickets.
    """

    words: Words
    told: set[int]
    said: list[Said] = field(default_factory=list)
    latest: Mapping[str, str] = field(default_factory=dict)
    highest: int = -1

    @property
    def columns(self) -> Mapping[str, Any]:
        return self.words(self.latest)

    @property
    def size(self) -> int:
        return len(self.said)

    def opening(self, setting: Setting) -> Additions:
        events = self._as_events(_numbered(self.said, Counter(), recorded_at=setting.now), setting)
        return Additions(events=events, fresh=events)

    def additions(self, incident: Incident, known: Sequence[IncidentEvent], setting: Setting) -> Additions:
        if epoch(incident.opened_at) != self.opened_at:
            reason = _("opened_at contradicts what was imported before: %(at)s") % {
                "at": incident.opened_at.isoformat()
            }
            return Additions(rejected=self.refused(reason))
        log = [event for event in known if event.via == VIA and event.external_id]
        stored = _stored(log)
        new, rejected = self._compare(stored)
        if not new:
            return Additions(rejected=rejected)
        numbered = _numbered(new, Counter(entry.order[0] for entry in stored), recorded_at=setting.now)
        events = self._as_events(sorted([*stored, *numbered], key=attrgetter("order")), setting)
        if not stored or numbered[0].order > stored[-1].order:
            fresh = events[len(stored) :]
            return Additions(events=in_order([*known, *fresh]), fresh=fresh, rejected=rejected)
        # Something lies between what was imported before: the log's events are stored anew, in their right order.
        others = [event for event in known if not (event.via == VIA and event.external_id)]
        replaced = [event.pk for event in log]
        _keep_promises(log, events)
        return Additions(events=in_order([*others, *events]), fresh=events, replaced=replaced, rejected=rejected)

    def _compare(self, stored: Sequence[Entry]) -> tuple[list[Said], list[Rejected]]:
        """The rows that are not stored yet, and those whose sys_mod_count is taken by other content."""
        by_count: dict[int, list[Entry]] = defaultdict(list)
        for entry in stored:
            by_count[entry.order[0]].append(entry)
        confirmed: set[str] = set()
        left = []
        for said in self.said:
            same = (e for e in by_count[said.count] if e.said.content == said.content)
            match = next((e.external_id for e in same if e.external_id not in confirmed), None)
            if match is None:
                left.append(said)
            else:
                confirmed.add(match)
        new, rejected = [], []
        for said in left:
            # Rows of one sys_mod_count are a tie when the file tells all of them, else one of them is wrong.
            if all(
                e.external_id in confirmed or e.said.fingerprint(self.reference) in self.told
                for e in by_count[said.count]
            ):
                new.append(said)
            else:
                reason = _("sys_mod_count %(count)s contradicts what was imported before") % {"count": said.count}
                rejected.append(Rejected(said.line, self.reference, reason))
        return new, rejected

    def _as_events(self, log: Sequence[Entry], setting: Setting) -> list[IncidentEvent]:
        """Events in the order of the log; one that is earlier than the one before it counts as at that instant."""
        events = []
        last, group, now = self.opened_at, None, epoch(setting.now)
        for entry in log:
            said = entry.said
            at = max(min(said.at, now), last)
            changes: dict[str, object] = {}
            if at != said.at:
                changes["at"] = [instant(said.at).isoformat(), instant(at).isoformat()]
            moved = said.group != group
            if moved and (group or said.group):
                changes["group"] = [group or None, said.group or None]
            events.append(
                _event(
                    at=instant(at),
                    recorded_at=entry.recorded_at,
                    external_id=entry.external_id,
                    status=said.status,
                    hold_reason=said.hold_reason,
                    priority=said.priority,
                    department_id=setting.groups.get(said.group, setting.first_line) if moved else None,
                    changes=changes,
                )
            )
            last, group = at, said.group
        return events


def _keep_promises(stored: Sequence[IncidentEvent], anew: Sequence[IncidentEvent]) -> None:
    """What was promised when a row became known stays with it."""
    known = {event.external_id: event for event in stored}
    for event in anew:
        if (former := known.get(event.external_id)) is not None:
            event.policy_version_id = former.policy_version_id
            if event.department_id == former.department_id:
                event.ola_version_id = former.ola_version_id


def _numbered(rows: Sequence[Said], taken: Counter[int], *, recorded_at: datetime) -> list[Entry]:
    """By sys_mod_count, ties in the order of the file: "7", then "7#2"."""
    log = []
    for said in sorted(rows, key=attrgetter("count")):
        taken[said.count] += 1
        tie = taken[said.count]
        external_id = str(said.count) if tie == 1 else f"{said.count}#{tie}"
        log.append(Entry((said.count, tie), external_id, said, recorded_at))
    return log


def _stored(events: Sequence[IncidentEvent]) -> list[Entry]:
    """The stored events of the log, in its order, with what their rows said."""
    keyed = []
    for event in events:
        count, _sharp, tie = event.external_id.partition("#")
        keyed.append(((int(count), int(tie or 1)), event))
    keyed.sort(key=itemgetter(0))
    log = []
    group = ""
    for order, event in keyed:
        if "group" in event.changes:
            group = event.changes["group"][1] or ""
        at = datetime.fromisoformat(event.changes["at"][0]) if "at" in event.changes else event.at
        said = Said(0, order[0], epoch(at), event.status, event.hold_reason, event.priority, group)
        log.append(Entry(order, event.external_id, said, event.recorded_at))
    return log


class ServiceNow(Format):
    """Rows of one incident that stand together become one ticket; an incident met again later becomes a further one."""

    needed = ("number", "incident_state", "sys_mod_count", "sys_updated_at", "opened_at", "priority")
    optional = ("assignment_group", "category", "subcategory", "u_symptom", "cmdb_ci", "location", "contact_type")

    def __init__(self, zone: ZoneInfo, *, words: Words | None = None) -> None:
        """`words` makes title, description, category and service of a row's cells; by default `words_of`."""
        self.zone = zone
        self.words = words or words_of
        self._told: set[int] = set()

    def check(self, header: Sequence[str]) -> None:
        missing = [name for name in self.needed if name not in header]
        if missing:
            message = _("The header lacks these columns of a ServiceNow event log: %(names)s.")
            raise Unusable(message % {"names": ", ".join(missing)})

    def tickets(
        self, rows: Iterable[Row | Rejected], *, header: Sequence[str], setting: Setting
    ) -> Iterator[Ticket | Rejected]:
        names = [name for name in (*self.needed, *self.optional) if name in header]
        places = itemgetter(*map(header.index, names))
        ticket: LogTicket | None = None
        self._told = set()
        try:
            for row in rows:
                if isinstance(row, Rejected):
                    yield row
                    continue
                cells = dict(zip(names, map(str.strip, places(row.cells)), strict=True))
                number = cells["number"]
                if ticket is not None and number != ticket.reference:
                    yield ticket
                    ticket = None
                try:
                    ticket = self._take(cells, row.line, ticket, setting)
                except (Refused, ValueError) as error:
                    yield Rejected(row.line, number[:_LONGEST_REFERENCE], str(error))
        except Broken as broken:
            # Rows of the last incident may be missing: half of it would look like all of it.
            if ticket is not None:
                yield from ticket.refused(_("the file breaks off within this incident"))
            yield Rejected(broken.line, "", broken.reason)
            return
        if ticket is not None:
            yield ticket

    def _take(self, cells: dict[str, str], line: int, ticket: LogTicket | None, setting: Setting) -> LogTicket:
        """The ticket with this row added."""
        said = self._said(cells, line, setting)
        opened_at = setting.past(day_first(cells["opened_at"], self.zone))
        if ticket is None:
            ticket = LogTicket(SOURCE, _reference(cells["number"]), [], opened_at, self.words, self._told)
        elif ticket.opened_at != opened_at:
            raise Refused(_("opened_at differs from line %(line)s") % {"line": ticket.lines[0]})
        ticket.lines.append(line)
        ticket.said.append(said)
        self._told.add(said.fingerprint(ticket.reference))
        if said.count >= ticket.highest:
            ticket.highest, ticket.latest = said.count, cells
        return ticket

    def _said(self, cells: dict[str, str], line: int, setting: Setting) -> Said:
        state = STATES.get(cells["incident_state"])
        if state is None:
            raise Refused(_("the state “%(state)s” is unknown") % {"state": cells["incident_state"][:40]})
        priority = _PRIORITY.fullmatch(cells["priority"])
        if priority is None:
            raise Refused(_("the priority “%(priority)s” is unknown") % {"priority": cells["priority"][:40]})
        if not _COUNT.fullmatch(cells["sys_mod_count"]):
            raise Refused(_("sys_mod_count “%(count)s” is not a number") % {"count": cells["sys_mod_count"][:40]})
        at = day_first(cells["sys_updated_at"], self.zone)
        setting.past(at)
        group = cells.get("assignment_group", UNKNOWN)
        if len(group) > _LONGEST_GROUP:
            raise Refused(_("the name of the assignment_group is too long"))
        return Said(
            line, int(cells["sys_mod_count"]), at, *state, PRIORITIES[priority[1]], "" if group == UNKNOWN else group
        )


def _reference(number: str) -> str:
    if number in ("", UNKNOWN):
        raise Refused(_("the number is missing"))
    if len(number) > _LONGEST_REFERENCE:
        raise Refused(_("the number is longer than %(most)s characters") % {"most": _LONGEST_REFERENCE})
    return number


def words_of(cells: Mapping[str, str]) -> dict[str, str]:
    """Title, description, category and service, of what is known."""
    known = {name: value for name, value in cells.items() if value not in ("", UNKNOWN)}
    category = known.get("category", "")
    parts = [category, known.get("subcategory", "")]
    told = {
        "Symptom": known.get("u_symptom"),
        "Location": known.get("location"),
        "Reported by": known.get("contact_type"),
    }
    return {
        "title": " / ".join(filter(None, parts))[:_LONGEST_TITLE] or known["number"],
        "description": "\n".join(f"{name}: {value}" for name, value in told.items() if value),
        "category": category[:_LONGEST_WORDS],
        "service": known.get("cmdb_ci", "")[:_LONGEST_WORDS],
    }
