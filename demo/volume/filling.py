"""Made-up incidents by the hundred thousand: drawn, settled by the functions the operations use, inserted in bulk; and
work beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random

from django.db import transaction

from accounts.models import Client
from alerts.operations import record_past
from demo.volume.courses import Happening, Promise, draw_course, draw_fate
from demo.volume.words import draw_title
from demo.volume.work import fill_work
from demo.volume.world import Served, build_world, engineers_by_department
from departments.models import Department
from incidents.models import Hop, Incident, IncidentEvent, Status
from incidents.operations.open import FIRST_LINE
from incidents.settling import (
    SUBJECT_KIND,
    apply_story,
    calendars,
    hops_of,
    measured,
    next_due_at,
    story_of,
)
from kernel import bulk
from kernel.errors import Conflict
from sla.measure import Measured, epoch, instant
from sla.models import Clock
from sla.terms import business_calendar, terms_of

SOURCE = "volume"
BATCH = 2_000
PRIORITIES = {"P1": 4, "P2": 16, "P3": 45, "P4": 35}
PROJECT_SHARE = 0.6

_incident = bulk.maker(Incident, source=SOURCE)
_event = bulk.maker(IncidentEvent)
_clock = bulk.maker(Clock, subject_kind=SUBJECT_KIND)


@dataclass(frozen=True)
class Volume:
    """How much. `open_share` is the part of the incidents that is not solved yet."""

    clients: int
    projects: int
    incidents: int
    open_share: float
    tasks: int = 0


@dataclass(frozen=True)
class Made:
    """One incident as it shall stand."""

    incident: Incident
    events: list[IncidentEvent]
    hops: list[Hop]
    clocks: list[Clock]


def fill(volume: Volume, *, seed: int, now: datetime, progress: Callable[[int], object] = lambda _rows: None) -> None:
    """Make up clients, projects, incidents, and tasks as they stand at `now`. The same seed and instant give the same
    rows. `progress` hears of incidents and tasks.

    Nothing is owed at `now`: thresholds passed by then count as told, breaches are recorded as of the past.
    Raises Conflict when the seed was used before.
    """
    now = now.replace(microsecond=0)
    name = f"volume{seed}"
    if Client.objects.filter(slug__startswith=f"{name}-").exists():
        raise Conflict(f"What seed {seed} makes is there already.")
    chance = Random(seed)  # noqa: S311 - nothing secret is made
    with transaction.atomic():
        served = build_world(chance, name=name, clients=volume.clients, projects=volume.projects, at=now)
    maker = Maker(chance, served, now=now, name=name)
    incidents = maker.incidents(volume.incidents, open_share=volume.open_share)
    while batch := list(islice(incidents, BATCH)):
        store(batch, now=now)
        progress(len(batch))
    if volume.tasks:
        fill_work(chance, served, tasks=volume.tasks, now=now, progress=progress)


class Maker:
    """Draws incidents one after the other, the way they come in: clients and departments mixed."""

    def __init__(self, chance: Random, served: Sequence[Served], *, now: datetime, name: str) -> None:
        self.chance = chance
        self.now = now
        self.name = name
        self.served = served
        self.weights = [1 / (1 + place) ** 0.7 for place in range(len(served))]  # few clients have most incidents
        self.engineers = engineers_by_department()
        self.first_line = Department.objects.get(slug=FIRST_LINE).pk
        self.departments = sorted(set(self.engineers) - {self.first_line})
        self.calendar_version = calendars(now=now)

    def incidents(self, count: int, *, open_share: float) -> Iterator[Made]:
        for number, whose in enumerate(self.chance.choices(self.served, self.weights, k=count), start=1):
            yield self._incident(number, whose, open_share=open_share)

    def _incident(self, number: int, whose: Served, *, open_share: float) -> Made:
        chance = self.chance
        priority = chance.choices(tuple(PRIORITIES), tuple(PRIORITIES.values()))[0]
        target = terms_of(whose.policy_version_id).targets[priority]
        calendar = business_calendar(self.calendar_version(target.calendar_id, self.now))
        promise = Promise(target.response_s, target.resolution_s, calendar)
        course = draw_course(chance, draw_fate(chance, open_share=open_share), promise, now=epoch(self.now))
        return self.made(number, whose, priority, course)

    def made(self, number: int, whose: Served, priority: str, course: Sequence[Happening]) -> Made:
        """The incident to which this happened."""
        chance = self.chance
        title, category = draw_title(chance)
        with_project = whose.project_ids and chance.random() < PROJECT_SHARE
        incident = _incident(
            client_id=whose.client.pk,
            project_id=chance.choice(whose.project_ids) if with_project else None,
            title=title,
            category=category,
            external_ref=f"{self.name}-{number}",
            opened_at=instant(course[0].at),
            policy_version_id=whose.policy_version_id,
        )
        return self._settled(incident, self._events(course, priority, whose.policy_version_id))

    def _events(self, course: Sequence[Happening], priority: str, policy_version_id: int) -> list[IncidentEvent]:
        events = []
        department_id = self.first_line
        for happening in course:
            at = instant(happening.at)
            event = _event(
                kind=happening.kind, at=at, recorded_at=at, status=happening.status, hold_reason=happening.hold_reason
            )
            if happening.kind == "opened":
                event.priority = priority
                event.policy_version_id = policy_version_id
                event.department_id = department_id
            elif happening.moves:
                department_id = event.department_id = self.chance.choice(self.departments)
            if happening.moves or happening.kind == "acknowledged":
                event.assignee_changed = True
                event.assignee_id = event.actor_id = self.chance.choice(self.engineers[department_id])
            events.append(event)
        return events

    def _settled(self, incident: Incident, events: list[IncidentEvent]) -> Made:
        story = story_of(incident, events, until=self.now)
        clocks = measured(incident, story, now=self.now, calendar_version=self.calendar_version)
        apply_story(incident, story)
        incident.next_due_at = next_due_at(clocks)
        if incident.status in {Status.RESOLVED, Status.CLOSED}:
            incident.resolution = "Done."
        return Made(incident, events, hops_of(incident, story), [self._as_row(m, incident) for m in clocks])

    def _as_row(self, m: Measured, incident: Incident) -> Clock:
        columns = m.columns(alerted_level=m.level_passed(epoch(self.now)))
        return _clock(client_id=incident.client_id, kind=m.kind, cycle=m.cycle, **columns)


@transaction.atomic
def store(batch: Sequence[Made], *, now: datetime) -> None:
    """Store new incidents with all that belongs to them, in one transaction."""
    bulk.insert([made.incident for made in batch])
    for made in batch:
        for event in made.events:
            event.incident_id = made.incident.pk
        for hop in made.hops:
            hop.incident_id = made.incident.pk
        for clock in made.clocks:
            clock.subject_id = made.incident.pk
    bulk.insert([event for made in batch for event in made.events])
    bulk.insert([hop for made in batch for hop in made.hops])
    clocks = [clock for made in batch for clock in made.clocks]
    bulk.insert(clocks)
    record_past(clocks, detected_at=now)
