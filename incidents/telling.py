"""The timeline of an incident in words: what happened, newest first, as the person who asks may read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from incidents.courses import Course
from incidents.models import EventKind, HoldReason, Incident, IncidentEvent, Status
from incidents.permissions import Person, sees_internal_side
from kernel.templatetags.ui import duration
from sla.models import Clock

# An event that was written down this much later than it happened says so.
LATE = timedelta(minutes=5)

# What an event looks like: its icon, and the tone of its dot ("" is grey).
LOOKS: Final[dict[str, tuple[str, str]]] = {
    EventKind.OPENED: ("siren", "red"),
    EventKind.ACKNOWLEDGED: ("circle-check", "green"),
    EventKind.HELD: ("circle-pause", ""),
    EventKind.RESUMED: ("play", "blue"),
    EventKind.RESOLVED: ("check", "green"),
    EventKind.REOPENED: ("undo-2", "amber"),
    EventKind.CLOSED: ("lock", ""),
    EventKind.PRIORITY_CHANGED: ("trending-up", "amber"),
    EventKind.ASSIGNED: ("user", "blue"),
    EventKind.EDITED: ("pencil", ""),
    EventKind.COMMENTED: ("message-square", ""),
    EventKind.POLICY_CHANGED: ("trending-up", "amber"),
    EventKind.RECALCULATED: ("trending-up", "amber"),
    EventKind.IMPORTED: ("arrow-right-left", ""),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the timeline. `text` is what somebody wrote; `mark` is "public", "internal" or nothing to tell."""

    key: str
    at: datetime
    icon: str
    tone: str
    title: str
    detail: str = ""
    text: str = ""
    mark: str = ""
    recorded_at: datetime | None = None


def lines_of(
    incident: Incident, events: Iterable[IncidentEvent], courses: Sequence[Course], *, user: Person
) -> list[Line]:
    """The events that the person may read, and the deadlines that passed between them; newest on top."""
    internal = sees_internal_side(user)
    told: list[Line] = []
    known: dict[str, object] = {}
    quiet = 0
    for event in events:
        news = _news(event, known)
        is_quiet = event.kind == EventKind.IMPORTED and not news and not event.text
        quiet = quiet + 1 if is_quiet else 0
        line = _told(event, incident, courses, news=news, user=user, internal=internal)
        if quiet > 1:
            told[-1] = replace(line, title=_quiet(quiet))
        else:
            told.append(replace(line, title=_quiet(1)) if is_quiet else line)
    passed = [_passed(course) for course in courses if course.view.breached_at is not None]
    order = {line.key: place for place, line in enumerate([*told, *passed])}
    return sorted([*told, *passed], key=lambda line: (line.at, order[line.key]), reverse=True)


def _news(event: IncidentEvent, known: dict[str, object]) -> list[str]:
    """What an event changed, in words, beside what was `known`; which it adds to."""
    said = []
    if event.status and known.get("state") != (event.status, event.hold_reason):
        known["state"] = event.status, event.hold_reason
        said.append(_state(event))
    if event.priority and known.get("priority") != event.priority:
        known["priority"] = event.priority
        said.append(_("priority %(priority)s") % {"priority": event.priority})
    if event.department is not None and known.get("department") != event.department_id:
        known["department"] = event.department_id
        said.append(_("with %(department)s") % {"department": event.department})
    return said


def _quiet(times: int) -> str:
    words = ngettext("%(n)d update, the state stayed", "%(n)d updates, the state stayed", times)
    return words % {"n": times}


def _passed(course: Course) -> Line:
    view = course.view
    assert view.breached_at is not None
    title = _("Response target missed") if view.kind == Clock.Kind.RESPONSE else _("Resolution target missed")
    used = _("%(target)s of service time used") % {"target": duration(view.target_s)}
    return Line(key=f"breach-{view.id}", at=view.breached_at, icon="zap", tone="red", title=title, detail=used)


