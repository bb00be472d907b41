"""The writes of an import: one batch of whole tickets in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from alerts import operations as alerts
from incidents.importing.tickets import Additions, Rejected, Setting, Ticket
from incidents.models import EventKind, Hop, Incident, IncidentEvent
from incidents.operations.record import make_way
from incidents.settling import (
    SUBJECT_KIND,
    apply_story,
    hops_of,
    measured,
    next_due_at,
    rows_for,
    story_of,
)
from kernel import bulk, outbox
from kernel.locking import exclusive, lock
from kernel.models import OutboxEvent
from kernel.versions import bump
from sla.businesstime import CalendarError
from sla.measure import Measured, epoch, instant
from sla.models import Clock

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
SETTLED = (
    *("status", "hold_reason", "priority", "department", "assignee", "responded_at", "resolved_at", "closed_at"),
    *("reopen_count", "vendor", "policy_version", "next_due_at", "version", "updated_at"),
)
WORDS = ("title", "description", "category", "service", "is_major", "project")
CLOCK_COLUMNS = (
    *("target_s", "policy_version", "calendar_version", "state", "started_at", "elapsed_s", "running_since", "due_at"),
    *("stopped_at", "breached_at", "late_by_change_at", "alerted_level", "wake_at", "cycle"),
)


_new_clock = bulk.maker(Clock, subject_kind=SUBJECT_KIND)


@dataclass
class Outcome:
    """What became of each ticket of a batch (by its key), and the lines refused on the way."""

    tickets: dict[tuple[str, str], str] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass
class Settled:
    """An incident as it shall stand."""

    incident: Incident
    additions: Additions
    clocks: list[Clock]
    unknown: list[Clock]
    renumbered: list[Clock]
    hops: list[Hop]
    is_new: bool


def store(tickets: Sequence[Ticket], *, setting: Setting, dry_run: bool = False) -> Outcome:
    """Store what is new in these tickets, all or nothing, in one transaction.

    A ticket that somebody else creates at the same moment (by the API, say) is known when the batch is tried again.
    """
    try:
        return _store(tickets, setting=setting, dry_run=dry_run)
    except IntegrityError:
        return _store(tickets, setting=setting, dry_run=dry_run)


@transaction.atomic
def _store(tickets: Sequence[Ticket], *, setting: Setting, dry_run: bool) -> Outcome:
    exclusive(f"incidents.import.{setting.client.pk}")
    incidents, events = _known(tickets, setting)
    outcome = Outcome()
    settled = []
    for ticket in tickets:
        incident = incidents.get(ticket.key)
        try:
            if incident is None:
                settled.append(_opened(ticket, setting))
                outcome.tickets[ticket.key] = CREATED
                continue
            additions = ticket.additions(incident, events[incident.pk], setting)
            if additions.fresh:
                settled.append(_followed(incident, additions, setting))
        except CalendarError as error:
            outcome.rejected += ticket.refused(str(error))
            continue
        outcome.rejected += additions.rejected
        if additions.fresh:
            outcome.tickets[ticket.key] = UPDATED
        elif len(additions.rejected) < len(ticket.lines):
            outcome.tickets[ticket.key] = UNCHANGED
    if not dry_run:
        _write(settled, setting)
    return outcome


def _known(
    tickets: Sequence[Ticket], setting: Setting
) -> tuple[dict[tuple[str, str], Incident], dict[int, list[IncidentEvent]]]:
    """The incidents that exist already, locked, with their events in order."""
    found = lock(Incident.objects.select_related("project")).filter(
        client=setting.client,
        source__in={ticket.source for ticket in tickets},
        external_ref__in={ticket.reference for ticket in tickets},
    )
    wanted = {ticket.key for ticket in tickets}
    incidents = {(i.source, i.external_ref): i for i in found.order_by("pk") if (i.source, i.external_ref) in wanted}
    events: dict[int, list[IncidentEvent]] = defaultdict(list)
    if incidents:
        ids = [incident.pk for incident in incidents.values()]
        for event in IncidentEvent.objects.filter(incident__in=ids).order_by("incident", "at", "pk"):
            events[event.incident_id].append(event)
    return incidents, events


def _opened(ticket: Ticket, setting: Setting) -> Settled:
    incident = Incident(client=setting.client, project=setting.project, source=ticket.source)
    for name, value in ticket.columns.items():
        setattr(incident, name, value)
    incident.external_ref = ticket.reference
    incident.opened_at = instant(ticket.opened_at)
    incident.sla_policy = setting.policy
    incident.policy_version = setting.policy_version(incident.project)
    additions = ticket.opening(setting)
    additions.events[0].policy_version_id = incident.policy_version_id
    return _settled(incident, additions, [], setting)


def _followed(incident: Incident, additions: Additions, setting: Setting) -> Settled:
    for name, value in additions.columns.items():
        setattr(incident, name, value)
    bump(incident)
    clocks = lock(Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id=incident.pk))
    return _settled(incident, additions, list(clocks), setting)


def _settled(incident: Incident, additions: Additions, stored: Sequence[Clock], setting: Setting) -> Settled:
    """The incident's columns, hops and clocks as its events have them, in memory."""
    for event in additions.fresh:
        if event.department_id is not None and event.recorded_at == setting.now:
            event.ola_version_id = setting.olas.get(event.department_id)
    story = story_of(incident, additions.events, until=setting.now)
    clocks = measured(incident, story, now=setting.now, calendar_version=setting.calendar_version)
    apply_story(incident, story)
    incident.next_due_at = next_due_at(clocks)
    rows, unknown = rows_for(clocks, stored)
    return Settled(
        incident=incident,
        additions=additions,
        clocks=[_clock(m, row, incident, setting) for m, row in zip(clocks, rows, strict=True)],
        unknown=unknown,
        renumbered=[row for m, row in zip(clocks, rows, strict=True) if row is not None and row.cycle != m.cycle],
        hops=hops_of(incident, story),
        is_new=incident.pk is None,
    )


