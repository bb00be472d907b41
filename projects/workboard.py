"""A request in work, drawn: who has which piece, what it waits for, and where the chain is stuck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel.templatetags.ui import BADGES, SPACE
from projects.drawing import flow, lanes
from projects.lifecycle import TaskStatus
from projects.models import Dependency, Task
from projects.planning.cpm import SAME_H, Analysis
from projects.planning.gates import WAITS_FOR_END

S = TaskStatus


@dataclass(frozen=True)
class Wait:
    """A task that another one waits for, since when it has been as it is, and since when nobody says anything of it."""

    task: Task
    since: datetime
    silent_since: datetime | None = None


@dataclass(frozen=True)
class Line:
    """A task with whom it waits for and how many hours it may slip; none of them once it has ended. `silent_since`:
    since when nobody said anything, where that is longer than the task bears."""

    task: Task
    number: int
    waits: tuple[Wait, ...]
    frees: tuple[Task, ...]
    slack_h: float | None
    badge: str
    says: str
    silent_since: datetime | None = None

    @property
    def is_critical(self) -> bool:
        return self.slack_h is not None and self.slack_h < SAME_H

    @property
    def departments_freed(self) -> list[str]:
        return _departments_of(self.frees)


@dataclass(frozen=True)
class Stuck:
    """A blocked task and those that cannot start before it goes on."""

    task: Task
    holds: tuple[Task, ...]

    @property
    def departments(self) -> list[str]:
        return _departments_of(self.holds)


@dataclass(frozen=True, kw_only=True)
class Work:
    """The tasks of one request that somebody may see, and the dependencies between them."""

    lines: tuple[Line, ...]
    edges: tuple[Dependency, ...]
    stuck: tuple[Stuck, ...]

    @property
    def done(self) -> int:
        return sum(line.task.has_ended for line in self.lines)

    @property
    def waiting(self) -> list[Line]:
        """Who waits for whom, those first that wait for the fewest."""
        return sorted((line for line in self.lines if line.waits), key=lambda line: len(line.waits))


def work_of(
    tasks: Sequence[Task],
    edges: Sequence[Dependency],
    awaited: Mapping[int, Sequence[Task]],
    analysis: Analysis[int] | None,
    *,
    silent: Mapping[int, datetime],
    now: datetime,
) -> Work:
    """`silent`: since when nobody said anything, by the ids of the tasks."""
    by_id = {task.pk: task for task in tasks}
    inner = tuple(edge for edge in edges if edge.predecessor_id in by_id and edge.successor_id in by_id)
    after: dict[int, list[Task]] = {}
    for edge in inner:
        after.setdefault(edge.predecessor_id, []).append(by_id[edge.successor_id])
    lines = []
    for number, task in enumerate(tasks, start=1):
        waits = awaited.get(task.pk, ())
        badge, says = _badge(task, waits, silent_since=silent.get(task.pk), now=now)
        times = analysis.pieces.get(task.pk) if analysis is not None and task.is_open else None
        lines.append(
            Line(
                task=task,
                number=number,
                waits=tuple(Wait(one, since(one), silent.get(one.pk)) for one in waits),
                frees=tuple(after.get(task.pk, ())),
                slack_h=times.total_slack if times else None,
                badge=badge,
                says=says,
                silent_since=silent.get(task.pk),
            )
        )
    held = {task.pk: [one for one in after.get(task.pk, ()) if one.status == S.PLANNED] for task in tasks}
    stuck = tuple(Stuck(task, tuple(held[task.pk])) for task in tasks if task.status == S.BLOCKED)
    return Work(lines=tuple(lines), edges=inner, stuck=stuck)


def _departments_of(tasks: Sequence[Task]) -> list[str]:
    """By their short names, each once."""
    return list(dict.fromkeys(task.department.short for task in tasks))


def since(task: Task) -> datetime:
    """Since when a task has been as it is: blocked, begun, or planned."""
    if task.status == S.BLOCKED and task.blocked_at is not None:
        return task.blocked_at
    if task.status == S.IN_PROGRESS and task.started_at is not None:
        return task.started_at
    return task.planned_at


def board_of(work: Work, queues: Mapping[int, int], *, selected: int | None = None) -> lanes.Board[int]:
    """A lane for each department, in the order in which the chain comes to it."""
    departments = {line.task.department_id: line.task.department for line in work.lines}
    cards = [
        lanes.Card(
            key=line.task.pk,
            lane=line.task.department_id,
            title=line.task.title,
            url=reverse("task", args=[line.task.pk]),
            peek=reverse("task-peek", args=[line.task.pk]),
            badge=line.badge,
            says=line.says,
            owner=str(line.task.assignee) if line.task.assignee else "",
            is_selected=line.task.pk == selected,
        )
        for line in work.lines
    ]
    by_id = {line.task.pk: line.task for line in work.lines}
    return lanes.draw(
        [
            lanes.Lane(pk, one.short, one.icon, _("Queue %(n)d") % {"n": queues.get(pk, 0)})
            for pk, one in departments.items()
        ],
        cards,
        [lanes.Edge(edge.predecessor_id, edge.successor_id, _state(edge, by_id)) for edge in work.edges],
    )


def graph_of(work: Work) -> flow.Flow[int]:
    """The same chain from top to bottom; critical is what the end hangs on now."""
    critical = {line.task.pk for line in work.lines if line.is_critical}
    nodes = [
        flow.Node(
            key=line.task.pk,
            number=line.number,
            title=line.task.title,
            department=line.task.department.short,
            hours=float(line.task.estimate_h),
            is_critical=line.task.pk in critical,
            says=_state_in_a_word(line),
            look={S.DONE: "done", S.CANCELLED: "done", S.BLOCKED: "bad"}.get(S(line.task.status), ""),
            url=reverse("task", args=[line.task.pk]),
            peek=reverse("task-peek", args=[line.task.pk]),
        )
        for line in work.lines
    ]
    edges = [
        flow.Edge(edge.predecessor_id, edge.successor_id, {edge.predecessor_id, edge.successor_id} <= critical)
        for edge in work.edges
    ]
    return flow.draw(nodes, edges)


def _state_in_a_word(line: Line) -> str:
    if line.badge in {"ready", "waiting"}:
        return str(BADGES[line.badge][1])
    return str(line.task.get_status_display())


def queues_of(department_ids: Collection[int]) -> dict[int, int]:
    """How many open tasks lie with each department, for whomever; one query."""
    rows = Task.objects.open().filter(department__in=department_ids).order_by().values_list("department")
    return Counter(dict(rows.annotate(n=Count("pk"))))


def _state(edge: Dependency, tasks: Mapping[int, Task]) -> lanes.State:
    before = tasks[edge.predecessor_id]
    if before.has_ended or (edge.kind not in WAITS_FOR_END and before.started_at is not None):
        return "freed"
    return "held" if before.status == S.BLOCKED else "waiting"


def _coarse(time: timedelta) -> str:
    """In whole days from the second day on, else in hours: a card is small."""
    words = _("%d d") % time.days if time.days > 1 else _("%d h") % (time // timedelta(hours=1))
    return words.replace(" ", SPACE)


def _badge(task: Task, waits: Sequence[Task], *, silent_since: datetime | None, now: datetime) -> tuple[str, str]:
    """A badge of the design, and what it says instead of its plain word."""
    if task.status == S.BLOCKED:
        return "blocked", _("Blocked %(time)s") % {"time": _coarse(now - since(task))}
    if task.status == S.CANCELLED:
        return "todo", task.get_status_display()
    if silent_since is not None and task.status == S.IN_PROGRESS:
        return "stale", _("Silent %(time)s") % {"time": _coarse(now - silent_since)}
    if task.status in {S.DONE, S.IN_PROGRESS}:
        return ("done" if task.status == S.DONE else "progress"), ""
    if task.is_ready(now):
        return "ready", ""
    if len({one.department_id for one in waits}) > 1:
        return "waiting", ngettext("Waiting for %(n)d", "Waiting for %(n)d", len(waits)) % {"n": len(waits)}
    return "waiting", _("Waiting for %(department)s") % {"department": waits[0].department.short} if waits else ""
