"""The verbs that change a task's status. Each does nothing when its target state already holds; what the table of
transitions does not allow is a Conflict, and so is what the gate holds back, in pages, API and import alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import User
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.locking import lock
from kernel.versions import bump
from projects.lifecycle import ENDED_REQUEST, TASK_TRANSITIONS, BlockReason, RequestStatus, TaskStatus
from projects.models import ChangeRequest, Task
from projects.operations import documents, telling
from projects.operations.moving import enter
from projects.operations.refreshing import gates_of, locked_with_neighbours, refresh_around
from projects.operations.tasks import end_sight, let_see, pass_on, record, refuse_ended, refuse_range
from projects.permissions import may_override_gate
from projects.planning.gates import Gate, end_gate
from projects.queries.gates import instant, waits_of, working_time

MOST_NAMED = 5


@transaction.atomic
def start_task(*, task: Task, override: str = "", actor: User | None, at: datetime) -> Task:
    """Work begins; whoever starts what nobody has takes it. Started before its predecessors allow it only with
    `override`, a reason, by one who may; the history shows it."""
    task = locked_with_neighbours(task)
    if task.status == TaskStatus.IN_PROGRESS:
        return task
    _refuse(task, TaskStatus.IN_PROGRESS, only_from=(TaskStatus.PLANNED, TaskStatus.BLOCKED))
    passed = _Passed()
    if task.status == TaskStatus.PLANNED and not task.is_ready(at):
        passed = _overridden(task, _start_gate(task), override, actor=actor, verb=_("start"))
    was_with = task.assignee
    if task.assignee is None and actor is not None:
        task.assignee = actor
    task.started_at = task.started_at or at
    _enter(task, TaskStatus.IN_PROGRESS, at=at)
    if was_with is None and task.assignee is not None:
        let_see(task, task.assignee, at=at)
    record(task, "started", actor=actor, at=at, text=passed.reason, changes=passed.changes)
    begin_request(task, actor=actor, at=at)
    telling.ready(refresh_around(task, at=at), cause=task, actor=actor, at=at)
    return task


@transaction.atomic
def complete_task(
    *,
    task: Task,
    note: str = "",
    actual_h: Decimal | None = None,
    override: str = "",
    actor: User | None,
    at: datetime,
) -> Task:
    """The piece is done: whoever waited for it can go on, and is told once all they wait for has come.

    `note` goes to the next departments with the work. FF and SF predecessors hold this back, the start's hold it back
    too where it was never started.
    """
    task = locked_with_neighbours(task)
    if task.status == TaskStatus.DONE:
        return task
    _refuse(task, TaskStatus.DONE)
    refuse_range(None, actual_h or Decimal(0), None)
    passed = _Passed()
    if task.status == TaskStatus.PLANNED and not task.is_ready(at):
        passed = _overridden(task, _start_gate(task), override, actor=actor, verb=_("end"))
    gate = _end_gate(task)
    if not gate.is_open(int(at.timestamp())):
        passed += _overridden(task, gate, override, actor=actor, verb=_("end"))
    if note:
        task.package = f"{task.package}\n\n{note}".strip()
    was_with = task.assignee
    if task.assignee is None and actor is not None:
        task.assignee = actor
    task.started_at = task.started_at or at
    task.finished_at = at
    task.actual_h = actual_h if actual_h is not None else task.actual_h
    _enter(task, TaskStatus.DONE, at=at)
    record(task, "completed", actor=actor, at=at, text=passed.reason or note, changes=passed.changes)
    begin_request(task, actor=actor, at=at)
    if was_with is not None:
        end_sight(task, was_with, at=at)
    documents.suspect_by_task(task, actor=actor, at=at)
    telling.ready(refresh_around(task, at=at), cause=task, actor=actor, at=at)
    telling.all_done(task, actor=actor, at=at)
    return task


@transaction.atomic
def block_task(*, task: Task, reason: str, text: str = "", actor: User | None, at: datetime) -> Task:
    """It cannot go on and needs help; whoever leads the project hears of it. Blocked already for the same, nothing
    changes."""
    if reason not in BlockReason.values:
        raise Invalid(_("Say what it needs: %(reasons)s.") % {"reasons": ", ".join(BlockReason.values)}, field="reason")
    task = locked_with_neighbours(task)
    if task.status == TaskStatus.BLOCKED and (task.block_reason, task.block_text) == (reason, text):
        return task
    if task.status != TaskStatus.BLOCKED:
        _refuse(task, TaskStatus.BLOCKED)
        task.blocked_at = at
    task.block_reason, task.block_text = reason, text
    _enter(task, TaskStatus.BLOCKED, at=at)
    record(task, "blocked", actor=actor, at=at, text=text, changes={"block_reason": [None, reason]})
    refresh_around(task, at=at)
    telling.stuck(task, actor=actor, at=at)
    return task


@transaction.atomic
def unblock_task(*, task: Task, actor: User | None, at: datetime) -> Task:
    """What it needed is there: it goes on where it was, in progress if it had been started."""
    task = locked_with_neighbours(task)
    if task.status in {TaskStatus.PLANNED, TaskStatus.IN_PROGRESS}:
        return task
    _refuse(task, TaskStatus.PLANNED, only_from=(TaskStatus.BLOCKED,))
    _enter(task, TaskStatus.IN_PROGRESS if task.started_at else TaskStatus.PLANNED, at=at)
    record(task, "unblocked", actor=actor, at=at)
    telling.ready(refresh_around(task, at=at), cause=task, actor=actor, at=at)
    return task


@transaction.atomic
def return_task(*, task: Task, reason: str, to: Task | None = None, actor: User | None, at: datetime) -> Task:
    """The department cannot work with what it got. Without `to` the task goes back to who leads the project, who mends
    it; with `to`, one of its predecessors, that one is opened again, and this task waits for it anew."""
    if not reason.strip():
        raise Invalid(_("Say what is missing."), field="reason")
    task = locked_with_neighbours(task)
    refuse_ended(task)
    if to is not None:
        _reopen_predecessor(task, to, reason=reason, actor=actor, at=at)
    task.returned_at = at if to is None else None
    task.return_reason = reason[:500] if to is None else ""
    task.returns += 1
    task.started_at = None
    task.announced_at = None  # once it is mended, its department is told anew
    _enter(task, TaskStatus.PLANNED, at=at)
    record(task, "returned", actor=actor, at=at, text=f"{to}: {reason}" if to is not None else reason)
    refresh_around(task, at=at)
    telling.returned(task, to=to, reason=reason, actor=actor, at=at)
    return Task.objects.get(pk=task.pk)


def _reopen_predecessor(task: Task, to: Task, *, reason: str, actor: User | None, at: datetime) -> None:
    if not task.incoming.filter(predecessor=to).exists():
        raise Invalid(_("A task goes back to one it waits for."), field="to")
    reopen_task(task=to, reason=reason, actor=actor, at=at)


@transaction.atomic
def reopen_task(*, task: Task, reason: str = "", actor: User | None, at: datetime) -> Task:
    """It was not done after all: who waits for it and has not started waits again."""
    task = locked_with_neighbours(task)
    if not task.has_ended:
        return task
    request = task.change_request
    if request is not None and request.status in {RequestStatus.DELIVERED, *ENDED_REQUEST}:
        raise Conflict(
            _("%(request)s is delivered or closed already; bring it back to work first.")
            % {"request": request.reference},
            extra={"current": request.status},
        )
    task.finished_at = None
    _enter(task, TaskStatus.IN_PROGRESS if task.started_at else TaskStatus.PLANNED, at=at)
    if task.assignee is not None:
        let_see(task, task.assignee, at=at)
    record(task, "reopened", actor=actor, at=at, text=reason)
    refresh_around(task, at=at)
    telling.not_ready_after_all(task, at=at)
    return task


@transaction.atomic
def cancel_task(*, task: Task, reason: str = "", actor: User | None, at: datetime) -> Task:
    """It will not be done: nobody waits for it any longer."""
    task = locked_with_neighbours(task)
    if task.status == TaskStatus.CANCELLED:
        return task
    _refuse(task, TaskStatus.CANCELLED)
    task.finished_at = at
    was_with = task.assignee
    _enter(task, TaskStatus.CANCELLED, at=at)
    record(task, "cancelled", actor=actor, at=at, text=reason)
    if was_with is not None:
        end_sight(task, was_with, at=at)
    telling.ready(refresh_around(task, at=at), cause=task, actor=actor, at=at)
    return task


@transaction.atomic
def take_task(*, task: Task, actor: User, at: datetime) -> Task:
    """Somebody of the department takes what nobody has."""
    task = locked_with_neighbours(task)
    if task.assignee_id == actor.pk:
        return task
    refuse_ended(task)
    if task.assignee is not None:
        raise Conflict(_("%(person)s has it already.") % {"person": task.assignee}, field="assignee")
    task.assignee = actor
    task.last_word_at = at
    bump(task)
    task.save()
    pass_on(task, None, actor=actor, at=at)
    record(task, "taken", actor=actor, at=at)
    return task


def begin_request(task: Task, *, actor: User | None, at: datetime) -> None:
    """A request whose first task begins is in work."""
    request = task.change_request
    if request is None or request.status not in _BEFORE_WORK:
        return
    request = lock(ChangeRequest.objects.select_related("project", "client")).get(pk=request.pk)
    if request.status in _BEFORE_WORK:
        enter(request, RequestStatus.IN_WORK, "work begun", actor=actor, at=at, text=task.title)


_BEFORE_WORK = frozenset({RequestStatus.NEW, RequestStatus.CLARIFYING, RequestStatus.DECOMPOSING, RequestStatus.AGREED})


def _enter(task: Task, status: TaskStatus, *, at: datetime) -> None:
    if status != TaskStatus.BLOCKED:
        task.blocked_at, task.block_reason, task.block_text = None, "", ""
    if status not in {TaskStatus.PLANNED, TaskStatus.BLOCKED}:
        task.returned_at, task.return_reason = None, ""
    task.status = status
    task.last_word_at = at
    bump(task)
    task.save()


def _refuse(task: Task, status: TaskStatus, only_from: Sequence[TaskStatus] = ()) -> None:
    if status in TASK_TRANSITIONS[task.status] and (not only_from or task.status in only_from):
        return
    raise Conflict(
        _("%(task)s is %(status)s; it cannot become %(target)s.")
        % {
            "task": task.reference,
            "status": task.get_status_display().lower(),
            "target": str(status.label).lower(),
        },
        code="transition",
        extra={"current": task.status},
    )


def _start_gate(task: Task) -> Gate:
    return gates_of([task])[task.pk]


def _end_gate(task: Task) -> Gate:
    return end_gate(
        waits_of([task.pk]).get(task.pk, ()), working=working_time([task.department_id])[task.department_id]
    )


@dataclass(frozen=True)
class _Passed:
    """What somebody went past, and why; the history keeps both."""

    reason: str = ""
    waits: tuple[str, ...] = ()

    @property
    def changes(self) -> dict[str, list[Any]]:
        return {"waiting_for": [list(self.waits), None]} if self.reason else {}

    def __add__(self, other: _Passed) -> _Passed:
        return _Passed(other.reason, tuple(dict.fromkeys((*self.waits, *other.waits))))


def _overridden(task: Task, gate: Gate, override: str, *, actor: User | None, verb: str) -> _Passed:
    """What is gone past all the same; raises Conflict without a reason, Forbidden from one who may not."""
    if not override.strip():
        raise Conflict(_closed_words(task, gate, verb), code="waiting", extra={"waiting_for": list(gate.waiting_for)})
    if actor is not None and not may_override_gate(actor, task):
        raise Forbidden(_("Only who leads the project may go past what a task waits for."), field="override")
    return _Passed(override.strip(), tuple(_names(gate.waiting_for)))


def _closed_words(task: Task, gate: Gate, verb: str) -> str:
    if gate.waiting_for:
        named = ", ".join(_names(gate.waiting_for))
        more = len(gate.waiting_for) - MOST_NAMED
        named += _(" and %(n)d more") % {"n": more} if more > 0 else ""
        return _("%(task)s cannot %(verb)s yet: it waits for %(tasks)s.") % {
            "task": task.reference,
            "verb": verb,
            "tasks": named,
        }
    return _("%(task)s cannot %(verb)s before %(at)s.") % {
        "task": task.reference,
        "verb": verb,
        "at": date_format(localtime(instant(gate.opens_at)), _("D j M Y H:i")),
    }


def _names(task_ids: Sequence[int]) -> list[str]:
    rows = Task.objects.filter(pk__in=task_ids[:MOST_NAMED]).select_related("department").order_by("pk")
    return [f"{one} ({one.department.short})" for one in rows]
