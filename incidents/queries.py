"""Reads of incidents for pages and the API, scoped by who asks: lists, clocks as they stand now, the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from incidents.models import EventKind, Incident, IncidentEvent, IncidentQuerySet
from incidents.permissions import Person, incidents_visible_to, sees_internal_notes
from incidents.settling import SUBJECT_KIND
from sla.measure import epoch, reading
from sla.models import PROMISED, Clock
from sla.terms import business_calendar

# What a client may know of its incident's course, without what was written beside it.
OPEN_TO_THE_CLIENT = (
    EventKind.OPENED,
    EventKind.ACKNOWLEDGED,
    EventKind.HELD,
    EventKind.RESUMED,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.CLOSED,
    EventKind.PRIORITY_CHANGED,
    EventKind.IMPORTED,
)
SOON_SHARE, SOON_S = 0.25, 15 * 60
_KIND_ORDER = {kind.value: place for place, kind in enumerate(Clock.Kind)}


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock as it stands at an instant: true even where the sweep has not come by yet.

    `due_at` is None while it is paused before its deadline. `remaining_s` is negative when over. `is_counting` says
    whether the seconds go on (a breached clock counts until it is stopped), `is_ticking` whether they do at this very
    instant, which outside the service hours they do not.
    """

    id: int
    kind: str
    cycle: int
    state: str
    target_s: int
    elapsed_s: int
    remaining_s: int
    used_pct: float
    due_at: datetime | None
    breached_at: datetime | None
    late_by_change_at: datetime | None
    stopped_at: datetime | None
    is_counting: bool
    is_ticking: bool

    @property
    def is_over(self) -> bool:
        return self.state == Clock.State.BREACHED

    @property
    def soon_s(self) -> float:
        """From how many seconds left on a clock is close: a quarter of its target, and 15 minutes at least."""
        return max(self.target_s * SOON_SHARE, SOON_S)

    @property
    def is_at_risk(self) -> bool:
        """Will be over unless something changes."""
        return self.is_counting and not self.is_over and self.remaining_s <= self.soon_s


@dataclass(frozen=True, slots=True)
class ClockedIncident:
    """An incident with the clocks of what its client was promised: the response first, then the resolution and the
    updates, cycle by cycle."""

    incident: Incident
    clocks: tuple[ClockView, ...]

    @property
    def next_clock(self) -> ClockView | None:
        """The one with the nearest deadline of those that count, passed ones included."""
        counting = [clock for clock in self.clocks if clock.is_counting and clock.due_at is not None]
        return min(counting, key=lambda clock: (clock.due_at, clock.id), default=None)


def incident_list(user: Person) -> IncidentQuerySet:
    """What the person may see, the nearest deadline first, with everything that a row names."""
    return (
        incidents_visible_to(user)
        .select_related("client", "project", "department", "assignee", "sla_policy", "vendor")
        .order_by("next_due_at", "id")
    )


def clock_views(
    incidents: Iterable[Incident], *, now: datetime, kinds: Iterable[str] = PROMISED
) -> dict[int, tuple[ClockView, ...]]:
    """The clocks of these incidents by incident id, what clients were promised unless told otherwise; one query."""
    ids = [incident.pk for incident in incidents]
    found: dict[int, list[ClockView]] = {pk: [] for pk in ids}
    for clock in Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id__in=ids, kind__in=kinds):
        found[clock.subject_id].append(clock_view(clock, now=now))
    return {
        pk: tuple(sorted(views, key=lambda view: (_KIND_ORDER[view.kind], view.cycle))) for pk, views in found.items()
    }


def with_clocks(incidents: Sequence[Incident], *, now: datetime) -> list[ClockedIncident]:
    """A page of incidents with their clocks, in the same order; one query besides the page's own."""
    views = clock_views(incidents, now=now)
    return [ClockedIncident(incident, views[incident.pk]) for incident in incidents]


def clock_view(clock: Clock, *, now: datetime) -> ClockView:
    """The stored clock, read at `now`: a running one is breached from one second after its deadline on."""
    read = reading(clock, now=now)
    state, breached_at = clock.state, clock.breached_at
    if state == Clock.State.RUNNING and clock.due_at is not None and epoch(now) > epoch(clock.due_at):
        state, breached_at = Clock.State.BREACHED.value, clock.due_at
    return ClockView(
        id=clock.pk,
        kind=clock.kind,
        cycle=clock.cycle,
        state=state,
        target_s=clock.target_s,
        elapsed_s=read.elapsed_s,
        remaining_s=read.remaining_s,
        used_pct=read.used_pct,
        due_at=clock.due_at,
        breached_at=breached_at,
        late_by_change_at=clock.late_by_change_at,
        stopped_at=clock.stopped_at,
        is_counting=clock.running_since is not None,
        is_ticking=clock.running_since is not None and business_calendar(clock.calendar_version_id).is_open(epoch(now)),
    )


def timeline(incident: Incident, user: Person) -> QuerySet[IncidentEvent]:
    """What happened, in its order. The client's side sees the course and what was written for it; what else stands in
    these events is taken out by `readable`."""
    events = incident.events.select_related("actor", "department", "assignee").order_by("at", "id")
    if sees_internal_notes(user):
        return events
    return events.filter(Q(is_public=True) | Q(kind__in=OPEN_TO_THE_CLIENT))


def readable(events: Iterable[IncidentEvent], user: Person) -> list[IncidentEvent]:
    """Events of `timeline` without the words that this person is not to read, for example the number of a vendor's
    ticket; that it waits is no secret."""
    found = list(events)
    if not sees_internal_notes(user):
        for event in found:
            event.text = event.text if event.is_public else ""
    return found
