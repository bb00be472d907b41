"""One step for many tasks at once; each gets its own answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import is_staff_member
from kernel.errors import DomainError
from kernel.fragments import wants_fragment
from kernel.numbers import number_in
from projects import operations
from projects.models import Task
from projects.permissions import may_edit_task
from projects.queries.tasks import task_rows
from projects.taskforms import BulkForm

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Answer:
    """How it went with one task; `refusal` is empty where it was done."""

    task: Task
    refusal: str = ""


@login_required
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """What one may not see is left out as if it did not exist; the rest answers one by one, in the drawer or on a page
    of its own."""
    if not is_staff_member(request.user):
        raise Http404
    now = timezone.now()
    form = BulkForm(request.POST, now=now)
    ids = [number_in(one) for one in request.POST.getlist("task")][:MOST_AT_ONCE]
    answers: list[Answer] = []
    if form.is_valid():
        tasks = list(task_rows(request.user).filter(pk__in=ids).order_by("pk"))
        if form.cleaned_data["what"] == BulkForm.ASSIGN:
            answers = _given(request, tasks, form.cleaned_data["assignee"])
        else:
            do = _step(form.cleaned_data)
            answers = [_answer(request, task, do) for task in tasks]
    context = {"form": form, "answers": answers, "done": sum(not one.refusal for one in answers)}
    template = "projects/_bulk.html" if wants_fragment(request) else "projects/bulk.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


def _step(asked: dict[str, Any]) -> Callable[..., object]:
    """What is done to each, as `do(task=, actor=, at=)`."""
    if asked["what"] == BulkForm.DEADLINE:
        return lambda **who: operations.update_task(changes={"deadline": asked["deadline"]}, **who)
    return operations.cancel_task


def _given(request: HttpRequest, tasks: list[Task], assignee: User | None) -> list[Answer]:
    """In one step, for who gets them hears once."""
    refused = {task.pk: _("This is not yours to plan.") for task in tasks if not may_edit_task(request.user, task)}
    planned = [task for task in tasks if task.pk not in refused]
    actor = cast(User, request.user)
    refused |= operations.assign_many(tasks=planned, assignee=assignee, actor=actor, at=timezone.now())
    return [Answer(task, refused.get(task.pk, "")) for task in tasks]


def _answer(request: HttpRequest, task: Task, do: Callable[..., object]) -> Answer:
    if not may_edit_task(request.user, task):
        return Answer(task, _("This is not yours to plan."))
    try:
        do(task=task, actor=request.user, at=timezone.now())
    except DomainError as error:
        return Answer(task, error.message)
    return Answer(task)
