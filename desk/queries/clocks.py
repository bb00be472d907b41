"""The clocks that run: the nearest one, and those that are close."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from incidents.models import Incident, IncidentQuerySet
from incidents.permissions import Person, incidents_visible_to
from incidents.queries import ClockView, clock_view
from incidents.settling import SUBJECT_KIND
from sla.models import Clock


@dataclass(frozen=True, slots=True)
class NearestClock:
    """The clock that ends next, and whose."""

    incident_id: int
    priority: str
    clock: ClockView


def nearest_clock(user: Person, *, now: datetime) -> NearestClock | None:
    """The nearest deadline still ahead in what the person may see; one query over the clocks that have one."""
    clock = (
        _ahead(incidents_visible_to(user), now=now)
        .annotate(priority=Subquery(Incident.objects.filter(pk=OuterRef("subject_id")).values("priority")[:1]))
        .order_by("due_at", "pk")
        .first()
    )
    if clock is None:
        return None
    return NearestClock(clock.subject_id, clock.priority, clock_view(clock, now=now))


def at_risk_by_client(incidents: IncidentQuerySet, *, now: datetime) -> Counter[int]:
    """How many of these incidents have a clock that will be over unless something changes; one query."""
    close = {
        (clock.subject_id, clock.client_id)
        for clock in _ahead(incidents, now=now)
        if clock_view(clock, now=now).is_at_risk
    }
    return Counter(client_id for _incident_id, client_id in close)


def _ahead(incidents: IncidentQuerySet, *, now: datetime) -> QuerySet[Clock]:
    return Clock.objects.filter(
        subject_kind=SUBJECT_KIND,
        subject_id__in=incidents.open().order_by().values("pk"),
        state=Clock.State.RUNNING,
        wake_at__isnull=False,  # has an index of its own, in which only what runs stands
        due_at__gte=now,
    )
