"""Work in the order in which it should be done: what is next, what runs, what is ready, what waits and for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Person
from accounts.reach import reach_of
from departments.models import Department
from kernel.keyset import KeysetPage, keyset_page
from projects.lifecycle import TaskStatus
from projects.models import Dependency, Task
from projects.models.task import TaskQuerySet
from projects.permissions import tasks_visible_to
from projects.planning.gates import START_GATES
from projects.queries.tasks import awaited_by, successors_held_by, with_row_names
from projects.taskoffers import Offers, offers_for

SOME_ROWS, SOME_WAITING, A_PAGE, SOME_HELD, SOME_LOOKED_AT = 8, 5, 50, 6, 40


class Part(TextChoices):
    """The parts of a queue, in the order they stand in."""

    RETURNED = "returned", pgettext_lazy("of tasks", "Returned")
    IN_PROGRESS = "in_progress", _("In progress")
    READY = "ready", pgettext_lazy("of tasks", "Ready")
    BLOCKED = "blocked", pgettext_lazy("of tasks", "Blocked")
    COMING = "coming", pgettext_lazy("of tasks", "Coming")


class Sort(TextChoices):
    DUE = "due", _("What is due first")
    FREES = "frees", _("What frees most")


_ORDER: dict[str, tuple[str, ...]] = {
    Sort.DUE: ("due_at", "-frees", "id"),
    Sort.FREES: ("-frees", "due_at", "id"),
}


@dataclass(frozen=True)
class Row:
    """A task with whom it waits for and what the person may do with it at once."""

    task: Task
    awaited: tuple[Task, ...]
    offers: Offers

    @property
    def mark(self) -> object:
        """What makes the row look different when it changes."""
        task = self.task
        awaited = tuple((one.pk, one.version) for one in self.awaited)
        return task.pk, task.version, task.unmet, task.frees, task.due_at, awaited, self.offers.names


@dataclass(frozen=True)
class Group:
    """One part of a queue: the first rows of `count`."""

    part: Part
    rows: list[Row]
    count: int


@dataclass(frozen=True)
class Next:
    """The one to begin with, and the planned tasks that it holds up."""

    row: Row
    held: Sequence[Task]

    @property
    def departments(self) -> list[str]:
        """Those that wait for it, by their short names, each once, those promised first in front."""
        return list(dict.fromkeys(one.department.short for one in self.held))


@dataclass(frozen=True)
class Totals:
    open: int
    hours: Decimal
    holding: int


@dataclass(frozen=True)
class Queue:
    groups: list[Group]
    totals: Totals
    next: Next | None

    @property
    def mark(self) -> object:
        groups = tuple((one.part, one.count, tuple(row.mark for row in one.rows)) for one in self.groups)
        held = (self.next.row.mark, tuple(one.pk for one in self.next.held)) if self.next else None
        return groups, self.totals, held


def tasks_in(user: Person, department: Department) -> TaskQuerySet:
    """The department's open tasks that one may see; to its own people that is all of them, and costs no question."""
    is_own = department.pk in reach_of(user).department_ids and reach_of(user).only_clients is None
    rows = Task.objects.all() if is_own else tasks_visible_to(user)
    return rows.open().filter(department=department)


def tasks_of(user: Person) -> TaskQuerySet:
    """What one has in hand, wherever: who has it sees it."""
    reach = reach_of(user)
    rows = Task.objects.open().filter(assignee=reach.user_id, assignee__isnull=False)
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def free_tasks(user: Person, *, now: datetime) -> TaskQuerySet:
    """What one could take: ready or begun, in one's departments, in nobody's hands."""
    departments = reach_of(user).department_ids
    rows = Task.objects.open().filter(department__in=departments, assignee=None)
    takeable = _within(Part.READY, now=now) | _within(Part.IN_PROGRESS, now=now)
    return rows.filter(takeable).order_by(*_ORDER[Sort.DUE])


