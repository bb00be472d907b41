"""The end of every operation: append the event, tell the story anew, store what follows, owe the fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from alerts import operations as alerts
from incidents.models import EventKind, Incident, IncidentEvent
from incidents.settling import SUBJECT_KIND, apply_story, hops_of, measured, next_due_at, story_of
from kernel import outbox
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import bump
from sla.measure import Measured, instant
from sla.models import Clock

CLOCKS_MAY_DIFFER = timedelta(minutes=5)


def locked(incident: Incident) -> Incident:
    """The row as it is now, ours until the end of the transaction."""
    return lock(Incident.objects.select_related("client", "department", "assignee")).get(pk=incident.pk)


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
    clocks = measured(incident, story, clocks=stored, now=now)
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
    rows = {(c.kind, c.cycle): c for c in stored}
    kept = []
    for m in clocks:
        row = rows.get((m.kind, m.cycle)) or Clock(
            subject_kind=SUBJECT_KIND, subject_id=incident.pk, client_id=incident.client_id, kind=m.kind, cycle=m.cycle
        )
        for column, value in m.columns(alerted_level=row.alerted_level).items():
            setattr(row, column, value)
        row.save()
        kept.append(row)
    return kept
