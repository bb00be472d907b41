"""A plain table of incidents: one row each, columns named as in the API (docs/import.md says what they mean)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from accounts.models import User
from incidents.importing.reading import Broken, Row, Unusable
from incidents.importing.tickets import (
    CLOCKS_MAY_DIFFER,
    VIA,
    Additions,
    Format,
    Refused,
    Rejected,
    Setting,
    Ticket,
    in_order,
)
from incidents.importing.times import rfc_3339
from incidents.models import EventKind, HoldReason, Incident, IncidentEvent, Status
from projects.models import Project
from sla.measure import epoch, instant
from sla.models import Priority

T = TypeVar("T")

SOURCE = "csv"
TIMES = ("opened_at", "responded_at", "resolved_at", "closed_at")
LONGEST = {"external_ref": 120, "title": 300, "category": 100, "service": 100, "source": 40}
YES_OR_NO = {"true": True, "false": False, "": False}
# What a status says must have happened, and what must not have happened yet.
NEEDS = {"in_progress": "responded_at", "on_hold": "responded_at", "resolved": "resolved_at", "closed": "closed_at"}
EXCLUDES = {
    "new": ("responded_at", "resolved_at", "closed_at"),
    "in_progress": ("resolved_at", "closed_at"),
    "on_hold": ("resolved_at", "closed_at"),
    "resolved": ("closed_at",),
    "closed": (),
}


@dataclass
class RowTicket(Ticket):
    """One row. What it does not have (no such column, or an empty cell among times and names) is not compared.

    `empty` names the times of an end that have a column, but no value: the row says that the incident is open.
    """

    words: dict[str, Any] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    priority: str = ""
    status: str = ""
    hold_reason: str = ""
    department_id: int | None = None
    assignee_id: int | None = None

    @property
    def columns(self) -> Mapping[str, Any]:
        return self.words

    @property
    def size(self) -> int:
        return 1 + len(self.times)

    def opening(self, setting: Setting) -> Additions:
        first = self._event(
            EventKind.OPENED,
            self.opened_at,
            setting,
            external_id="opened",
            status=Status.NEW.value,
            priority=self.priority,
            department_id=self.department_id or setting.first_line,
            assignee_changed=self.assignee_id is not None,
            assignee_id=self.assignee_id,
        )
        events = [first, *self._states(self.times, setting)]
        return Additions(events=events, fresh=events)

    def additions(self, incident: Incident, known: Sequence[IncidentEvent], setting: Setting) -> Additions:
        try:
            added = self._times_to_add(incident, known)
        except Refused as error:
            return Additions(rejected=self.refused(str(error)))
        fresh = _numbered(self._states(added, setting), known) + self._changes(incident, setting)
        columns = {name: value for name, value in self.words.items() if getattr(incident, name) != value}
        if columns:
            shown = {name: [str(getattr(incident, name)), str(value)] for name, value in columns.items()}
            fresh.append(self._event(EventKind.EDITED, epoch(setting.now), setting, changes=shown))
        return Additions(events=in_order([*known, *fresh]), fresh=fresh, columns=columns)

    def _times_to_add(self, incident: Incident, known: Sequence[IncidentEvent]) -> dict[str, int]:
        """Times that the incident does not have yet; one that it has cannot become another."""
        added = {}
        for name, at in {"opened_at": self.opened_at, **self.times}.items():
            stored: datetime | None = getattr(incident, name)
            if stored is None:
                # Told before, and undone since by whoever reopened it: nothing new.
                if not any(_is_told_by(event, name) and _is_same(event.at, at) for event in known):
                    added[name] = at
            elif not _is_same(stored, at):
                values = {"name": name, "at": stored.isoformat()}
                raise Refused(_("%(name)s contradicts what is known: %(at)s") % values)
        for name in self.empty:
            if getattr(incident, name) is not None and not (name == "resolved_at" and "closed_at" in self.times):
                raise Refused(
                    _("the incident has a %(name)s, this row has none: reopen it in TamHub or by the API")
                    % {"name": name}
                )
        last = incident.resolved_at or incident.responded_at
        if last is not None and any(at < epoch(last) for at in added.values()):
            raise Refused(_("tells of a time before the last change: %(at)s") % {"at": last.isoformat()})
        return added

    def _states(self, times: dict[str, int], setting: Setting) -> list[IncidentEvent]:
        """What happened at these times, in their order."""
        events = []
        if "responded_at" in times:
            holds = self.status == Status.ON_HOLD
            events.append(
                self._event(
                    EventKind.HELD if holds else EventKind.ACKNOWLEDGED,
                    times["responded_at"],
                    setting,
                    external_id="responded",
                    status=Status.ON_HOLD.value if holds else Status.IN_PROGRESS.value,
                    hold_reason=self.hold_reason,
                )
            )
        for name, kind, status in (
            ("resolved_at", EventKind.RESOLVED, Status.RESOLVED),
            ("closed_at", EventKind.CLOSED, Status.CLOSED),
        ):
            if name in times:
                key = name.removesuffix("_at")
                events.append(self._event(kind, times[name], setting, external_id=key, status=status.value))
        return events

    def _changes(self, incident: Incident, setting: Setting) -> list[IncidentEvent]:
        """What the row says differently of an incident that is known; nobody says since when, so since now."""
        now = epoch(setting.now)
        events = []
        if self.priority != incident.priority:
            changes = {"priority": [incident.priority, self.priority]}
            events.append(
                self._event(EventKind.PRIORITY_CHANGED, now, setting, priority=self.priority, changes=changes)
            )
        department_id = self.department_id if self.department_id != incident.department_id else None
        takes = self.assignee_id is not None and self.assignee_id != incident.assignee_id
        if department_id is not None or takes:
            events.append(
                self._event(
                    EventKind.ASSIGNED,
                    now,
                    setting,
                    department_id=department_id,
                    assignee_changed=True,
                    assignee_id=self.assignee_id,
                )
            )
        was_open = incident.is_open and incident.status != Status.NEW
        if was_open and self.status == Status.ON_HOLD and self.hold_reason != incident.hold_reason:
            events.append(
                self._event(EventKind.HELD, now, setting, status=Status.ON_HOLD.value, hold_reason=self.hold_reason)
            )
        if incident.status == Status.ON_HOLD and self.status == Status.IN_PROGRESS:
            events.append(self._event(EventKind.RESUMED, now, setting, status=Status.IN_PROGRESS.value))
        return events

    def _event(self, kind: EventKind, at: int, setting: Setting, **sets: Any) -> IncidentEvent:
        return IncidentEvent(kind=kind.value, at=instant(at), recorded_at=setting.now, via=VIA, **sets)


def _is_told_by(event: IncidentEvent, name: str) -> bool:
    return event.via == VIA and event.external_id.partition("#")[0] == name.removesuffix("_at")


def _is_same(stored: datetime, said: int) -> bool:
    """What lay a little ahead of this machine's clock was stored as of then."""
    return 0 <= said - epoch(stored) <= CLOCKS_MAY_DIFFER.total_seconds()


