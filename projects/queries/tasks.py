"""One task with all that stands around it, and what others look like beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import NAME_FIELDS
from accounts.permissions import Person
from kernel import history
from kernel.models import History
from projects.models import Check, Dependency, Task
from projects.models.task import TaskQuerySet
from projects.permissions import may_link, projects_visible_to, requests_visible_to, tasks_visible_to
from projects.queries.gates import waiting_for

MOST_LINES = 100
# What a row shows of a task, and of those it waits for.
_BESIDE = (
    *("version", "title", "status", "block_reason", "block_text", "blocked_at", "started_at", "finished_at"),
    *("returned_at", "return_reason", "ready_at", "due_at", "unmet", "frees", "estimate_h", "planned_at"),
    *("last_word_at", "change_request_id"),
    *("department__name", "department__short_name", "department__icon"),
    *(f"assignee__{name}" for name in NAME_FIELDS),
)
_IN_A_ROW = (*_BESIDE, "change_request__external_ref", "client__name", "project__name", "project__client_id")


@dataclass(frozen=True)
class Neighbour:
    """A task beside another. Everybody who sees that one reads its name; `may_open` says whether this one, too, and
    `may_change` whether how they wait is the person's to change."""

    task: Task
    dependency: Dependency
    may_open: bool
    may_change: bool
    waits: tuple[Task, ...] = ()


@dataclass(frozen=True)
class TaskPage:
    """`waits`: the tasks that hold back its start now. Who works on a task may open neither its request nor its project
    for that alone."""

    task: Task
    may_open_request: bool
    may_open_project: bool
    waits: list[Task]
    before: list[Neighbour]
    after: list[Neighbour]
    checks: list[Check]
    history: list[History]

    @property
    def holds_up(self) -> list[Neighbour]:
        """Those that cannot start while this one has not done its part."""
        return [one for one in self.after if one.task.status == "planned" and one.dependency.kind in {"FS", "SS"}]

    @property
    def departments_held(self) -> list[str]:
        """By their short names, each once."""
        return list(dict.fromkeys(one.task.department.short for one in self.holds_up))

    @property
    def mark(self) -> object:
        """What makes the page look different when it changes."""
        around = [
            (one.task.pk, one.task.version, one.task.unmet, one.dependency.version)
            for one in (*self.before, *self.after)
        ]
        task = self.task
        ticks = [line.done_at for line in self.checks]
        newest = self.history[0].pk if self.history else 0
        return task.pk, task.version, task.unmet, task.ready_at, task.frees, task.due_at, ticks, newest, around


def task_rows(user: Person) -> TaskQuerySet:
    """The tasks one may see, with what every page shows of them."""
    return with_names(tasks_visible_to(user))


def with_names(rows: TaskQuerySet) -> TaskQuerySet:
    return rows.select_related("client", "project__client", "change_request", "department", "assignee")


def with_row_names(rows: TaskQuerySet) -> TaskQuerySet:
    """What a row of a queue shows, and no more: such lists are long and asked for often."""
    return rows.select_related("client", "project", "change_request", "department", "assignee").only(*_IN_A_ROW)


def task_page(task: Task, user: Person) -> TaskPage:
    """Nine queries, whatever hangs on the task."""
    links = Dependency.objects.select_related(
        "predecessor__department",
        "predecessor__assignee",
        "predecessor__project__client",
        "predecessor__change_request",
        "successor__department",
        "successor__assignee",
        "successor__project__client",
        "successor__change_request",
    )
    before = list(links.filter(successor=task).order_by("predecessor"))
    after = list(links.filter(predecessor=task).order_by("successor"))
    around = [link.predecessor for link in before] + [link.successor for link in after]
    seen = set(tasks_visible_to(user).filter(pk__in=[one.pk for one in around]).values_list("pk", flat=True))
    awaited = awaited_by([task, *around])
    return TaskPage(
        task=task,
        may_open_request=requests_visible_to(user).filter(tasks=task).exists(),
        may_open_project=projects_visible_to(user).filter(pk=task.project_id).exists(),
        waits=awaited[task.pk],
        before=[_neighbour(link.predecessor, link, user, seen, awaited) for link in before],
        after=[_neighbour(link.successor, link, user, seen, awaited) for link in after],
        checks=list(task.checks.select_related("done_by")),
        history=list(history.of(task)[:MOST_LINES]),
    )


def _neighbour(task: Task, link: Dependency, user: Person, seen: set[int], awaited: dict[int, list[Task]]) -> Neighbour:
    may_change = task.pk in seen and may_link(user, link.predecessor, link.successor)
    return Neighbour(task, link, task.pk in seen, may_change, tuple(awaited[task.pk]))


def awaited_by(tasks: Collection[Task]) -> dict[int, list[Task]]:
    """By the tasks' ids, the tasks that hold back their start now, with department and person; two queries."""
    waits = waiting_for(tasks)
    holding = {pk for ids in waits.values() for pk in ids}
    rows = Task.objects.select_related("department", "assignee").only(*_BESIDE)
    found = rows.in_bulk(holding) if holding else {}
    return {pk: [found[one] for one in ids if one in found] for pk, ids in waits.items()}


def successors_held_by(task: Task) -> Sequence[Task]:
    """The planned tasks that cannot start before this one has done its part, those promised first in front."""
    links = Dependency.objects.filter(predecessor=task, kind__in=["FS", "SS"], successor__status="planned")
    rows: QuerySet[Task] = Task.objects.filter(pk__in=links.values("successor")).select_related("department")
    return list(rows.order_by("due_at", "pk"))
