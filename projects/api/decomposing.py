"""What `decompose/` is asked for, and how it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kernel.errors import Invalid
from projects.models import Blueprint, BlueprintVersion, ChangeRequest, Dependency, Task
from projects.operations import NewDependency, NewTask
from projects.queries.blueprints import rows_of


@dataclass(frozen=True)
class Wanted:
    tasks: Sequence[NewTask]
    dependencies: Sequence[NewDependency]
    blueprint: BlueprintVersion | None


def rows_wanted(data: Mapping[str, Any], *, now: datetime) -> Wanted:
    """The rows of the call, or those of the blueprint where it names no other."""
    blueprint: Blueprint | None = data.get("blueprint")
    version = blueprint.current if blueprint is not None else None
    bounds = {name: data[name] for name in ("start_at", "finish_by") if name in data}
    if version is not None and not data.get("tasks") and not data.get("dependencies"):
        rows = rows_of(version, now=now, **bounds)
        return Wanted(rows.tasks, rows.dependencies, version)
    for name in bounds:
        raise Invalid(_("Only the tasks of a blueprint are placed; name one, and no tasks."), field=name)
    tasks = [NewTask(**row) for row in data.get("tasks", ())]
    dependencies = [
        NewDependency(row["from"], row["to"], row["kind"], Decimal(row["lag_h"]), row["lag_calendar"])
        for row in data.get("dependencies", ())
    ]
    return Wanted(tasks, dependencies, version)


def answer_of(request: ChangeRequest, made: Sequence[Task], dependencies: Sequence[NewDependency]) -> dict[str, Any]:
    """The tasks as they now stand, in the order given, the dependencies of this call, and the ids by key."""
    rows = Task.objects.filter(change_request=request)
    known = {task.pk: task.key for task in rows.only("key")}
    ends = {str(pk): pk for pk in known} | {key: pk for pk, key in known.items() if key}
    pairs = {(ends[one.before], ends[one.after]) for one in dependencies}
    edges = Dependency.objects.filter(predecessor__in=known, successor__in=known).order_by("pk")
    ids = {task.pk for task in made}
    read = rows.filter(pk__in=ids).select_related("client", "project__client", "department", "assignee")
    return {
        "tasks": list(read.prefetch_related("checks__done_by").order_by("position", "pk")),
        "dependencies": [edge for edge in edges if (edge.predecessor_id, edge.successor_id) in pairs],
        "ids": {task.key: task.pk for task in made if task.key},
    }
