"""The end of every operation: append the event, tell the story anew, store what follows, owe the fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.reach import reach_of
from alerts import operations as alerts
from departments.models import Department
from incidents.models import EventKind, Incident, IncidentEvent, Side
from incidents.settling import SUBJECT_KIND, apply_story, hops_of, measured, next_due_at, rows_for, story_of
from kernel import outbox
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import bump
from sla.measure import Measured, instant
from sla.models import Clock, PolicyVersion
from sla.versions import version_in_force

CLOCKS_MAY_DIFFER = timedelta(minutes=5)
BEYOND_ALL_CYCLES = 1_000_000


def locked(incident: Incident) -> Incident:
    """The row as it is now, ours until the end of the transaction."""
    return lock(Incident.objects.select_related("client", "project", "department", "assignee")).get(pk=incident.pk)


def moment(at: datetime | None, *, now: datetime, opened_at: datetime | None = None, field: str = "at") -> datetime:
    """When it happened: whole seconds, not before the opening. Clocks of other machines may be five minutes ahead."""
    if at is None:
        at = now
    if at > now + CLOCKS_MAY_DIFFER:
        raise Invalid(_("This lies in the future."), field=field)
    at = min(at, now).replace(microsecond=0)
    if opened_at is not None and at < opened_at:
        raise Invalid(_("This lies before the incident was opened."), field="at")
    return at


def refuse_before_last_change(incident: Incident, at: datetime, *, now: datetime) -> None:
    """A change of status cannot be put before one that is known already."""
    last = story_of(incident, incident.events.all(), until=now).last_status_at
    if at < instant(last):
        raise Conflict(
            _("The status changed later than that already, at %(at)s.") % {"at": instant(last).isoformat()}, field="at"
        )


def event(
    incident: Incident, kind: EventKind, *, at: datetime, now: datetime, actor: User | None, **sets: Any
) -> IncidentEvent:
    """Append one event; `sets` are the columns it changes."""
    return IncidentEvent.objects.create(
        incident=incident, kind=kind, at=at, recorded_at=now, actor=actor, via=getattr(actor, "via", ""), **sets
    )


def settle(incident: Incident, *, events: Sequence[IncidentEvent], now: datetime, is_new: bool = False) -> Incident:
    """Store what all events say by now, and owe the facts of the new ones."""
    story = story_of(incident, incident.events.all(), until=now)
    stored = [] if is_new else list(lock(Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id=incident.pk)))
    clocks = measured(incident, story, now=now)
    apply_story(incident, story)
    incident.next_due_at = next_due_at(clocks)
    if not is_new:
        bump(incident)
    incident.save()
    incident.hops.all().delete()
    incident.hops.bulk_create(hops_of(incident, story))
    alerts.reconcile(_store(incident, stored, clocks), now=now)
    outbox.put_many(
        outbox.event(
            f"incident.{e.kind}",
            key=f"{incident.pk}:{e.pk}",
            payload={"incident": incident.pk, "event": e.pk, "kind": e.kind},
            at=now,
            tenant_id=incident.client_id,
        )
        for e in events
    )
    return incident


def _store(incident: Incident, stored: Sequence[Clock], clocks: Sequence[Measured]) -> list[Clock]:
    rows, unknown = rows_for(clocks, stored)
    make_way(unknown, [row for m, row in zip(clocks, rows, strict=True) if row is not None and row.cycle != m.cycle])
    kept = []
    for m, known in zip(clocks, rows, strict=True):
        row = known or Clock(subject_kind=SUBJECT_KIND, subject_id=incident.pk, client_id=incident.client_id)
        row.kind, row.cycle = m.kind, m.cycle
        for column, value in m.columns(alerted_level=row.alerted_level).items():
            setattr(row, column, value)
        row.save()
        kept.append(row)
    return kept


def make_way(unknown: Sequence[Clock], renumbered: Sequence[Clock]) -> None:
    """Rows that no event knows go, with their alerts; rows that get another number leave the one they have first."""
    if unknown:
        Clock.objects.filter(pk__in=[row.pk for row in unknown]).delete()
    if renumbered:
        Clock.objects.filter(pk__in=[row.pk for row in renumbered]).update(cycle=F("cycle") + BEYOND_ALL_CYCLES)


def ola_version_of(department: Department, *, at: datetime) -> PolicyVersion | None:
    """What a department promises for a handover that becomes known at `at`; None: nothing."""
    return None if department.ola is None else version_in_force(department.ola, at)


def side_of(actor: User | None) -> str:
    """The side that a person speaks for; empty for programs."""
    if actor is None:
        return ""
    roles = reach_of(actor).roles
    if roles == {Role.CONTACT}:
        return Side.CLIENT
    return "" if Role.INTEGRATION in roles and roles <= {Role.INTEGRATION, Role.CONTACT} else Side.US
