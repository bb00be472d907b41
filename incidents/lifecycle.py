"""What an incident's events add up to: status, times, hops and the marks of its clocks. Pure, no database.

The live operations, the import and the audit tell the story with this one function. Instants are whole epoch seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sla.replay import Mark

NEW, IN_PROGRESS, ON_HOLD, RESOLVED, CLOSED = "new", "in_progress", "on_hold", "resolved", "closed"
STOPPED = frozenset({RESOLVED, CLOSED})

# Which status may follow which by a verb of a person. A ticketing system reports states as they are and is not held
# to it.
TRANSITIONS: dict[str, frozenset[str]] = {
    NEW: frozenset({IN_PROGRESS, ON_HOLD, RESOLVED, CLOSED}),
    IN_PROGRESS: frozenset({ON_HOLD, RESOLVED, CLOSED}),
    ON_HOLD: frozenset({IN_PROGRESS, ON_HOLD, RESOLVED, CLOSED}),
    RESOLVED: frozenset({IN_PROGRESS, CLOSED}),
    CLOSED: frozenset({IN_PROGRESS}),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One event as the story needs it; empty fields leave things as they are."""

    at: int
    status: str = ""
    hold_reason: str = ""
    priority: str = ""
    department_id: int | None = None
    assignee_changed: bool = False
    assignee_id: int | None = None


@dataclass(slots=True)
class Stay:
    """The incident was with this department from `started_at` to `ended_at` (None: still is)."""

    department_id: int
    started_at: int
    ended_at: int | None = None


@dataclass(slots=True)
class Cycle:
    """One run of the resolution clock; a second one exists only under the reopen policy "new_cycle"."""

    started_at: int
    marks: list[tuple[int, Mark]] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    status: str = NEW
    hold_reason: str = ""
    priority: str = ""
    department_id: int | None = None
    assignee_id: int | None = None
    responded_at: int | None = None
    resolved_at: int | None = None
    closed_at: int | None = None
    reopen_count: int = 0
    last_status_at: int = 0
    stays: list[Stay] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)


def tell(*, opened_at: int, steps: Iterable[Step], pause_on: frozenset[str], new_cycle_on_reopen: bool) -> Story:
    """The story of an incident, its steps given in order.

    A step earlier than the opening, or than the step before it, counts as at that instant. The response is the first
    status other
    than new. The resolution clock pauses while on hold for a reason in `pause_on`, stops when resolved or closed,
    and goes on (or starts anew) when an open status follows.
    """
    story = Story(last_status_at=opened_at, cycles=[Cycle(opened_at)])
    last = opened_at
    for step in steps:
        last = at = max(step.at, last)
        if step.priority:
            story.priority = step.priority
        if step.department_id is not None and step.department_id != story.department_id:
            _move(story, step.department_id, at)
        if step.assignee_changed:
            story.assignee_id = step.assignee_id
        if step.status:
            _enter(story, step, at, pause_on=pause_on, new_cycle_on_reopen=new_cycle_on_reopen)
    return story


def _move(story: Story, department_id: int, at: int) -> None:
    if story.stays:
        story.stays[-1].ended_at = at
    story.department_id = department_id
    story.stays.append(Stay(department_id, at))


def _enter(story: Story, step: Step, at: int, *, pause_on: frozenset[str], new_cycle_on_reopen: bool) -> None:
    before, after = story.status, step.status
    reason = step.hold_reason if after == ON_HOLD else ""
    if (after, reason) != (before, story.hold_reason):
        story.last_status_at = at
    if after != NEW and story.responded_at is None:
        story.responded_at = at
    marks = story.cycles[-1].marks
    if after in STOPPED:
        if before not in STOPPED:
            marks.append((at, Mark.STOP))
            story.resolved_at = at
        if after == CLOSED and before != CLOSED:
            story.closed_at = at
    else:
        if before in STOPPED:
            story.reopen_count += 1
            story.resolved_at = story.closed_at = None
            if new_cycle_on_reopen:
                story.cycles.append(Cycle(at))
                marks = story.cycles[-1].marks
            else:
                marks.append((at, Mark.RESUME))
        marks.append((at, Mark.PAUSE if reason in pause_on else Mark.RESUME))
    story.status, story.hold_reason = after, reason
