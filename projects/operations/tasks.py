"""Writes of tasks that are no change of status: making, editing, giving to somebody, ticking, saying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Grant, Role, User
from accounts.operations import end_grants, give_grant
from departments.models import Department
from kernel import history, outbox
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import change, check
from projects.lifecycle import RequestStatus, TaskStatus
from projects.models import FAR_FUTURE, ChangeRequest, Check, Project, ReadyItem, Task
from projects.operations import telling
from projects.operations.dependencies import add_dependency
from projects.operations.refreshing import locked_with_neighbours, refresh

MOST_CHECKS = 30
MOST_HOURS = Decimal(10_000)
WORKS_ON = "task"  # the reason of the grant by which an engineer sees the project of a task in hand
_MOVES_READINESS = frozenset({"not_before", "department"})
_MOVES_DUE = frozenset({"deadline"})


@dataclass(frozen=True)
class NewTask:
    """What a task is made from. Hours are working hours of the department; `ready` and `done` are the lines of its
    definitions, beside those that the department has for every task."""

    title: str
    department: Department
    estimate_h: Decimal
    key: str = ""
    what: str = ""
    assignee: User | None = None
    optimistic_h: Decimal | None = None
    pessimistic_h: Decimal | None = None
    not_before: datetime | None = None
    deadline: datetime | None = None
    is_public: bool = False
    touches: Sequence[str] = ()
    ready: Sequence[str] = ()
    done: Sequence[str] = field(default=())


@transaction.atomic
def create_task(
    *,
    project: Project,
    change_request: ChangeRequest | None = None,
    waits_for: Iterable[Task] = (),
    actor: User | None,
    at: datetime,
    **fields: Any,
) -> Task:
    """One task, with or without a request; it begins when those it waits for have ended."""
    if change_request is not None:
        change_request = lock(ChangeRequest.objects.select_related("client")).get(pk=change_request.pk)
        if change_request.project_id != project.pk:
            raise Invalid(_("The request belongs to another project."), field="change_request")
        refuse_ended_request(change_request)
    [task] = make_tasks([NewTask(**fields)], project=project, change_request=change_request, actor=actor, at=at)
    for predecessor in waits_for:
        add_dependency(predecessor=predecessor, successor=task, actor=actor, at=at)
    return task


def make_tasks(
    new: Sequence[NewTask],
    *,
    project: Project,
    change_request: ChangeRequest | None,
    actor: User | None,
    at: datetime,
    first_position: int = 1,
) -> list[Task]:
    """Store these tasks, ready from the first; the caller adds what they wait for and refreshes. A constant number of
    queries however many."""
    if project.phase == Project.Phase.CLOSED:
        raise Conflict(_("The project is closed."), field="project")
    for one in new:
        refuse_task(one)
    tasks = [
        Task(
            client=project.client,
            project=project,
            change_request=change_request,
            position=position,
            planned_at=at,
            last_word_at=at,
            ready_at=at,
            due_at=due_at(one.deadline, change_request),
            key=one.key,
            title=one.title,
            what=one.what,
            department=one.department,
            assignee=one.assignee,
            estimate_h=one.estimate_h,
            optimistic_h=one.optimistic_h,
            pessimistic_h=one.pessimistic_h,
            not_before=one.not_before,
            deadline=one.deadline,
            is_public=one.is_public,
            touches=list(one.touches),
        )
        for position, one in enumerate(new, start=first_position)
    ]
    Task.objects.bulk_create(tasks, batch_size=500)
    Check.objects.bulk_create(_checks(tasks, new), batch_size=500)
    history.record_many(
        history.entry(task, "created", actor=actor, at=at, tenant_id=project.client_id, place=project) for task in tasks
    )
    outbox.put_many(
        outbox.event(
            "task.created", key=f"task:{task.pk}:created", payload={"id": task.pk}, at=at, tenant_id=project.client_id
        )
        for task in tasks
    )
    for person in {task.assignee for task in tasks if task.assignee is not None}:
        let_see(tasks[0], person, at=at)
    telling.given([task for task in tasks if task.assignee_id], actor=actor, at=at)
    return tasks


def _checks(tasks: Sequence[Task], new: Sequence[NewTask]) -> Iterable[Check]:
    owed: dict[int, list[str]] = {}
    items = ReadyItem.objects.filter(department__in={task.department_id for task in tasks})
    for department, text in items.values_list("department", "text"):
        owed.setdefault(department, []).append(text)
    for task, one in zip(tasks, new, strict=True):
        ready = list(dict.fromkeys([*one.ready, *owed.get(task.department_id, [])]))
        for kind, texts in ((Check.Kind.READY, ready), (Check.Kind.DONE, one.done)):
            for position, text in enumerate(texts):
                yield Check(task=task, kind=kind, text=text[:200], position=position)


def refuse_task(one: NewTask) -> None:
    """Raise Invalid for what no task can be."""
    if not one.title.strip():
        raise Invalid(_("Say what the task is."), field="title")
    if one.department.archived_at is not None:
        raise Conflict(_("%(department)s takes nothing new.") % {"department": one.department}, field="department")
    refuse_range(one.optimistic_h, one.estimate_h, one.pessimistic_h)
    if len(one.ready) + len(one.done) > MOST_CHECKS:
        raise Invalid(_("At most %(n)d lines of ready and done.") % {"n": MOST_CHECKS}, field="ready")
    if one.not_before and one.deadline and one.deadline < one.not_before:
        raise Invalid(_("The deadline lies before the earliest start."), field="deadline")


def refuse_range(low: Decimal | None, likely: Decimal, high: Decimal | None) -> None:
    for name, value in (("optimistic_h", low), ("estimate_h", likely), ("pessimistic_h", high)):
        if value is not None and not 0 <= value <= MOST_HOURS:
            raise Invalid(_("Write hours between 0 and %(most)s.") % {"most": MOST_HOURS}, field=name)
    if low is not None and low > likely:
        raise Invalid(_("The low estimate is above the likely one."), field="optimistic_h")
    if high is not None and high < likely:
        raise Invalid(_("The high estimate is below the likely one."), field="pessimistic_h")


@transaction.atomic
def update_task(
    *, task: Task, changes: Mapping[str, Any], actor: User | None, at: datetime, expected_version: int | None = None
) -> Task:
    """Change what a task says. Another person in hand is told, another department takes it with its own hours."""
    task = locked_with_neighbours(task)
    check(task, expected_version)
    was_with = task.assignee
    was_told = task.announced_at is not None or task.status != TaskStatus.PLANNED
    changed = change(task, changes)
    if not changed:
        return task
    refuse_range(task.optimistic_h, task.estimate_h, task.pessimistic_h)
    if task.not_before and task.deadline and task.deadline < task.not_before:
        raise Invalid(_("The deadline lies before the earliest start."), field="deadline")
    if "department" in changed and task.department.archived_at is not None:
        raise Conflict(_("%(department)s takes nothing new.") % {"department": task.department}, field="department")
    if changed.keys() & _MOVES_DUE:
        task.due_at = due_at(task.deadline, task.change_request)
    _mend_return(task)
    task.last_word_at = at
    task.save()
    if changed.keys() & _MOVES_READINESS:
        opened = refresh([task.pk], at=at)
        if "department" in changed and "assignee" not in changed and was_told:
            _tell_of_passing(task, note="", actor=actor, at=at)
        else:
            telling.ready(opened, cause=task, actor=actor, at=at)
    if "assignee" in changed:
        pass_on(task, was_with, actor=actor, at=at)
    record(task, "changed", actor=actor, at=at, changes=changed)
    return task


def _mend_return(task: Task) -> None:
    """Whoever works on what was sent back has answered the department's reason."""
    task.returned_at, task.return_reason = None, ""


