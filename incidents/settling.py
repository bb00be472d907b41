"""From an incident's stored events to its stored columns, hops and clocks: what every operation does at its end.

Nothing is patched by hand: the story is told anew from the events, so what stands in the tables is always what the
events say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial

from incidents.lifecycle import AFTER_CLIENT, EVERY, Agreed, Cycle, Promise, Step, Story, tell
from incidents.models import FAR_FUTURE, EventKind, Hop, Incident, IncidentEvent
from sla.measure import CalendarLookup, Measured, Promised, Run, epoch, instant, measure
from sla.models import PROMISED, Clock, PolicyVersion
from sla.replay import Mark
from sla.terms import Terms, terms_of
from sla.versions import calendar_version_at

SUBJECT_KIND = "incident"
IMPORTED = EventKind.IMPORTED.value
# After the opening, these set the terms anew: what is promised counts by the calendars of the moment they became known.
SETS_TERMS = frozenset({EventKind.POLICY_CHANGED.value, EventKind.RECALCULATED.value})


def step_of(event: IncidentEvent) -> Step:
    return Step(
        at=epoch(event.at),
        known_at=event.recorded_at,
        status=event.status,
        hold_reason=event.hold_reason,
        priority=event.priority,
        department_id=event.department_id,
        assignee_changed=event.assignee_changed,
        assignee_id=event.assignee_id,
        policy_version_id=event.policy_version_id if event.kind in SETS_TERMS else None,
        ola_version_id=event.ola_version_id,
        vendor_id=event.vendor_id,
        vendor_version_id=event.vendor_version_id,
        says=event.said_by if event.is_public else "",
        reporter=(event.actor_id, event.via) if event.status and event.kind == IMPORTED else None,
    )


def story_of(
    incident: Incident,
    events: Iterable[IncidentEvent],
    *,
    until: datetime,
    promise: Callable[[int, str], Promise] | None = None,
) -> Story:
    """The story up to `until`; an event after it has not happened yet.

    An incident became known when the first of its events did; where none of them says what was promised, it is what
    stands in its column. `promise` tells the course of another rule than the one that counted.
    """
    told = [event for event in events if event.at <= until]
    first = (e.policy_version_id for e in told if e.policy_version_id is not None and e.kind not in SETS_TERMS)
    return tell(
        opened_at=epoch(incident.opened_at),
        steps=[step_of(event) for event in told],
        policy_version_id=next(first, incident.policy_version_id),
        known_at=min((event.recorded_at for event in told), default=until),
        promise=promise or promise_of,
    )


def promise_of(policy_version_id: int, priority: str) -> Promise:
    return course_of(terms_of(policy_version_id), priority)


def course_of(terms: Terms, priority: str) -> Promise:
    """What of these terms the course of events depends on."""
    gives_updates = priority in terms.targets and terms.targets[priority].update_s is not None
    mode = AFTER_CLIENT if terms.update_mode == PolicyVersion.Update.AFTER_CLIENT else EVERY
    return Promise(
        new_cycle_on_reopen=terms.reopen == PolicyVersion.Reopen.NEW_CYCLE, update_mode=mode if gives_updates else ""
    )


def runs_of(story: Story, *, opened_at: int) -> list[Run]:
    """The clocks of an incident: one response, a resolution per cycle, each update; then what departments and vendors
    owe us, per hop and per hold."""
    response = Cycle(opened_at, [] if story.responded_at is None else [(story.responded_at, Mark.STOP, "")])
    runs = [_run(Clock.Kind.RESPONSE, 1, response, story.agreed)]
    runs += [_run(Clock.Kind.RESOLUTION, n, cycle, story.agreed) for n, cycle in enumerate(story.cycles, start=1)]
    runs += [_run(Clock.Kind.UPDATE, n, cycle, story.agreed) for n, cycle in enumerate(story.updates, start=1)]
    for number, stay in enumerate(story.stays, start=1):
        if stay.ola_version_id is not None:
            agreed = _beside(story.agreed, stay.ola_version_id, known_at=stay.known_at)
            runs.append(_run(Clock.Kind.ACCEPT, number, stay.acceptance, agreed))
            runs.append(_run(Clock.Kind.FINISH, number, stay.work, agreed))
    for number, hold in enumerate(story.vendor_holds, start=1):
        if hold.version_id is not None:
            agreed = _beside(story.agreed, hold.version_id, known_at=hold.known_at)
            runs.append(_run(Clock.Kind.VENDOR, number, hold.cycle, agreed))
    return runs


def _beside(agreed: Iterable[Agreed], version_id: int, *, known_at: datetime) -> list[Agreed]:
    """The terms of a department or vendor: theirs from its beginning on, for the priorities that the incident had."""
    return [Agreed(one.at, version_id, one.priority, known_at) for one in agreed]


def _run(kind: Clock.Kind, number: int, cycle: Cycle, agreed: Sequence[Agreed]) -> Run:
    promised = [Promised(a.at, terms_of(a.policy_version_id), a.priority, a.known_at) for a in agreed[: cycle.agreed]]
    return Run.of(kind.value, number, started_at=cycle.started_at, happened=cycle.happened, promised=promised)


def calendars(*, now: datetime) -> CalendarLookup:
    """Looks up the calendar version in force at an instant, each once."""
    return lru_cache(maxsize=4096)(partial(calendar_version_at, now=now))


def measured(
    incident: Incident, story: Story, *, now: datetime, calendar_version: CalendarLookup | None = None
) -> list[Measured]:
    """The clocks as they must stand at `now`. Who measures many passes one `calendars` for all of them."""
    return measure(
        runs_of(story, opened_at=epoch(incident.opened_at)),
        calendar_version=calendar_version or calendars(now=now),
        now=epoch(now),
    )


def apply_story(incident: Incident, story: Story) -> None:
    """Write the story into the columns of an unsaved or locked incident; the caller saves."""
    assert story.department_id is not None
    incident.status = story.status
    incident.hold_reason = story.hold_reason
    incident.vendor_id = story.vendor_id
    incident.priority = story.priority
    incident.policy_version_id = story.policy_version_id
    incident.department_id = story.department_id
    incident.assignee_id = story.assignee_id
    incident.responded_at = _instant(story.responded_at)
    incident.resolved_at = _instant(story.resolved_at)
    incident.closed_at = _instant(story.closed_at)
    incident.reopen_count = story.reopen_count


def next_due_at(clocks: Iterable[Measured]) -> datetime:
    """The nearest deadline of a counting clock that was promised to the client, passed ones included; far in the future
    when none counts."""
    promised = [m.state for m in clocks if m.kind in PROMISED]
    due = [state.due_at for state in promised if state.running_since is not None and state.due_at is not None]
    return instant(min(due)) if due else FAR_FUTURE


def hops_of(incident: Incident, story: Story) -> list[Hop]:
    return [
        Hop(
            incident=incident,
            number=number,
            department_id=stay.department_id,
            started_at=instant(stay.started_at),
            ended_at=_instant(stay.ended_at),
        )
        for number, stay in enumerate(story.stays, start=1)
    ]


def rows_for(clocks: Sequence[Measured], stored: Iterable[Clock]) -> tuple[list[Clock | None], list[Clock]]:
    """The stored row of each of these clocks (None: it is new), and the rows that no event knows any more.

    A row stays with what it measured: where a late report puts a hop before another one, the later hop has another
    number and keeps its row, and with it its alerts.
    """
    left: dict[tuple[str, int], Clock] = {(row.kind, row.cycle): row for row in stored}
    found: dict[tuple[str, int], Clock] = {}
    for same in (_same_cycle_and_start, _same_start, _same_cycle):
        for m in clocks:
            key = (m.kind, m.cycle)
            if key not in found and (row := same(m, left)) is not None:
                found[key] = left.pop((row.kind, row.cycle))
    return [found.get((m.kind, m.cycle)) for m in clocks], list(left.values())


Rows = Mapping[tuple[str, int], Clock]


def _same_cycle_and_start(m: Measured, rows: Rows) -> Clock | None:
    row = rows.get((m.kind, m.cycle))
    return row if row is not None and epoch(row.started_at) == m.state.started_at else None


def _same_start(m: Measured, rows: Rows) -> Clock | None:
    return next((r for r in rows.values() if r.kind == m.kind and epoch(r.started_at) == m.state.started_at), None)


def _same_cycle(m: Measured, rows: Rows) -> Clock | None:
    return rows.get((m.kind, m.cycle))


def _instant(epoch_s: int | None) -> datetime | None:
    return None if epoch_s is None else instant(epoch_s)
