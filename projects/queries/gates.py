"""What tasks wait for, as the rules of `planning.gates` read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from departments.models import Department
from projects.lifecycle import ENDED_TASK, TaskStatus
from projects.models import Dependency, Task
from projects.planning.gates import START_GATES, Wait
from sla.businesstime import BusinessCalendar
from sla.terms import business_calendar

HOUR = 3600


def waits_of(task_ids: Collection[int]) -> dict[int, list[Wait]]:
    """By the successors' ids, every dependency that leads to them; one query."""
    rows = Dependency.objects.filter(successor__in=task_ids).values_list(
        "successor_id",
        "predecessor_id",
        "kind",
        "lag_h",
        "lag_calendar",
        "predecessor__status",
        "predecessor__started_at",
        "predecessor__finished_at",
    )
    found: dict[int, list[Wait]] = defaultdict(list)
    for successor, predecessor, kind, lag_h, lag_calendar, status, started_at, finished_at in rows:
        found[successor].append(
            Wait(
                predecessor=predecessor,
                kind=kind,
                started_at=epoch(started_at),
                ended_at=epoch(finished_at) if status in ENDED_TASK else None,
                is_cancelled=status == TaskStatus.CANCELLED,
                lag_s=int(lag_h * HOUR),
                is_always=lag_calendar == Dependency.LagCalendar.ALWAYS,
            )
        )
    return found


def working_time(department_ids: Collection[int]) -> dict[int, Callable[[int, int], int]]:
    """By the departments' ids, how working time is added; around the clock for one without a calendar. One query."""
    return {pk: adder(calendar) for pk, calendar in working_calendars(department_ids).items()}


def working_calendars(department_ids: Collection[int]) -> dict[int, BusinessCalendar | None]:
    """By the departments' ids, their calendars as they are now; None for one without. One query."""
    versions = Department.objects.filter(pk__in=department_ids).values_list("pk", "calendar__current")
    return {pk: business_calendar(version) if version else None for pk, version in versions}


def adder(calendar: BusinessCalendar | None) -> Callable[[int, int], int]:
    return _plain if calendar is None else calendar.add


def _plain(instant: int, seconds: int) -> int:
    return instant + seconds


def epoch(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def successors_of(task_ids: Collection[int]) -> set[int]:
    return set(Dependency.objects.filter(predecessor__in=task_ids).values_list("successor", flat=True))


def predecessors_of(task_ids: Collection[int]) -> set[int]:
    return set(Dependency.objects.filter(successor__in=task_ids).values_list("predecessor", flat=True))


def waiting_for(tasks: Collection[Task]) -> dict[int, list[int]]:
    """By the tasks' ids, the predecessors that hold back their start now; none where only a lag does. One query."""
    planned = {task.pk for task in tasks if task.status == TaskStatus.PLANNED and task.unmet}
    waits = waits_of(planned) if planned else {}
    holding = {
        pk: sorted(wait.predecessor for wait in found if wait.kind in START_GATES and wait.since is None)
        for pk, found in waits.items()
    }
    return {task.pk: holding.get(task.pk, []) for task in tasks}
