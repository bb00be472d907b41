"""Writes of blueprints. A version is never edited, only followed by the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from departments.models import Department
from kernel import history
from kernel.errors import Conflict
from kernel.locking import lock
from kernel.versions import bump, change, check
from projects.blueprints import Content, Link, Piece, Range, parse
from projects.lifecycle import TaskStatus
from projects.models import Blueprint, BlueprintVersion, ChangeRequest, Check, Dependency, Task


@transaction.atomic
def create_blueprint(
    *, slug: str, name: str, content: Any, note: str = "", actor: User | None, at: datetime, **fields: Any
) -> Blueprint:
    """A new blueprint with its first version."""
    read = parse(content, departments=_departments())
    blueprint = Blueprint.objects.create(slug=slug, name=name, **fields)
    _publish(blueprint, read, note=note, actor=actor, at=at)
    history.record(blueprint, "created", actor=actor, at=at)
    return blueprint


@transaction.atomic
def update_blueprint(
    *,
    blueprint: Blueprint,
    changes: Mapping[str, Any],
    content: Any = None,
    note: str = "",
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Blueprint:
    """Its words change as they are; another content is a new version, used from then on."""
    blueprint = lock(Blueprint.objects.select_related("current")).get(pk=blueprint.pk)
    check(blueprint, expected_version)
    changed = change(blueprint, changes)
    if content is not None:
        read = parse(content, departments=_departments())
        if blueprint.current is None or blueprint.current.content != read.as_json():
            number = blueprint.current.number if blueprint.current else 0
            if not changed:
                bump(blueprint)
            _publish(blueprint, read, note=note, actor=actor, at=at)
            changed["content"] = [number, number + 1]
    if changed:
        blueprint.save()
        history.record(blueprint, "changed", actor=actor, at=at, changes=changed, text=note)
    return blueprint


@transaction.atomic
def archive_blueprint(
    *, blueprint: Blueprint, actor: User | None, at: datetime, expected_version: int | None = None
) -> Blueprint:
    """It is offered no longer; requests made from it keep it."""
    blueprint = lock(Blueprint.objects.all()).get(pk=blueprint.pk)
    check(blueprint, expected_version)
    if blueprint.archived_at is None:
        blueprint.archived_at = at
        bump(blueprint)
        blueprint.save()
        history.record(blueprint, "archived", actor=actor, at=at)
    return blueprint


@transaction.atomic
def save_as_blueprint(
    *, request: ChangeRequest, slug: str, name: str, actor: User | None, at: datetime, **fields: Any
) -> Blueprint:
    """What was done for a request, to be used again: its tasks and their order; what was cancelled is left out, and
    the hours are the estimates, not what it took."""
    tasks = list(
        request.tasks.exclude(status=TaskStatus.CANCELLED).select_related("department").order_by("position", "pk")
    )
    if not tasks:
        raise Conflict(_("There is no task to save."), code="no_tasks")
    content = Content(
        tasks=tuple(_pieces(tasks)),
        dependencies=tuple(_links(tasks)),
        questions=tuple(
            request.clarifications.filter(withdrawn_at=None, to_client=True).values_list("text", flat=True)
        ),
    )
    return create_blueprint(
        slug=slug,
        name=name,
        content=content.as_json(),
        note=_("Saved from %(request)s") % {"request": request.reference},
        actor=actor,
        at=at,
        **fields,
    )


def _publish(blueprint: Blueprint, content: Content, *, note: str, actor: User | None, at: datetime) -> None:
    number = blueprint.current.number + 1 if blueprint.current else 1
    blueprint.current = BlueprintVersion.objects.create(
        blueprint=blueprint, number=number, content=content.as_json(), note=note, created_by=actor, created_at=at
    )
    blueprint.save()


def _departments() -> list[str]:
    return list(Department.objects.active().values_list("slug", flat=True))


def _key(task: Task) -> str:
    return task.key or f"t{task.pk}"


def _pieces(tasks: Sequence[Task]) -> list[Piece]:
    lines: dict[tuple[int, str], list[str]] = {}
    for one in Check.objects.filter(task__in=tasks):
        lines.setdefault((one.task_id, one.kind), []).append(one.text)
    return [
        Piece(
            key=_key(task),
            title=task.title,
            department=task.department.slug,
            estimate_h=Range(
                float(task.optimistic_h if task.optimistic_h is not None else task.estimate_h),
                float(task.estimate_h),
                float(task.pessimistic_h if task.pessimistic_h is not None else task.estimate_h),
            ),
            what=task.what,
            ready=tuple(lines.get((task.pk, Check.Kind.READY), ())),
            done=tuple(lines.get((task.pk, Check.Kind.DONE), ())),
            documents=tuple(task.touches),
        )
        for task in tasks
    ]


def _links(tasks: Sequence[Task]) -> list[Link]:
    keys = {task.pk: _key(task) for task in tasks}
    edges = Dependency.objects.filter(predecessor__in=keys, successor__in=keys).order_by("pk")
    return [
        Link(
            before=keys[edge.predecessor_id],
            after=keys[edge.successor_id],
            kind=edge.kind,
            lag_h=float(edge.lag_h or Decimal(0)),
            lag_calendar=edge.lag_calendar,
        )
        for edge in edges
    ]
