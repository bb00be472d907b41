"""Writes of the one graph of dependencies. Its lock is taken before anything is looked at, so that two people cannot
close a cycle together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from kernel import history
from kernel.errors import Conflict, Invalid
from kernel.locking import exclusive, lock
from kernel.versions import change, check
from projects.lifecycle import TaskStatus
from projects.models import Dependency, Task
from projects.operations import telling
from projects.operations.refreshing import refresh
from projects.planning.gates import START_GATES
from projects.planning.graph import path
from projects.queries.graph import successors_behind

GRAPH = "projects.dependencies"
LONGEST_LAG_H = Decimal(8760)
NAMED_IN_A_CYCLE = 12


def lock_graph() -> None:
    exclusive(GRAPH)


@transaction.atomic
def add_dependency(
    *,
    predecessor: Task,
    successor: Task,
    kind: str = Dependency.Kind.FS,
    lag_h: Decimal = Decimal(0),
    lag_calendar: str = Dependency.LagCalendar.SUCCESSOR,
    actor: User | None,
    at: datetime,
) -> Dependency:
    """The successor waits for the predecessor. Conflict, naming the tasks in order, if that closes a cycle."""
    refuse_lag(lag_h)
    if predecessor.pk == successor.pk:
        raise Invalid(_("A task cannot wait for itself."), field="successor", code="self_dependency")
    lock_graph()
    tasks = {row.pk: row for row in lock(Task.objects.filter(pk__in=[predecessor.pk, successor.pk]).order_by("pk"))}
    before, after = tasks[predecessor.pk], tasks[successor.pk]
    if Dependency.objects.filter(predecessor=before, successor=after).exists():
        raise Conflict(
            _("%(after)s waits for %(before)s already.") % {"after": after.reference, "before": before.reference},
            field="successor",
            code="duplicate",
        )
    _refuse_too_late(after, kind)
    refuse_cycle(path(successors_behind([after.pk]), after.pk, before.pk))
    dependency = Dependency.objects.create(
        predecessor=before, successor=after, kind=kind, lag_h=lag_h, lag_calendar=lag_calendar
    )
    refresh([before.pk, after.pk], at=at)
    _record(dependency, "dependency added", after, before, actor=actor, at=at)
    return dependency


@transaction.atomic
def change_dependency(
    *,
    dependency: Dependency,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Dependency:
    """Another kind or lag; the tasks stay."""
    lock_graph()
    dependency = lock(Dependency.objects.all()).get(pk=dependency.pk)
    check(dependency, expected_version)
    refuse_lag(changes.get("lag_h", dependency.lag_h))
    changed = change(dependency, changes)
    if changed:
        after, before = _ends(dependency)
        if "kind" in changed:
            _refuse_too_late(after, dependency.kind)
        dependency.save()
        telling.ready(refresh([before.pk, after.pk], at=at), cause=None, actor=actor, at=at)
        _record(dependency, "dependency changed", after, before, actor=actor, at=at, changes=changed)
    return dependency


@transaction.atomic
def remove_dependency(
    *, dependency: Dependency, actor: User | None, at: datetime, expected_version: int | None = None
) -> None:
    """The successor waits for it no longer; if it is ready only now, its department is told."""
    lock_graph()
    dependency = lock(Dependency.objects.all()).get(pk=dependency.pk)
    check(dependency, expected_version)
    after, before = _ends(dependency)
    _record(dependency, "dependency removed", after, before, actor=actor, at=at)
    dependency.delete()
    telling.ready(refresh([before.pk, after.pk], at=at), cause=None, actor=actor, at=at)


def refuse_cycle(cycle: Sequence[int] | None) -> None:
    """Raise Conflict naming the tasks of the cycle in order; the ids are those of stored tasks."""
    if not cycle:
        return
    named = Task.objects.in_bulk(cycle[:NAMED_IN_A_CYCLE])
    words = [str(named[pk]) for pk in cycle[:NAMED_IN_A_CYCLE] if pk in named]
    if len(cycle) > NAMED_IN_A_CYCLE:
        words.append(_("… %(more)d more") % {"more": len(cycle) - NAMED_IN_A_CYCLE})
    raise Conflict(cycle_words([*words, words[0]]), field="successor", code="cycle", extra={"cycle": list(cycle)})


def cycle_words(names: Sequence[str]) -> str:
    return _("This goes in a circle: %(tasks)s.") % {"tasks": " → ".join(names)}


def refuse_lag(lag_h: Decimal) -> None:
    if abs(lag_h) > LONGEST_LAG_H:
        raise Invalid(_("A lag is at most a year."), field="lag_h")


def _refuse_too_late(after: Task, kind: str) -> None:
    has_started = after.status != TaskStatus.PLANNED
    if after.has_ended or (has_started and kind in START_GATES):
        raise Conflict(
            _("%(task)s has begun already: it cannot wait for another any more.") % {"task": after.reference},
            field="successor",
            extra={"current": after.status},
        )


def _ends(dependency: Dependency) -> tuple[Task, Task]:
    """Successor and predecessor, locked."""
    ids = [dependency.predecessor_id, dependency.successor_id]
    tasks = {row.pk: row for row in lock(Task.objects.filter(pk__in=ids).order_by("pk"))}
    return tasks[dependency.successor_id], tasks[dependency.predecessor_id]


def _record(
    dependency: Dependency, verb: str, after: Task, before: Task, *, actor: User | None, at: datetime, **more: Any
) -> None:
    history.record(
        after,
        verb,
        actor=actor,
        at=at,
        tenant_id=after.client_id,
        place=after.project,
        text=f"{before.reference} {before.title} ({dependency.kind})",
        **more,
    )
