"""The list of projects: what it can be narrowed to, and how each of them stands; what breaks next comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, DateTimeField, Func, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least

from accounts.models import Client
from accounts.permissions import Person
from accounts.reach import reach_of
from projects.lifecycle import ENDED_REQUEST, OPEN_TASK, TaskStatus
from projects.models import FAR_FUTURE, ChangeRequest, Project, Task
from projects.permissions import projects_visible_to
from projects.queries.silence import silent_since

BEFORE_GO_LIVE = (Project.Phase.DESIGN, Project.Phase.IMPLEMENTATION)
OPEN = "open"  # every phase but closed
ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What somebody wants to see; empty parts do not narrow, but an empty phase means what is not closed."""

    client: Client | None = None
    phase: str = ""
    mine: bool = False
    q: str = ""

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Line:
    """How a project stands. Counts are of what is open; `next_promise` is the nearest one to its client."""

    project: Project
    requests: int = 0
    tasks: int = 0
    blocked: int = 0
    returned: int = 0
    silent: int = 0
    next_promise: datetime | None = None

    @property
    def is_stuck(self) -> bool:
        return bool(self.blocked or self.returned or self.silent)

    @property
    def mark(self) -> object:
        """What makes the row look different when it changes."""
        counts = (self.requests, self.tasks, self.blocked, self.returned, self.silent, self.next_promise)
        return self.project.pk, self.project.version, counts


class Midnight(Func):
    """The instant at which a day begins, in UTC."""

    output_field = DateTimeField()
    template = "CAST(%(expressions)s AS timestamp with time zone)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[str | int, ...]]:
        return self.as_sql(compiler, connection, template="(%(expressions)s || ' 00:00:00')", **context)


def project_list(user: Person) -> QuerySet[Project]:
    """What one may see; `next_due_at` is the first of its open tasks' days, promises and go-live to come or missed."""
    never = Value(FAR_FUTURE, DateTimeField())
    tasks = Task.objects.open().filter(project=OuterRef("pk")).order_by().values("project")
    promises = _promised().filter(project=OuterRef("pk")).order_by().values("project")
    go_live = Case(When(phase__in=BEFORE_GO_LIVE, then=Midnight("promised_go_live")), output_field=DateTimeField())
    return (
        projects_visible_to(user)
        .select_related("client__tam", "tam")
        .annotate(
            next_due_at=Least(
                Coalesce(Subquery(tasks.annotate(first=Min("due_at")).values("first")), never),
                Coalesce(Subquery(promises.annotate(first=Min("promised_at")).values("first")), never),
                Coalesce(go_live, never),
            )
        )
        .order_by("next_due_at", "id")
    )


def listed(user: Person, wishes: Wishes) -> QuerySet[Project]:
    rows = project_list(user)
    if wishes.client is not None:
        rows = rows.filter(client=wishes.client)
    if wishes.phase in Project.Phase.values:
        rows = rows.filter(phase=wishes.phase)
    elif wishes.phase != ALL:
        rows = rows.exclude(phase=Project.Phase.CLOSED)
    if wishes.mine:
        rows = rows.filter(is_mine(user))
    words = wishes.q.strip()
    return rows.filter(called(words)) if words else rows


def called(words: str) -> Q:
    return Q(name__icontains=words) | Q(slug__icontains=words)


def is_mine(user: Person) -> Q:
    """Projects that one leads, has work in, or whose client one serves by name."""
    reach = reach_of(user)
    if reach.user_id is None:
        return Q(pk__in=())
    served = Client.objects.filter(Q(tam=reach.user_id) | Q(deputy=reach.user_id) | Q(service_manager=reach.user_id))
    return Q(pk__in=reach.project_ids) | Q(client__in=served.values("pk"))


def lines_of(projects: Sequence[Project], *, now: datetime) -> list[Line]:
    """In the same order; six queries however many."""
    ids = [project.pk for project in projects]
    tasks = _grouped(
        Task.objects.open().filter(project__in=ids),
        tasks=Count("pk"),
        blocked=Count("pk", filter=Q(status=TaskStatus.BLOCKED)),
        returned=Count("pk", filter=Q(returned_at__isnull=False)),
    )
    open_ones = ChangeRequest.objects.filter(project__in=ids).exclude(status__in=sorted(ENDED_REQUEST))
    is_owed = Q(delivered_at=None)
    requests = _grouped(open_ones, requests=Count("pk"), next_promise=Min("promised_at", filter=is_owed))
    silent = _silent(ids, now=now)
    return [
        Line(
            project,
            silent=silent[project.pk],
            **{**tasks.get(project.pk, {}), **requests.get(project.pk, {})},
        )
        for project in projects
    ]


def _grouped(rows: QuerySet[Any], **figures: Any) -> dict[int, dict[str, Any]]:
    found = rows.order_by().values("project").annotate(**figures)
    return {row.pop("project"): row for row in found}


def _silent(project_ids: Collection[int], *, now: datetime) -> Counter[int]:
    going = Task.objects.filter(project__in=project_ids, status__in=[TaskStatus.IN_PROGRESS, TaskStatus.BLOCKED])
    tasks = {task.pk: task for task in going}
    return Counter(tasks[pk].project_id for pk in silent_since(tasks.values(), at=now))


def counted(user: Person, *, now: datetime) -> dict[str, int]:
    """How many projects run, and how many of these have something stuck or past its day; one query."""
    running = projects_visible_to(user).exclude(phase=Project.Phase.CLOSED)
    tasks = Task.objects.filter(project__in=running.values("pk"), status__in=sorted(OPEN_TASK))
    figures = tasks.aggregate(
        stuck=Count("project", distinct=True, filter=Q(status=TaskStatus.BLOCKED) | Q(returned_at__isnull=False)),
        late=Count("project", distinct=True, filter=Q(due_at__lt=now)),
    )
    return {"running": running.count(), **figures}


def _promised() -> QuerySet[ChangeRequest]:
    """What a client still waits for."""
    return ChangeRequest.objects.exclude(status__in=sorted(ENDED_REQUEST)).filter(
        delivered_at=None, promised_at__isnull=False
    )
