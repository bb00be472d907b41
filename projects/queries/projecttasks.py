"""The tasks of one project: what they can be narrowed to, who waits for whom, and who has gone silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from django.db.models import Count, Q, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.permissions import Person
from departments.models import Department
from projects.lifecycle import OPEN_TASK, TaskStatus
from projects.models import ChangeRequest, Dependency, Project, Task
from projects.models.task import TaskQuerySet
from projects.permissions import tasks_visible_to
from projects.queries.queues import Row, rows_of
from projects.queries.silence import silent_since
from projects.queries.tasks import awaited_by, with_row_names
from projects.workboard import Work, work_of

MOST_ON_BOARD = 120


class Status(TextChoices):
    """What a project's tasks are narrowed to; without a choice, those that are open."""

    READY = "ready", pgettext_lazy("of tasks", "Ready")
    WAITING = "waiting", _("Waiting")
    IN_PROGRESS = "in_progress", _("In progress")
    BLOCKED = "blocked", pgettext_lazy("of tasks", "Blocked")
    DONE = "done", pgettext_lazy("of tasks", "Done")
    CANCELLED = "cancelled", pgettext_lazy("of tasks", "Cancelled")
    ALL = "all", pgettext_lazy("of tasks", "All")


class Trouble(TextChoices):
    STUCK = "stuck", _("Stuck: blocked or returned")
    SILENT = "silent", _("Silent")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What somebody wants to see; empty parts do not narrow."""

    department: Department | None = None
    status: str = ""
    assignee: User | None = None
    trouble: str = ""
    request: ChangeRequest | None = None

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class TaskLine(Row):
    """`silent_since`: since when nobody said anything, where that is longer than the task bears."""

    silent_since: datetime | None = None


@dataclass(frozen=True)
class Troubles:
    """How much is stuck, by kind."""

    open: int
    blocked: int
    returned: int
    silent: int

    @property
    def is_stuck(self) -> bool:
        return bool(self.blocked or self.returned or self.silent)


def tasks_in(project: Project, user: Person) -> TaskQuerySet:
    return tasks_visible_to(user).filter(project=project)


def silent_in(tasks: TaskQuerySet, *, now: datetime) -> dict[int, datetime]:
    """By the tasks' ids, since when; four queries."""
    return silent_since(list(tasks.filter(status__in=[TaskStatus.IN_PROGRESS, TaskStatus.BLOCKED])), at=now)


def troubles_of(tasks: TaskQuerySet, silent: Mapping[int, datetime]) -> Troubles:
    """One query."""
    counts = tasks.filter(status__in=sorted(OPEN_TASK)).aggregate(
        open=Count("pk"),
        blocked=Count("pk", filter=Q(status=TaskStatus.BLOCKED)),
        returned=Count("pk", filter=Q(returned_at__isnull=False)),
    )
    return Troubles(**counts, silent=len(silent))


def narrowed(tasks: TaskQuerySet, wishes: Wishes, *, silent: Mapping[int, datetime], now: datetime) -> TaskQuerySet:
    """What is due first in front."""
    rows = tasks.filter(_with_status(wishes.status, now=now))
    if wishes.department is not None:
        rows = rows.filter(department=wishes.department)
    if wishes.assignee is not None:
        rows = rows.filter(assignee=wishes.assignee)
    if wishes.request is not None:
        rows = rows.filter(change_request=wishes.request)
    if wishes.trouble == Trouble.STUCK:
        rows = rows.filter(Q(status=TaskStatus.BLOCKED) | Q(returned_at__isnull=False))
    if wishes.trouble == Trouble.SILENT:
        rows = rows.filter(pk__in=silent)
    return with_row_names(rows).order_by("due_at", "-frees", "id")


def lines_of(tasks: Sequence[Task], user: Person, *, silent: Mapping[int, datetime], now: datetime) -> list[TaskLine]:
    """In the same order; two queries."""
    return [
        TaskLine(row.task, row.awaited, row.offers, silent.get(row.task.pk)) for row in rows_of(tasks, user, now=now)
    ]


def work_in(tasks: Sequence[Task], *, silent: Mapping[int, datetime], now: datetime) -> Work:
    """The chains between these tasks; three queries."""
    edges = list(Dependency.objects.filter(successor__in=[task.pk for task in tasks]).order_by("pk"))
    return work_of(tasks, edges, awaited_by(tasks), None, silent=silent, now=now)


def _with_status(status: str, *, now: datetime) -> Q:
    if status == Status.ALL:
        return Q()
    if status == Status.READY:
        return Q(status=TaskStatus.PLANNED, unmet=0, ready_at__lte=now)
    if status == Status.WAITING:
        return Q(status=TaskStatus.PLANNED) & (Q(unmet__gt=0) | Q(ready_at__gt=now))
    return Q(status=status) if status else Q(status__in=sorted(OPEN_TASK))