def _clock(m: Measured, row: Clock | None, incident: Incident, setting: Setting) -> Clock:
    """Levels passed by now are dealt with: nobody is alerted of what an import tells of the past."""
    level = m.level_passed(epoch(setting.now))
    columns = m.columns(alerted_level=level if row is None else max(level, row.alerted_level))
    if row is None:
        return _new_clock(client_id=incident.client_id, kind=m.kind, cycle=m.cycle, **columns)
    for name, value in {"cycle": m.cycle, **columns}.items():
        setattr(row, name, value)
    return row


def _write(settled: Sequence[Settled], setting: Setting) -> None:
    new = [s for s in settled if s.is_new]
    bulk.insert([s.incident for s in new])
    old = [s for s in settled if not s.is_new]
    bulk.update([s.incident for s in old], fields=(*SETTLED, *WORDS))
    IncidentEvent.objects.filter(pk__in=[pk for s in old for pk in s.additions.replaced]).delete()
    Hop.objects.filter(incident__in=[s.incident for s in old]).delete()
    for s in settled:
        for event in s.additions.fresh:
            event.incident_id = s.incident.pk
        for hop in s.hops:
            hop.incident_id = s.incident.pk
        for clock in s.clocks:
            clock.subject_id = s.incident.pk
    bulk.insert([event for s in settled for event in s.additions.fresh])
    bulk.insert([hop for s in settled for hop in s.hops])
    _write_clocks(new, old, setting)
    bulk.insert([_fact(s, setting) for s in settled])


def _write_clocks(new: Sequence[Settled], old: Sequence[Settled], setting: Setting) -> None:
    """The clocks, and the breaches that nobody will be alerted of."""
    moved = [clock for s in old for clock in s.clocks if clock.pk]
    started = [clock for s in (*new, *old) for clock in s.clocks if not clock.pk]
    make_way([row for s in old for row in s.unknown], [row for s in old for row in s.renumbered])
    bulk.update(moved, fields=CLOCK_COLUMNS)
    bulk.insert(started)
    if moved:
        alerts.reconcile(moved, now=setting.now)
    alerts.record_past([*moved, *started], detected_at=setting.now)


def _fact(settled: Settled, setting: Setting) -> OutboxEvent:
    """One fact an incident and import; the number of its events makes it a new one each time."""
    incident = settled.incident
    return outbox.event(
        "incident.imported",
        key=f"{incident.pk}:import:{len(settled.additions.events)}",
        payload={"incident": incident.pk, "kind": EventKind.IMPORTED.value},
        at=setting.now,
        tenant_id=incident.client_id,
    )
