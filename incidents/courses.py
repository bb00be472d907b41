"""How the clocks of one incident went: when each counted, when it stood and why, and when it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from incidents.models import Hop, Incident, IncidentEvent
from incidents.queries import ClockView, clock_view
from incidents.settling import SUBJECT_KIND, runs_of, story_of
from kernel.bars import Stretch
from sla.businesstime import BusinessCalendar
from sla.measure import Run, epoch, instant
from sla.models import REPORTED, Clock
from sla.replay import ClockState, replay
from sla.terms import business_calendar

# A pause of days would press what counts into a line: all pauses together are drawn at most this long, in targets.
PAUSES_SHOWN = 0.4
LOOK_AHEAD_S = 15 * 86_400
_ORDER = [kind.value for kind in REPORTED]


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood from `start` to `end` (None: still does). `reason` is a HoldReason; empty: it was stopped.

    One that began and ended within a second is none.
    """

    start: datetime
    end: datetime | None
    service_s: int
    wall_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """One clock from its start to its end or to now. Lengths are seconds of its service time.

    `goes_on_at` is the next opening of a clock that counts, but not at this hour.
    """

    clock: Clock
    view: ClockView
    pauses: tuple[Pause, ...]
    stretches: tuple[Stretch, ...]
    goes_on_at: datetime | None

    @property
    def paused_s(self) -> int:
        """How long it stood by plain time."""
        return sum(pause.wall_s for pause in self.pauses)


@dataclass(frozen=True, slots=True)
class Stay:
    """The time that one department had the incident; until it was resolved where it still has it.

    `service_s` is what the resolution clock counted meanwhile.
    """

    hop: Hop
    until: datetime | None
    service_s: int


def stays_of(incident: Incident, courses: Sequence[Course], *, now: datetime) -> list[Stay]:
    """Every stay in its order, nothing where there is no clock to measure by; one query."""
    if not courses:
        return []
    rounds = [course for course in courses if course.view.kind == Clock.Kind.RESOLUTION]
    end = incident.resolved_at or now
    return [
        Stay(
            hop, hop.ended_at, sum(_counted(course, hop.started_at, hop.ended_at or end, now=now) for course in rounds)
        )
        for hop in incident.hops.select_related("department").order_by("number")
    ]


def _counted(course: Course, start: datetime, end: datetime, *, now: datetime) -> int:
    """What the clock counted between two instants: no department is charged for a pause."""
    begin = max(epoch(start), epoch(course.clock.started_at))
    until = min(epoch(end), epoch(course.view.stopped_at or now))
    pauses = [(epoch(pause.start), epoch(pause.end or now)) for pause in course.pauses]
    return business_calendar(course.clock.calendar_version_id).between(begin, until, pauses)


def courses_of(incident: Incident, events: Sequence[IncidentEvent], *, now: datetime) -> list[Course]:
    """The response, then the resolution of each cycle; one query. `events` are all of the incident's, in order."""
    story = story_of(incident, events, until=now)
    runs = {(run.kind, run.cycle): run for run in runs_of(story, opened_at=epoch(incident.opened_at))}
    clocks = Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id=incident.pk, kind__in=REPORTED)
    stored = clocks.select_related("calendar_version__calendar", "policy_version__policy")
    return [
        _course(clock, runs[clock.kind, clock.cycle], events, now=now)
        for clock in sorted(stored, key=lambda clock: (_ORDER.index(clock.kind), clock.cycle))
        if (clock.kind, clock.cycle) in runs
    ]


def _course(clock: Clock, run: Run, events: Sequence[IncidentEvent], *, now: datetime) -> Course:
    calendar = business_calendar(clock.calendar_version_id)
    state = replay(
        started_at=run.started_at, target_s=clock.target_s, marks=run.marks, calendar=calendar, now=epoch(now)
    )
    view = clock_view(clock, now=now)
    return Course(
        clock=clock,
        view=view,
        pauses=tuple(_pauses(state, events, calendar, now=epoch(now))),
        stretches=tuple(_stretches(state, calendar, target_s=clock.target_s, now=epoch(now))),
        goes_on_at=_goes_on_at(calendar, now=now) if view.is_counting and not view.is_ticking else None,
    )


def next_opening(calendar: BusinessCalendar, at: int) -> int | None:
    """When service goes on; None when it does not within a fortnight."""
    ahead = calendar.open_intervals(at, at + LOOK_AHEAD_S)
    return ahead[0][0] if ahead else None


def _pauses(
    state: ClockState, events: Iterable[IncidentEvent], calendar: BusinessCalendar, *, now: int
) -> Iterable[Pause]:
    for start, end in state.pauses:
        if start == end:
            continue
        until = now if end is None else end
        yield Pause(
            start=instant(start),
            end=None if end is None else instant(end),
            service_s=calendar.between(start, until),
            wall_s=until - start,
            reason=_hold_reason_at(start, events),
        )


def _hold_reason_at(at: int, events: Iterable[IncidentEvent]) -> str:
    """What the incident waited for at an instant; empty where it was resolved rather than on hold."""
    reason = ""
    for event in events:
        if event.status and epoch(event.at) <= at:
            reason = event.hold_reason
    return reason


def _stretches(state: ClockState, calendar: BusinessCalendar, *, target_s: int, now: int) -> Iterable[Stretch]:
    """Counting and standing by turns, in service time; together the pauses are drawn no longer than `PAUSES_SHOWN`."""
    stood = sum(calendar.between(start, now if end is None else end) for start, end in state.pauses)
    scale = min(1.0, PAUSES_SHOWN * target_s / stood) if stood else 1.0
    at = state.started_at
    for start, end in state.pauses:
        until = now if end is None else end
        yield Stretch(length=calendar.between(at, start))
        yield Stretch(length=calendar.between(start, until) * scale, counts=False)
        at = until
    last = state.stopped_at if state.stopped_at is not None else (now if state.running_since is not None else at)
    yield Stretch(length=calendar.between(at, max(at, last)))


def _goes_on_at(calendar: BusinessCalendar, *, now: datetime) -> datetime | None:
    opens_at = next_opening(calendar, epoch(now))
    return None if opens_at is None else instant(opens_at)
