"""What tasks keep of others: locked together, computed from the dependencies, stored where it differs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Count

from kernel import bulk
from kernel.locking import lock
from projects.lifecycle import BINDING, TaskStatus
from projects.models import Dependency, Task
from projects.planning.gates import START_GATES, Gate, start_gate
from projects.queries.gates import epoch, instant, predecessors_of, successors_of, waits_of, working_time

KEPT = ("unmet", "ready_at", "frees", "announced_at")


def locked_with_neighbours(task: Task) -> Task:
    """The task as it is now, ours with everything whose readiness it decides until the end of the transaction.

    All in one order, so that two people who end neighbouring tasks wait for each other instead of for ever. Who adds a
    dependency to the task must wait for it, so nothing is missed that was not there when we looked.
    """
    around = {task.pk} | successors_of([task.pk]) | predecessors_of([task.pk])
    list(lock(Task.objects.filter(pk__in=around).order_by("pk")).values_list("pk", flat=True))
    rows = Task.objects.select_related("project__client", "client", "change_request", "department", "assignee")
    return rows.get(pk=task.pk)


def refresh_around(task: Task, *, at: datetime) -> list[Task]:
    """Store anew what follows from a change of this task; returns the successors that are ready only now, and may be
    told so. The caller has locked them."""
    return refresh(successors_of([task.pk]) | predecessors_of([task.pk]) | {task.pk}, at=at)


def refresh(task_ids: Collection[int], *, at: datetime) -> list[Task]:
    """Store what these tasks wait for and hold back. Returns those whose last gate has just opened.

    Five queries however many. Who is no longer ready may be announced again later; who may not be told yet, because the
    request is not agreed or the task was sent back, is announced when that has changed.
    """
    tasks = list(Task.objects.filter(pk__in=task_ids, finished_at=None).select_related("change_request").order_by("pk"))
    planned = [task for task in tasks if task.status == TaskStatus.PLANNED]
    gates = gates_of(planned)
    held = held_back_by([task.pk for task in tasks])
    changed, opened = [], []
    for task in tasks:
        before = tuple(getattr(task, name) for name in KEPT)
        gate = gates.get(task.pk, Gate())
        is_closed = task.status == TaskStatus.PLANNED and bool(gate.waiting_for)
        was_closed = task.unmet > 0
        task.unmet = len(gate.waiting_for)
        task.ready_at = None if is_closed else max(instant(gate.opens_at), task.planned_at)
        task.frees = held.get(task.pk, 0)
        if is_closed:
            task.announced_at = None
        elif was_closed and task.is_ready(at) and _may_be_told(task):
            opened.append(task)
            task.announced_at = at
        if tuple(getattr(task, name) for name in KEPT) != before:
            changed.append(task)
    bulk.update(changed, fields=KEPT)
    return opened


def _may_be_told(task: Task) -> bool:
    request = task.change_request
    return task.returned_at is None and (request is None or request.status in BINDING)


def gates_of(tasks: Iterable[Task]) -> dict[int, Gate]:
    """What holds back the start of each, by its id; two queries."""
    tasks = list(tasks)
    waits = waits_of([task.pk for task in tasks])
    working = working_time({task.department_id for task in tasks})
    return {
        task.pk: start_gate(
            waits.get(task.pk, ()), working=working[task.department_id], not_before=epoch(task.not_before)
        )
        for task in tasks
    }


def held_back_by(task_ids: Collection[int]) -> dict[int, int]:
    """How many planned tasks each holds back by a dependency on its start or end; one query."""
    rows = Dependency.objects.filter(
        predecessor__in=task_ids, kind__in=sorted(START_GATES), successor__status=TaskStatus.PLANNED
    )
    return dict(rows.order_by().values_list("predecessor").annotate(held=Count("pk")))
