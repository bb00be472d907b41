"""Tasks and what they wait for."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from departments.models import Department
from kernel.models import Versioned
from projects.lifecycle import ENDED_TASK, OPEN_TASK, BlockReason, TaskStatus
from projects.models.project import Project
from projects.models.request import ChangeRequest

# Of a task that nothing was promised for: never null, so that lists by key need no special case.
FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> TaskQuerySet:
        """Not ended. Asked by the instant, which needs no parameter: SQLite takes a partial index only for such."""
        return self.filter(finished_at=None)

    def ready(self, at: datetime) -> TaskQuerySet:
        """Planned, and nothing holds back the start."""
        return self.filter(status=TaskStatus.PLANNED, unmet=0, ready_at__lte=at)

    def waiting(self, at: datetime) -> TaskQuerySet:
        return self.filter(Q(unmet__gt=0) | Q(ready_at__gt=at), status=TaskStatus.PLANNED)


class Task(Versioned):
    """One department's piece of a request, or of a project's work without one.

    What follows from others is kept beside it by the operations: `unmet`, how many predecessors still hold back the
    start; `ready_at`, from when it may start once none does (lags and `not_before` passed); `frees`, how many planned
    tasks it holds back itself; `due_at`, its own deadline or the request's promise, never null. `last_word_at`: when
    somebody last said anything about it. Hours are working hours of the department.
    """

    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="tasks")
    change_request = models.ForeignKey(ChangeRequest, models.CASCADE, null=True, blank=True, related_name="tasks")
    key = models.CharField(max_length=60, blank=True)
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=200)
    what = models.TextField(blank=True)
    department = models.ForeignKey(Department, models.PROTECT, related_name="tasks")
    assignee = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="tasks")
    status = models.CharField(max_length=11, choices=TaskStatus, default=TaskStatus.PLANNED)
    block_reason = models.CharField(max_length=20, choices=BlockReason, blank=True)
    block_text = models.CharField(max_length=500, blank=True)
    estimate_h = models.DecimalField(max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal(0))])
    optimistic_h = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    pessimistic_h = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    actual_h = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    is_public = models.BooleanField(default=False)
    touches = models.JSONField(default=list, blank=True)
    package = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    blocked_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    return_reason = models.CharField(max_length=500, blank=True)
    returns = models.PositiveSmallIntegerField(default=0)
    planned_at = models.DateTimeField()
    last_word_at = models.DateTimeField()
    silence_told_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=FAR_FUTURE)
    unmet = models.PositiveIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)
    frees = models.PositiveIntegerField(default=0)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["change_request", "key"], condition=~Q(key=""), name="task_key_once_per_request"
            ),
            models.CheckConstraint(name="task_effort_not_negative", condition=Q(estimate_h__gte=0)),
            models.CheckConstraint(
                name="task_range_holds_its_estimate",
                condition=(Q(optimistic_h=None) | Q(optimistic_h__gte=0, optimistic_h__lte=F("estimate_h")))
                & (Q(pessimistic_h=None) | Q(pessimistic_h__gte=F("estimate_h"))),
            ),
            models.CheckConstraint(
                name="task_ended_when",
                condition=Q(status__in=sorted(ENDED_TASK), finished_at__isnull=False)
                | (~Q(status__in=sorted(ENDED_TASK)) & Q(finished_at=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["department", "status", "due_at"], condition=Q(finished_at=None), name="task_queue"),
            models.Index(fields=["assignee", "due_at"], condition=Q(finished_at=None), name="task_assignee_open"),
            models.Index(fields=["project", "status"], name="task_project_status"),
            models.Index(fields=["client", "-id"], name="task_client"),
            models.Index(
                fields=["change_request"], condition=Q(status__in=sorted(OPEN_TASK)), name="task_request_open"
            ),
            models.Index(fields=["department", "change_request", "project"], name="task_department_places"),
            models.Index(
                fields=["ready_at"],
                condition=Q(status="planned", announced_at=None, unmet=0),
                name="task_to_announce",
            ),
            models.Index(
                fields=["last_word_at"], condition=Q(status__in=["blocked", "in_progress"]), name="task_last_word"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        return f"T-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_TASK

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED_TASK

    @property
    def has_promise(self) -> bool:
        return self.due_at < FAR_FUTURE

    def is_ready(self, at: datetime) -> bool:
        """Planned, and nothing holds back the start."""
        is_free = self.unmet == 0 and self.ready_at is not None and self.ready_at <= at
        return self.status == TaskStatus.PLANNED and is_free


class Dependency(models.Model):
    """Predecessor → successor. All of them, across projects and clients, form one graph without cycles."""

    class Kind(models.TextChoices):
        FS = "FS", _("Finish to start")
        SS = "SS", _("Start to start")
        FF = "FF", _("Finish to finish")
        SF = "SF", _("Start to finish")

    class LagCalendar(models.TextChoices):
        SUCCESSOR = "successor", _("Working hours of the successor")
        ALWAYS = "24x7", _("Plain hours")

    predecessor = models.ForeignKey(Task, models.CASCADE, related_name="outgoing")
    successor = models.ForeignKey(Task, models.CASCADE, related_name="incoming")
    kind = models.CharField(max_length=2, choices=Kind, default=Kind.FS)
    lag_h = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))
    lag_calendar = models.CharField(max_length=9, choices=LagCalendar, default=LagCalendar.SUCCESSOR)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="dependency_once"),
            models.CheckConstraint(name="dependency_on_another", condition=~Q(predecessor=F("successor"))),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


class ReadyItem(models.Model):
    """What a department must know or have before it can start: its definition of ready, copied to each new task."""

    department = models.ForeignKey(Department, models.CASCADE, related_name="ready_items")
    text = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["department", "text"], name="ready_item_once")]

    def __str__(self) -> str:
        return self.text


class Check(models.Model):
    """One line of a task's definition of ready or of done, ticked by whoever saw to it."""

    class Kind(models.TextChoices):
        READY = "ready", _("Before the start")
        DONE = "done", _("Before the end")

    task = models.ForeignKey(Task, models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=5, choices=Kind)
    text = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text
