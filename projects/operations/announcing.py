"""Saying "you can start": to each department once, when all that a task waits for has come and its lag has passed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from kernel.locking import lock
from projects.lifecycle import BINDING, TaskStatus
from projects.models import ChangeRequest, Task
from projects.models.task import TaskQuerySet
from projects.operations import telling
from projects.queries.silence import silent_since

SOME = 500
LOOK_BACK = timedelta(days=90)


def announce(
    tasks: TaskQuerySet, *, request: ChangeRequest | None = None, actor: User | None = None, at: datetime
) -> int:
    """Tell of those that may start now and were not told of; how many. To be called in a transaction."""
    due = tasks.ready(at).filter(announced_at=None, returned_at=None)
    found = list(lock(due.select_related(*telling.BESIDE).order_by("pk"), skip_locked=True)[:SOME])
    Task.objects.filter(pk__in=[task.pk for task in found]).update(announced_at=at)
    telling.ready(found, cause=None, request=request, actor=actor, at=at)
    return len(found)


def announce_due(at: datetime) -> int:
    """Tasks whose lag or earliest start has passed since, and those without a request; a chore of the alert pass, which
    asks one query where there are none."""
    due = Task.objects.filter(
        Q(change_request=None) | Q(change_request__status__in=BINDING),
        status=TaskStatus.PLANNED,
        announced_at=None,
        unmet=0,
        ready_at__gte=at - LOOK_BACK,
    )
    if not due.ready(at).filter(returned_at=None).exists():
        return 0
    with transaction.atomic():
        return announce(due, at=at)


def notice_silence(at: datetime) -> int:
    """Who leads a project hears once of each task that went silent; a chore of the alert pass, which asks one query
    where there are none."""
    again = Q(silence_told_at=None) | Q(silence_told_at__lt=F("last_word_at"))
    open_tasks = Task.objects.filter(
        again, status__in=[TaskStatus.IN_PROGRESS, TaskStatus.BLOCKED], last_word_at__lt=at - timedelta(hours=8)
    )
    silent = silent_since(list(open_tasks.order_by("last_word_at")[:SOME]), at=at)
    return _tell_of_silence(list(silent), at=at) if silent else 0


@transaction.atomic
def _tell_of_silence(task_ids: list[int], *, at: datetime) -> int:
    still = Q(silence_told_at=None) | Q(silence_told_at__lt=F("last_word_at"))
    rows = Task.objects.filter(still, pk__in=task_ids).select_related(*telling.BESIDE).order_by("pk")
    gone = list(lock(rows, skip_locked=True))
    Task.objects.filter(pk__in=[task.pk for task in gone]).update(silence_told_at=at)
    telling.silent(gone, at=at)
    return len(gone)