def _numbered(events: list[IncidentEvent], known: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """What happens a second time (a resolution after a reopening) gets a name of its own: "resolved#2"."""
    for event in events:
        name = event.external_id
        times = sum(other.via == VIA and other.external_id.partition("#")[0] == name for other in known)
        event.external_id = f"{name}#{times + 1}" if times else name
    return events


class Table(Format):
    """Each row is a ticket."""

    needed = ("external_ref", "title", "priority", "opened_at")
    optional = (
        *("client", "project", "department", "assignee", "description", "category", "service", "is_major"),
        *("status", "hold_reason", "source", "responded_at", "resolved_at", "closed_at"),
    )

    def __init__(self) -> None:
        self._users: dict[str, int] = {}
        self._projects: dict[str, Project] = {}

    def check(self, header: Sequence[str]) -> None:
        unknown = [name for name in header if name not in (*self.needed, *self.optional)]
        missing = [name for name in self.needed if name not in header]
        if missing:
            raise Unusable(_("The header lacks these columns: %(names)s.") % {"names": ", ".join(missing)})
        if unknown:
            values = {
                "names": ", ".join(name[:40] for name in unknown[:10]),
                "known": ", ".join(self.needed + self.optional),
            }
            raise Unusable(_("The header has unknown columns: %(names)s. Known are %(known)s.") % values)

    def tickets(
        self, rows: Iterable[Row | Rejected], *, header: Sequence[str], setting: Setting
    ) -> Iterator[Ticket | Rejected]:
        self._users = dict(User.objects.filter(is_active=True).values_list("username", "pk"))
        self._projects = {p.slug: p for p in Project.objects.filter(client=setting.client).select_related("sla_policy")}
        first: dict[tuple[str, str], int] = {}
        try:
            for row in rows:
                if isinstance(row, Rejected):
                    yield row
                    continue
                cells = dict(zip(header, row.cells, strict=True))
                try:
                    ticket = self._ticket(cells, row.line, setting)
                    if (line := first.setdefault(ticket.key, row.line)) != row.line:
                        raise Refused(_("this external_ref stands in line %(line)s already") % {"line": line})
                except (Refused, ValueError) as error:
                    yield Rejected(row.line, cells["external_ref"].strip()[:120], str(error))
                else:
                    yield ticket
        except Broken as broken:
            yield Rejected(broken.line, "", broken.reason)

    def _ticket(self, cells: dict[str, str], line: int, setting: Setting) -> RowTicket:
        values = {name: cell.strip() for name, cell in cells.items()}
        for name, most in LONGEST.items():
            if len(values.get(name, "")) > most:
                raise Refused(_("%(name)s is longer than %(most)s characters") % {"name": name, "most": most})
        for name in self.needed:
            if not any(character.isprintable() and not character.isspace() for character in values[name]):
                raise Refused(_("%(name)s is missing") % {"name": name})
        if values["priority"] not in Priority.values:
            raise Refused(_("the priority “%(value)s” is none of P1, P2, P3, P4") % {"value": values["priority"][:40]})
        if values.get("client", setting.client.slug) not in ("", setting.client.slug):
            raise Refused(_("the row is another client's"))
        times = _times(values, setting)
        status, hold_reason = _status(values, times)
        words: dict[str, Any] = {
            name: values[name] for name in ("title", "description", "category", "service") if name in values
        }
        if "is_major" in values:
            words["is_major"] = _one_of("is_major", values["is_major"].lower(), YES_OR_NO)
        if values.get("project"):
            words["project"] = _one_of("project", values["project"], self._projects)
        department, assignee = values.get("department"), values.get("assignee")
        return RowTicket(
            source=values.get("source") or SOURCE,
            reference=values["external_ref"],
            lines=[line],
            opened_at=times.pop("opened_at"),
            words=words,
            times=times,
            empty=tuple(name for name in ("resolved_at", "closed_at") if values.get(name) == ""),
            priority=values["priority"],
            status=status,
            hold_reason=hold_reason,
            department_id=_one_of("department", department, setting.departments) if department else None,
            assignee_id=_one_of("assignee", assignee, self._users) if assignee else None,
        )


def _one_of(name: str, value: str, known: Mapping[str, T]) -> T:
    try:
        return known[value]
    except KeyError:
        raise Refused(_("the %(name)s “%(value)s” is unknown") % {"name": name, "value": value[:60]}) from None


def _times(values: dict[str, str], setting: Setting) -> dict[str, int]:
    """The times that the row has, in their order."""
    times: dict[str, int] = {}
    last = ""
    for name in TIMES:
        if text := values.get(name):
            try:
                times[name] = setting.past(rfc_3339(text))
            except (Refused, ValueError) as error:
                raise Refused(f"{name}: {error}") from None
            if last and times[name] < times[last]:
                raise Refused(_("%(name)s lies before %(last)s") % {"name": name, "last": last})
            last = name
    return times


def _status(values: dict[str, str], times: dict[str, int]) -> tuple[str, str]:
    """Status and hold reason, if the row has them; they must go with its times."""
    status, reason = values.get("status", ""), values.get("hold_reason", "")
    if status and status not in Status.values:
        raise Refused(_("the status “%(value)s” is unknown") % {"value": status[:40]})
    if (status == Status.ON_HOLD) != bool(reason) or (reason and reason not in HoldReason.values):
        raise Refused(
            _("on_hold needs a hold_reason, one of %(known)s, no other status has one")
            % {"known": ", ".join(HoldReason.values)}
        )
    needed = NEEDS.get(status, "opened_at")
    if needed not in times:
        raise Refused(_("the status %(status)s needs %(name)s") % {"status": status, "name": needed})
    for name in EXCLUDES.get(status, ()):
        if name in times:
            raise Refused(_("the status %(status)s contradicts %(name)s") % {"status": status, "name": name})
    return status, reason
