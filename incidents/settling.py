"""From an incident's stored events to its stored columns, hops and clocks: what every operation does at its end.

Nothing is patched by hand: the story is told anew from the events, so what stands in the tables is always what the
events say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from incidents.lifecycle import Step, Story, tell
from incidents.models import FAR_FUTURE, Hop, Incident, IncidentEvent
from sla.measure import Measured, Run, epoch, instant, measure, pinned
from sla.models import Calendar, Clock, PolicyVersion
from sla.replay import Mark
from sla.terms import terms_of

SUBJECT_KIND = "incident"


def step_of(event: IncidentEvent) -> Step:
    return Step(
        at=epoch(event.at),
        status=event.status,
        hold_reason=event.hold_reason,
        priority=event.priority,
        department_id=event.department_id,
        assignee_changed=event.assignee_changed,
        assignee_id=event.assignee_id,
    )


def story_of(incident: Incident, events: Iterable[IncidentEvent], *, until: datetime) -> Story:
    """The story up to `until`; an event after it has not happened yet."""
    terms = terms_of(incident.policy_version_id)
    return tell(
        opened_at=epoch(incident.opened_at),
        steps=[step_of(event) for event in events if event.at <= until],
        pause_on=terms.pause_on,
        new_cycle_on_reopen=terms.reopen == PolicyVersion.Reopen.NEW_CYCLE,
    )


def runs_of(story: Story, *, opened_at: int) -> list[Run]:
    """The clocks of an incident: one response, and a resolution per cycle."""
    response = [(story.responded_at, Mark.STOP)] if story.responded_at is not None else []
    runs = [Run(Clock.Kind.RESPONSE.value, 1, opened_at, response)]
    for number, cycle in enumerate(story.cycles, start=1):
        runs.append(Run(Clock.Kind.RESOLUTION.value, number, cycle.started_at, cycle.marks))
    return runs


def current_calendar_version(calendar_id: int) -> int:
    version = Calendar.objects.values_list("current_id", flat=True).get(pk=calendar_id)
    assert version is not None
    return version


def measured(
    incident: Incident,
    story: Story,
    *,
    clocks: Sequence[Clock],
    now: datetime,
    current: Callable[[int], int] = current_calendar_version,
) -> list[Measured]:
    """The clocks as they must stand at `now`; stored ones keep the calendar version they were started with.

    `current` names the version that new clocks of a calendar start with.
    """
    terms = terms_of(incident.policy_version_id)
    return measure(
        runs_of(story, opened_at=epoch(incident.opened_at)),
        terms=terms,
        priority=story.priority,
        calendar_version=pinned(clocks, current=current),
        now=epoch(now),
    )


def apply_story(incident: Incident, story: Story) -> None:
    """Write the story into the columns of an unsaved or locked incident; the caller saves."""
    assert story.department_id is not None
    incident.status = story.status
    incident.hold_reason = story.hold_reason
    incident.priority = story.priority
    incident.department_id = story.department_id
    incident.assignee_id = story.assignee_id
    incident.responded_at = _instant(story.responded_at)
    incident.resolved_at = _instant(story.resolved_at)
    incident.closed_at = _instant(story.closed_at)
    incident.reopen_count = story.reopen_count


def next_due_at(clocks: Iterable[Measured]) -> datetime:
    """The nearest deadline of a counting clock, passed ones included; far in the future when none counts."""
    due = [m.state.due_at for m in clocks if m.state.running_since is not None and m.state.due_at is not None]
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


def _instant(epoch_s: int | None) -> datetime | None:
    return None if epoch_s is None else instant(epoch_s)