@transaction.atomic
def assign_task(*, task: Task, assignee: User | None, actor: User | None, at: datetime) -> Task:
    """Give a task to somebody, or to nobody; given to who has it already, nothing changes."""
    task = locked_with_neighbours(task)
    if _give(task, assignee, actor=actor, at=at):
        telling.given([task], actor=actor, at=at)
    return task


@transaction.atomic
def assign_many(*, tasks: Iterable[Task], assignee: User | None, actor: User | None, at: datetime) -> dict[int, str]:
    """Give each for itself to one person, who hears once of all of them; returns by their ids why some were not."""
    ids = [task.pk for task in tasks]
    rows = Task.objects.select_related("project", "client", "assignee").filter(pk__in=ids).order_by("pk")
    given, refused = [], {}
    for task in lock(rows):
        try:
            if _give(task, assignee, actor=actor, at=at):
                given.append(task)
        except Conflict as error:
            refused[task.pk] = error.message
    telling.given(given, actor=actor, at=at)
    return refused


def _give(task: Task, assignee: User | None, *, actor: User | None, at: datetime) -> bool:
    """Whether the locked task has changed hands by it."""
    if task.assignee == assignee:
        return False
    refuse_ended(task)
    was_with = task.assignee
    changed = change(task, {"assignee": assignee})
    task.last_word_at = at
    task.save()
    let_follow(task, was_with, at=at)
    record(task, "assigned", actor=actor, at=at, changes=changed)
    return True


@transaction.atomic
def hand_over(
    *,
    task: Task,
    assignee: User | None = None,
    department: Department | None = None,
    note: str = "",
    actor: User | None,
    at: datetime,
) -> Task:
    """Pass the work on, with what the next one must know: to a colleague, or to another department, whose head hears of
    it where no person is named."""
    task = locked_with_neighbours(task)
    refuse_ended(task)
    if assignee is None and department is None:
        raise Invalid(_("Say who takes it: a person or a department."), field="assignee")
    if department is not None and department.archived_at is not None:
        raise Conflict(_("%(department)s takes nothing new.") % {"department": department}, field="department")
    was_with = task.assignee
    changes = {"assignee": assignee} | ({"department": department} if department is not None else {})
    changed = change(task, changes)
    if not changed and not note:
        return task
    if note:
        task.package = f"{task.package}\n\n{note}".strip()
    task.last_word_at = at
    task.save()
    if "department" in changed:
        refresh([task.pk], at=at)
    let_follow(task, was_with, at=at)
    _tell_of_passing(task, note=note, actor=actor, at=at)
    record(task, "handed over", actor=actor, at=at, changes=changed, text=note)
    return task


