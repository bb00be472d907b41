"""Why a clock stands where it stands: every second of it with who had the incident, and where its target came from.

All of it follows from the incident's events, so it can be told for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from departments.models import Department
from incidents.models import Incident, IncidentEvent, Status
from incidents.permissions import Person, sees_internal_side
from incidents.queries import ClockView, clock_view
from incidents.settling import SUBJECT_KIND, runs_of, story_of
from sla.explain import Explanation, explain
from sla.measure import Run, epoch
from sla.models import PROMISED, Clock
from sla.terms import business_calendar

# The order in which pages and the API show clocks.
ORDER = [kind.value for kind in Clock.Kind]


@dataclass(frozen=True, slots=True)
class Held:
    """Who had the incident: a department, and the person in it if somebody had taken it."""

    department_id: int
    person_id: int | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A clock with every second of its life, and what was promised while it lived."""

    clock: Clock
    run: Run
    view: ClockView
    life: Explanation[Held]


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of `Held` stand for."""

    departments: Mapping[int, Department]
    people: Mapping[int, User]


@dataclass(frozen=True, slots=True)
class TimeByHolder:
    """Service seconds of the resolution: by department, by department and person, and what was waited for.

    The seconds of a person are part of the department's; a person of None is the time in which nobody had taken it.
    """

    departments: Mapping[int, int]
    people: Mapping[Held, int]
    waiting: Mapping[str, int]


def kinds_shown_to(user: Person) -> list[str]:
    """A client sees what it was promised; what departments and vendors owe us is ours."""
    return ORDER if sees_internal_side(user) else [kind.value for kind in PROMISED]


def explained_clocks(
    incident: Incident, events: Sequence[IncidentEvent], *, now: datetime, kinds: Iterable[str] = ORDER
) -> list[Explained]:
    """Clocks of these kinds in the order of pages; one query. `events` are all of the incident's, in their order."""
    story = story_of(incident, events, until=now)
    runs = {(run.kind, run.cycle): run for run in runs_of(story, opened_at=epoch(incident.opened_at))}
    held, waited = holders_of(incident, events), reasons_of(incident, events)
    found = []
    for clock in stored_clocks(incident, kinds=kinds):
        run = runs.get((clock.kind, clock.cycle))
        if run is None:
            continue
        life = explain(
            started_at=run.started_at,
            target_s=clock.target_s,
            marks=run.marks,
            calendar=business_calendar(clock.calendar_version_id),
            now=epoch(now),
            reasons=waited,
            holders=held,
        )
        found.append(Explained(clock, run, clock_view(clock, now=now), life))
    return found


def stored_clocks(incident: Incident, *, kinds: Iterable[str] = ORDER) -> list[Clock]:
    """The rows with their versions; one query."""
    clocks = Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id=incident.pk, kind__in=kinds)
    rows = clocks.select_related("calendar_version__calendar", "policy_version__policy")
    return sorted(rows, key=lambda clock: (ORDER.index(clock.kind), clock.cycle))


def holders_of(incident: Incident, events: Iterable[IncidentEvent]) -> list[tuple[int, Held]]:
    """Who had it, each from an instant on."""
    opened_at, department_id, person_id = epoch(incident.opened_at), None, None
    found: list[tuple[int, Held]] = []
    for event in events:
        department_id = event.department_id or department_id
        person_id = event.assignee_id if event.assignee_changed else person_id
        if department_id is None:
            continue
        held = Held(department_id, person_id)
        if not found or found[-1][1] != held:
            found.append((max(epoch(event.at), opened_at), held))
    return found


def reasons_of(incident: Incident, events: Iterable[IncidentEvent]) -> list[tuple[int, str]]:
    """What it waited for, each from an instant on; empty while it waited for nothing or was resolved."""
    opened_at = epoch(incident.opened_at)
    return [
        (max(epoch(event.at), opened_at), event.hold_reason if event.status == Status.ON_HOLD else "")
        for event in events
        if event.status
    ]


def names_of(lives: Iterable[Explanation[Held]]) -> Names:
    """Of everybody in these lives; two queries."""
    held = {piece.holder for life in lives for piece in life.pieces if piece.holder is not None}
    return Names(
        departments=Department.objects.in_bulk({one.department_id for one in held}),
        people=User.objects.in_bulk({one.person_id for one in held if one.person_id is not None}),
    )


def time_by_holder(incident: Incident, *, now: datetime) -> TimeByHolder:
    """Who had it for how long until it was resolved, all cycles together; two queries."""
    events = list(incident.events.order_by("at", "id"))
    return time_of(explained_clocks(incident, events, now=now, kinds=[Clock.Kind.RESOLUTION]))


def time_of(explained: Iterable[Explained]) -> TimeByHolder:
    """The same of clocks that are explained already."""
    departments: dict[int, int] = {}
    people: dict[Held, int] = {}
    waiting: dict[str, int] = {}
    for one in explained:
        for held, seconds in one.life.counted_by_holder().items():
            if held is not None:
                departments[held.department_id] = departments.get(held.department_id, 0) + seconds
                people[held] = people.get(held, 0) + seconds
        for reason, seconds in one.life.paused_by_reason().items():
            waiting[reason] = waiting.get(reason, 0) + seconds
    return TimeByHolder(departments, people, waiting)