def _told(
    event: IncidentEvent,
    incident: Incident,
    courses: Sequence[Course],
    *,
    news: Sequence[str],
    user: Person,
    internal: bool,
) -> Line:
    icon, tone = LOOKS[event.kind]
    title, detail = _words(event, incident, courses, news=news)
    who = _who(event, incident, user=user, internal=internal)
    late = event.kind != EventKind.IMPORTED and event.actor_id and event.recorded_at - event.at > LATE
    return Line(
        key=f"event-{event.pk}",
        at=event.at,
        icon=icon,
        tone=tone,
        title=title,
        detail=", ".join(filter(None, (who, detail))),
        text=event.text,
        mark=_mark(event) if internal else "",
        recorded_at=event.recorded_at if late and internal else None,
    )


def _mark(event: IncidentEvent) -> str:
    """Only what somebody wrote can be meant for one side."""
    if not event.text:
        return ""
    return "public" if event.is_public else "internal"


def _who(event: IncidentEvent, incident: Incident, *, user: Person, internal: bool) -> str:
    """The client's people know those who serve them by name, and the rest as the support team."""
    actor = event.actor
    if actor is None:
        return ""
    client = incident.client
    known = {client.tam_id, client.deputy_id, client.service_manager_id, user.pk}
    if internal or actor.pk in known:
        return f"{actor} ({event.via})" if internal and event.via else str(actor)
    return _("Support team")


def _words(
    event: IncidentEvent, incident: Incident, courses: Sequence[Course], *, news: Sequence[str]
) -> tuple[str, str]:
    match event.kind:
        case EventKind.OPENED:
            return _("Opened as %(priority)s") % {"priority": event.priority}, _source(incident)
        case EventKind.ACKNOWLEDGED:
            return _response(event, courses)
        case EventKind.HELD:
            return str(HoldReason(event.hold_reason).label), _("put on hold")
        case EventKind.PRIORITY_CHANGED:
            before, after = event.changes.get("priority", ["", event.priority])
            return _("Priority changed from %(before)s to %(after)s") % {"before": before, "after": after}, ""
        case EventKind.ASSIGNED:
            return _given(event), ""
        case EventKind.EDITED:
            return _("Edited"), "; ".join(_changed(event))
        case EventKind.COMMENTED:
            return _("Comment"), ""
        case EventKind.IMPORTED:
            return capfirst(", ".join(news)), _source(incident)
        case _:
            return str(EventKind(event.kind).label), ""


def title_of(event: IncidentEvent) -> str:
    """The event alone, without what its clocks said then."""
    title, _detail = _words(event, event.incident, (), news=())
    return title or str(EventKind(event.kind).label)


def _source(incident: Incident) -> str:
    return "" if incident.source == "tamhub" else _("from %(source)s") % {"source": incident.source}


def _response(event: IncidentEvent, courses: Sequence[Course]) -> tuple[str, str]:
    view = courses[0].view if courses else None
    if view is None or view.kind != Clock.Kind.RESPONSE or view.stopped_at != event.at:
        return pgettext("of an incident", "Acknowledged"), ""
    used = {"elapsed": duration(view.elapsed_s), "target": duration(view.target_s)}
    return _("Acknowledged after %(elapsed)s, target %(target)s") % used, ""


def _given(event: IncidentEvent) -> str:
    names = {"person": event.assignee, "department": event.department}
    if event.assignee is not None and event.assignee_id == event.actor_id and event.department is None:
        return _("Taken over")
    if event.assignee is not None and event.department is not None:
        return _("Assigned to %(person)s, %(department)s") % names
    if event.assignee is not None:
        return _("Assigned to %(person)s") % names
    if event.department is not None:
        return _("Given to %(department)s") % names
    return _("Nobody has it now")


def _state(event: IncidentEvent) -> str:
    if event.hold_reason:
        return str(HoldReason(event.hold_reason).label)
    return str(Status(event.status).label)


def _changed(event: IncidentEvent) -> Iterable[str]:
    names = {
        "title": _("title"),
        "description": _("description"),
        "category": _("category"),
        "service": _("service"),
        "is_major": _("major incident"),
        "project": _("project"),
        "parent": _("parent"),
        "sla_policy": _("SLA policy"),
    }
    for field, (before, after) in event.changes.items():
        name = names.get(field, field)
        if field == "description":
            yield name
        elif isinstance(after, bool):
            yield _("%(field)s: %(value)s") % {"field": name, "value": _("yes") if after else _("no")}
        else:
            values = {"field": name, "before": before or "–", "after": after or "–"}
            yield _("%(field)s: %(before)s → %(after)s") % values