def queue_of(
    tasks: TaskQuerySet,
    user: Person,
    *,
    first: int | None = None,
    now: datetime,
    sort: str = Sort.DUE,
) -> Queue:
    """Open tasks in their parts, without the one to begin with (`first_for`), which stands above them; ten queries
    at most, however many there are."""
    counted = _counts(tasks, first, now=now)
    listed = (tasks.exclude(pk=first) if first else tasks).order_by(*_ORDER[sort])
    ids = {part: _some_of(listed, part, now=now) for part in Part if counted[part]}
    shown = [*([first] if first else []), *(pk for some in ids.values() for pk in some)]
    rows = {row.task.pk: row for row in rows_of(with_row_names(Task.objects.filter(pk__in=shown)), user, now=now)}
    groups = [Group(part, [rows[pk] for pk in some if pk in rows], counted[part]) for part, some in ids.items()]
    totals = Totals(counted["open"], counted["hours"] or Decimal(0), counted["holding"])
    return Queue(groups, totals, _next(rows[first]) if first in rows else None)


def first_for(*, own: TaskQuerySet, takeable: TaskQuerySet, now: datetime) -> int | None:
    """The id of the task to begin with: of what is the person's own and ready, else of what one could take, by promise
    and then by how many it frees; two queries."""
    ready = own.filter(_within(Part.READY, now=now)).order_by(*_ORDER[Sort.DUE])
    return _first_of(ready) or _first_of(takeable)


def page_of(
    tasks: TaskQuerySet, part: Part, user: Person, *, now: datetime, sort: str = Sort.DUE, cursor: str = ""
) -> tuple[list[Row], KeysetPage[Task]]:
    """One part alone, a page of it."""
    rows = with_row_names(tasks.filter(_within(part, now=now))).order_by(*_ORDER[sort])
    page = keyset_page(rows, size=A_PAGE, cursor=cursor)
    return rows_of(page.rows, user, now=now), page


def rows_of(tasks: Iterable[Task], user: Person, *, now: datetime) -> list[Row]:
    """In the same order; two queries."""
    tasks = list(tasks)
    awaited = awaited_by(tasks)
    return [Row(task, tuple(awaited[task.pk]), offers_for(user, task, at=now)) for task in tasks]


def held_up_by(department: Department, tasks: TaskQuerySet) -> list[Dependency]:
    """Tasks of other departments that wait for some of these, those promised first in front; one query.

    Of a long queue only the tasks due first are looked at.
    """
    some = tasks.filter(frees__gt=0).order_by("due_at", "pk").values("pk")[:SOME_LOOKED_AT]
    links = Dependency.objects.filter(
        predecessor__in=some, kind__in=sorted(START_GATES), successor__status=TaskStatus.PLANNED
    ).exclude(successor__department=department)
    shown = ("title", "status", "due_at", *(f"department__{name}" for name in ("name", "short_name", "icon")))
    return list(
        links.select_related("predecessor", "successor__department")
        .only("predecessor__id", *(f"successor__{name}" for name in shown))
        .order_by("successor__due_at", "pk")[:SOME_HELD]
    )


def _first_of(tasks: TaskQuerySet) -> int | None:
    return tasks.values_list("pk", flat=True).first()


def _some_of(tasks: TaskQuerySet, part: Part, *, now: datetime) -> list[int]:
    """The first of a part; fewer of what nobody here can go on with."""
    some = SOME_WAITING if part in {Part.BLOCKED, Part.COMING} else SOME_ROWS
    return list(tasks.filter(_within(part, now=now)).values_list("pk", flat=True)[:some])


def _counts(tasks: TaskQuerySet, first: int | None, *, now: datetime) -> dict[str, Any]:
    """Of all, and by part without the one that stands above them; one query."""
    others = ~Q(pk=first) if first else Q()
    return tasks.order_by().aggregate(
        hours=Sum("estimate_h"),
        open=Count("pk"),
        holding=Count("pk", filter=Q(frees__gt=0)),
        **{part.value: Count("pk", filter=_within(part, now=now) & others) for part in Part},
    )


def _next(row: Row) -> Next:
    return Next(row, successors_held_by(row.task) if row.task.frees else ())


def _within(part: Part, *, now: datetime) -> Q:
    planned = Q(status=TaskStatus.PLANNED)
    may_start = Q(unmet=0, ready_at__lte=now)
    return {
        Part.RETURNED: planned & Q(returned_at__isnull=False),
        Part.IN_PROGRESS: Q(status=TaskStatus.IN_PROGRESS),
        Part.READY: planned & may_start & Q(returned_at=None),
        Part.BLOCKED: Q(status=TaskStatus.BLOCKED),
        Part.COMING: planned & (Q(unmet__gt=0) | Q(ready_at__gt=now)) & Q(returned_at=None),
    }[part]
