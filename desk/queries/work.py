"""The work of a department as its page shows it, narrowed as was wished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Client
from departments.models import Department
from incidents.permissions import Person
from kernel.keyset import KeysetPage
from projects.models import Dependency, Task
from projects.models.task import TaskQuerySet
from projects.queries.queues import (
    Part,
    Queue,
    Row,
    Sort,
    first_for,
    free_tasks,
    held_up_by,
    page_of,
    queue_of,
    tasks_of,
)


@dataclass(frozen=True)
class Wishes:
    """`mine`: only what is in the person's hands; `part`: one part alone, page by page."""

    mine: bool = False
    client: Client | None = None
    sort: str = Sort.DUE
    part: Part | None = None
    cursor: str = ""

    @property
    def is_narrow(self) -> bool:
        return self.mine or self.client is not None or self.part is not None


@dataclass(frozen=True)
class Work:
    """`page` is set where one part stands alone; `held` are tasks of others that wait for this department."""

    queue: Queue
    held: list[Dependency]
    part: Part | None
    rows: list[Row]
    page: KeysetPage[Task] | None

    @property
    def mark(self) -> object:
        return self.queue.mark, tuple(row.mark for row in self.rows), tuple(one.pk for one in self.held)


def work_of(user: Person, department: Department, tasks: TaskQuerySet, *, wishes: Wishes, now: datetime) -> Work:
    """About ten queries, however many tasks there are."""
    narrowed = tasks
    if wishes.mine:
        narrowed = narrowed.filter(pk__in=tasks_of(user).values("pk"))
    if wishes.client is not None:
        narrowed = narrowed.filter(client=wishes.client)
    takeable = free_tasks(user, now=now).filter(department=department)
    own = tasks_of(user).filter(department=department)
    first = first_for(own=own, takeable=takeable, now=now)
    queue = queue_of(narrowed, user, first=first, now=now, sort=wishes.sort)
    rows: list[Row] = []
    page = None
    if wishes.part is not None:
        rows, page = page_of(narrowed, wishes.part, user, now=now, sort=wishes.sort, cursor=wishes.cursor)
    return Work(queue, held_up_by(department, tasks), wishes.part, rows, page)