def _tell_of_passing(task: Task, *, note: str, actor: User | None, at: datetime) -> None:
    """One message: what can start at once is announced by it."""
    Task.objects.filter(pk=task.pk).ready(at).update(announced_at=at)
    telling.passed_on(task, note=note, actor=actor, at=at)


@transaction.atomic
def tick(*, check_id: int, task: Task, is_done: bool, actor: User | None, at: datetime) -> Check:
    """A line of a definition of ready or done is seen to, or not after all."""
    task = lock(Task.objects.select_related("project")).get(pk=task.pk)
    line = Check.objects.get(pk=check_id, task=task)
    if (line.done_at is not None) == is_done:
        return line
    line.done_at, line.done_by = (at, actor) if is_done else (None, None)
    line.save(update_fields=["done_at", "done_by"])
    Task.objects.filter(pk=task.pk).update(last_word_at=at)
    record(task, "ticked" if is_done else "unticked", actor=actor, at=at, text=line.text)
    return line


@transaction.atomic
def say(*, task: Task, text: str, actor: User | None, at: datetime) -> Task:
    """A word on how it goes; silence ends with it."""
    if not text.strip():
        raise Invalid(_("Write what there is to say."), field="text")
    task = lock(Task.objects.select_related("project")).get(pk=task.pk)
    task.last_word_at = at
    task.save(update_fields=["last_word_at"])
    record(task, "noted", actor=actor, at=at, text=text.strip())
    return task


@transaction.atomic
def keep_package(*, task: Task, text: str, was: str | None = None, actor: User | None, at: datetime) -> Task:
    """What the next department gets with the work: results, links, access.

    `was` is what the text was written over: words that somebody else kept meanwhile stay, and the own follow them.
    """
    task = lock(Task.objects.select_related("project")).get(pk=task.pk)
    now = task.package.replace("\r\n", "\n").strip()
    if was is not None and now not in {was, text}:
        text = f"{now}\n\n{text.removeprefix(was).strip()}".strip()
    if task.package != text:
        task.package = text
        task.last_word_at = at
        task.save(update_fields=["package", "last_word_at"])
        record(task, "package kept", actor=actor, at=at)
    return task


def pass_on(task: Task, was_with: User | None, *, actor: User | None, at: datetime) -> None:
    """Rights and a message follow the work."""
    let_follow(task, was_with, at=at)
    if task.assignee is not None and was_with != task.assignee:
        telling.given([task], actor=actor, at=at)


def let_follow(task: Task, was_with: User | None, *, at: datetime) -> None:
    """Who has it now sees it, who had it no longer does for that."""
    if was_with is not None and was_with != task.assignee:
        end_sight(task, was_with, at=at)
    if task.assignee is not None and was_with != task.assignee:
        let_see(task, task.assignee, at=at)


def let_see(task: Task, user: User, *, at: datetime) -> None:
    """Who has a task of a project in hand sees the project, until the last of them has ended."""
    give_grant(
        user=user,
        role=Role.ENGINEER,
        scope_kind=Grant.Scope.PROJECT,
        scope_id=task.project_id,
        client=task.client,
        at=at,
        reason=WORKS_ON,
    )


def end_sight(task: Task, user: User, *, at: datetime) -> None:
    if not Task.objects.open().filter(project=task.project_id, assignee=user).exclude(pk=task.pk).exists():
        end_grants(at=at, user=user, scope_kind=Grant.Scope.PROJECT, scope_id=task.project_id, reason=WORKS_ON)


def due_at(deadline: datetime | None, request: ChangeRequest | None) -> datetime:
    """A task's own deadline, else what was promised for its request."""
    return deadline or (request.promised_at if request is not None else None) or FAR_FUTURE


def refuse_ended(task: Task) -> None:
    if task.has_ended:
        raise Conflict(_("%(task)s has ended already.") % {"task": task.reference}, extra={"current": task.status})


def refuse_ended_request(request: ChangeRequest) -> None:
    if not request.is_open or request.status == RequestStatus.DELIVERED:
        raise Conflict(
            _("%(request)s is %(status)s: nothing can be added to it.")
            % {"request": request.reference, "status": request.get_status_display().lower()},
            field="change_request",
            extra={"current": request.status},
        )


def record(task: Task, verb: str, *, actor: User | None, at: datetime, **more: Any) -> None:
    """History and the fact for feeds."""
    line = history.record(task, verb, actor=actor, at=at, tenant_id=task.client_id, place=task.project, **more)
    outbox.put(
        f"task.{verb.replace(' ', '_')}",
        key=f"task:{task.pk}:{line.pk}",
        payload={"id": task.pk, "status": task.status},
        at=at,
        tenant_id=task.client_id,
    )
