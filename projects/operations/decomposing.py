"""A request cut into tasks, all or nothing; the same for the page's table, the API and blueprints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from kernel.errors import Conflict, DomainError, Invalid
from kernel.locking import lock
from kernel.versions import bump
from projects.lifecycle import BEFORE_AGREEMENT, RequestStatus
from projects.models import BlueprintVersion, ChangeRequest, Dependency, Draft, Task
from projects.operations import telling
from projects.operations.dependencies import cycle_words, lock_graph, refuse_lag
from projects.operations.moving import enter, locked, record
from projects.operations.refreshing import refresh
from projects.operations.tasks import NewTask, make_tasks, refuse_task
from projects.planning.graph import find_cycle
from projects.queries.graph import successors_behind

MOST_TASKS = 1000
MOST_DEPENDENCIES = 5000


@dataclass(frozen=True)
class NewDependency:
    """Both ends by their keys in this call, or the id or key of a task that the request has already."""

    before: str
    after: str
    kind: str = Dependency.Kind.FS
    lag_h: Decimal = Decimal(0)
    lag_calendar: str = Dependency.LagCalendar.SUCCESSOR


@transaction.atomic
def decompose(
    *,
    request: ChangeRequest,
    tasks: Sequence[NewTask],
    dependencies: Sequence[NewDependency] = (),
    blueprint: BlueprintVersion | None = None,
    actor: User | None,
    at: datetime,
) -> list[Task]:
    """Store the tasks and what they wait for. Allowed until the request is agreed, also in several parts.

    Errors name the row: `tasks.3.title`, `dependencies.0.from`.
    """
    request = locked(request)
    if request.status not in BEFORE_AGREEMENT:
        raise Conflict(
            _("%(request)s is %(status)s: it is decomposed until it is agreed.")
            % {"request": request.reference, "status": request.get_status_display().lower()},
            extra={"current": request.status},
        )
    if not tasks and not dependencies:
        raise Invalid(_("There is no task."), field="tasks")
    if len(tasks) > MOST_TASKS or len(dependencies) > MOST_DEPENDENCIES:
        raise Invalid(
            _("At most %(tasks)d tasks and %(dependencies)d dependencies at once.")
            % {"tasks": MOST_TASKS, "dependencies": MOST_DEPENDENCIES},
            field="tasks",
        )
    present = list(request.tasks.order_by("pk"))
    _refuse_double_keys(tasks, present)
    for row, one in enumerate(tasks):
        with _row(f"tasks.{row}"):
            refuse_task(one)
    lock_graph()
    made = _made(request, tasks, actor=actor, at=at)
    edges = _edges(dependencies, _ends(tasks, made, present))
    touched = {task.pk for task in made} | {end for edge in edges for end in (edge.predecessor_id, edge.successor_id)}
    known = touched - {task.pk for task in made}
    _refuse_started(known, edges)
    _refuse_circle(edges, known, {task.pk: task for task in (*present, *made)})
    Dependency.objects.bulk_create(edges, batch_size=500)
    opened = refresh(touched, at=at)
    if blueprint is not None:
        request.blueprint = blueprint
    if request.status != RequestStatus.DECOMPOSING:
        enter(request, RequestStatus.DECOMPOSING, "decomposing begun", actor=actor, at=at)
    else:
        bump(request)
        request.save()
    more = {"tasks": [len(present), len(present) + len(made)]}
    record(request, "decomposed", actor=actor, at=at, changes=more)
    Draft.objects.filter(request=request).delete()
    telling.ready(opened, cause=None, actor=actor, at=at)
    return made


def _made(request: ChangeRequest, tasks: Sequence[NewTask], *, actor: User | None, at: datetime) -> list[Task]:
    last = request.tasks.aggregate(last=Max("position"))["last"] or 0
    return make_tasks(
        tasks, project=request.project, change_request=request, actor=actor, at=at, first_position=last + 1
    )


@contextmanager
def _row(where: str) -> Iterator[None]:
    """What is wrong within is told of this row."""
    try:
        yield
    except DomainError as error:
        error.field = f"{where}.{error.field}" if error.field else where
        raise


def _refuse_double_keys(tasks: Sequence[NewTask], present: Sequence[Task]) -> None:
    known = {task.key for task in present if task.key}
    for row, one in enumerate(tasks):
        if not one.key:
            continue
        if one.key in known:
            raise Invalid(
                _("The key %(key)s stands twice.") % {"key": one.key}, field=f"tasks.{row}.key", code="duplicate"
            )
        known.add(one.key)


def _ends(tasks: Sequence[NewTask], made: Sequence[Task], present: Sequence[Task]) -> Mapping[str, Task]:
    """Tasks by what a dependency may call them."""
    by_id = {str(task.pk): task for task in present}
    by_key = {task.key: task for task in present if task.key}
    fresh = {one.key: task for one, task in zip(tasks, made, strict=True) if one.key}
    return {**by_id, **by_key, **fresh}


def _edges(dependencies: Sequence[NewDependency], ends: Mapping[str, Task]) -> list[Dependency]:
    edges: list[Dependency] = []
    pairs: set[tuple[int, int]] = set()
    for row, one in enumerate(dependencies):
        where = f"dependencies.{row}"
        for name, key in (("from", one.before), ("to", one.after)):
            if key not in ends:
                raise Invalid(
                    _("There is no task with the key %(key)s.") % {"key": key}, field=f"{where}.{name}", code="unknown"
                )
        with _row(where):
            refuse_lag(one.lag_h)
        before, after = ends[one.before], ends[one.after]
        if before.pk == after.pk:
            raise Invalid(_("A task cannot wait for itself."), field=f"{where}.to", code="self_dependency")
        if (before.pk, after.pk) in pairs:
            raise Invalid(_("This dependency stands twice."), field=where, code="duplicate")
        pairs.add((before.pk, after.pk))
        edges.append(
            Dependency(
                predecessor=before, successor=after, kind=one.kind, lag_h=one.lag_h, lag_calendar=one.lag_calendar
            )
        )
    return edges


def _refuse_started(known: set[int], edges: Sequence[Dependency]) -> None:
    """Tasks of earlier parts, locked: what has begun cannot wait for something new."""
    if not known:
        return
    stored = {task.pk: task for task in lock(Task.objects.filter(pk__in=known).order_by("pk"))}
    for edge in edges:
        after = stored.get(edge.successor_id)
        if after is not None and after.status != "planned":
            raise Conflict(
                _("%(task)s has begun already: it cannot wait for another any more.") % {"task": after.reference},
                field="dependencies",
            )


def _refuse_circle(edges: Sequence[Dependency], known: set[int], tasks: Mapping[int, Task]) -> None:
    """A circle of new edges, or of new and stored ones; named in order."""
    pairs = [(edge.predecessor_id, edge.successor_id) for edge in edges]
    behind = successors_behind(known)
    pairs += [(before, after) for before, successors in behind.items() for after in successors]
    circle = find_cycle(pairs)
    if circle is None:
        return
    outside = Task.objects.in_bulk([pk for pk in circle if pk not in tasks])
    words = [(tasks.get(pk) or outside[pk]).title for pk in circle]
    keys = [(tasks[pk].key or str(pk)) if pk in tasks else str(pk) for pk in circle]
    raise Conflict(cycle_words([*words, words[0]]), field="dependencies", code="cycle", extra={"cycle": keys})
