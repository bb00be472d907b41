"""The clocks that run: the nearest one, and those that are close."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

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


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Of what a person may see: how many incidents have a clock that is over, and when the next deadline of one is."""

    over: int
    next_at: datetime | None


def deadlines_of(user: Person, *, now: datetime) -> Deadlines:
    """One query."""
    ahead = Q(next_due_at__gte=now, next_due_at__lt=FAR_FUTURE)
    found = (
        incidents_visible_to(user)
        .open()
        .aggregate(over=Count("pk", filter=Q(next_due_at__lt=now)), next_at=Min("next_due_at", filter=ahead))
    )
    return Deadlines(**found)


def nearest_clock(user: Person, deadlines: Deadlines, *, now: datetime) -> NearestClock | None:
    """The nearest promise still ahead in what the person may see; one query. An incident's own nearest deadline bounds
    the search to few clocks, however many run; it may have passed while another of its clocks is still ahead."""
    bound = deadlines.next_at or FAR_FUTURE
    clock = (
        _ahead(incidents_visible_to(user).open().filter(next_due_at__lte=bound), now=now)
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
