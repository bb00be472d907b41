"""The clocks that run: the nearest one, and those that are close."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from incidents.models import FAR_FUTURE, Incident, IncidentQuerySet
from incidents.permissions import Person, incidents_visible_to
from incidents.queries import ClockView, clock_view
from incidents.settling import SUBJECT_KIND
from sla.models import PROMISED, Clock


@dataclass(frozen=True, slots=True)
class NearestClock:
    """The clock that ends next, and whose."""

    incident_id: int
    priority: str
    clock: ClockView


def nearest_clock(user: Person, *, now: datetime) -> NearestClock | None:
    """The nearest promise still ahead in what the person may see. An incident's own nearest deadline bounds the search
    to few clocks, however many run; it may have passed while another of its clocks is still ahead."""
    open_ones = incidents_visible_to(user).open()
    first = open_ones.filter(next_due_at__gte=now, next_due_at__lt=FAR_FUTURE).order_by("next_due_at", "id")
    bound = first.values_list("next_due_at", flat=True).first() or FAR_FUTURE
    clock = (
        _ahead(open_ones.filter(next_due_at__lte=bound), now=now)
        .filter(due_at__lte=bound, kind__in=PROMISED)
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
        due_at__gte=now,  # running clocks have an index by it
    )
