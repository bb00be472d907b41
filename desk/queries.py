"""Reads across the rooms for the frame and for Today: what needs whom now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from incidents.models import Incident
from incidents.permissions import Person, incidents_visible_to
from incidents.settling import SUBJECT_KIND
from sla.measure import epoch, reading
from sla.models import Clock
from sla.terms import business_calendar


@dataclass(frozen=True, slots=True)
class NearestClock:
    """The clock that ends next. `is_ticking` is off outside the service hours it counts in."""

    incident_id: int
    priority: str
    kind: str
    remaining_s: int
    is_ticking: bool


def nearest_clock(user: Person, *, now: datetime) -> NearestClock | None:
    """The nearest deadline still ahead in what the person may see; one query over the clocks that have one."""
    clock = (
        Clock.objects.filter(
            subject_kind=SUBJECT_KIND,
            subject_id__in=incidents_visible_to(user).open().values("pk"),
            state=Clock.State.RUNNING,
            wake_at__isnull=False,  # its own index: only what runs is in it
            due_at__gte=now,
        )
        .annotate(priority=Subquery(Incident.objects.filter(pk=OuterRef("subject_id")).values("priority")[:1]))
        .order_by("due_at", "pk")
        .first()
    )
    if clock is None:
        return None
    return NearestClock(
        incident_id=clock.subject_id,
        priority=clock.priority,
        kind=clock.kind,
        remaining_s=reading(clock, now=now).remaining_s,
        is_ticking=business_calendar(clock.calendar_version_id).is_open(epoch(now)),
    )
