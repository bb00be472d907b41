"""The page of one task, and the same task in short beside a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import is_staff_member
from kernel.conditional import conditional
from kernel.fragments import wants_fragment
from projects.models import Task
from projects.queries.tasks import TaskPage, task_page, task_rows
from projects.taskforms import TaskForm
from projects.taskoffers import NOTHING, Offers, offers_for
from projects.tasktelling import lines_of
from projects.views.taskverbs import BESIDE, IN_THE_HEAD, VERBS, TaskVerb

SOME_LINES = 5


@dataclass(frozen=True)
class Button:
    verb: TaskVerb
    is_primary: bool


def found_task(request: HttpRequest, pk: int) -> Task:
    """What a client's people see of tasks stands with their request: these pages are the provider's own."""
    if not is_staff_member(request.user):
        raise Http404
    return get_object_or_404(task_rows(request.user), pk=pk)


@login_required
@require_safe
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page, or what changes on it, which is not sent again while it did not."""
    found = found_task(request, pk)
    now = timezone.now()
    page = task_page(found, request.user)
    seen = (page.mark, found.is_ready(now), now.date())
    return conditional(request, lambda: show(request, found, now=now, page=page), seen=seen)


@login_required
@require_safe
def peek(request: HttpRequest, pk: int) -> HttpResponse:
    """In the drawer; without script the page itself."""
    found = found_task(request, pk)
    if not wants_fragment(request):
        return redirect("task", pk)
    now = timezone.now()
    page = task_page(found, request.user)
    offers = offers_for(request.user, found, at=now)
    context = context_of(page, offers) | {"lines": lines_of(page.history[:SOME_LINES])}
    return render(request, "projects/_task_peek.html", context)


def show(
    request: HttpRequest,
    task: Task,
    *,
    now: datetime,
    page: TaskPage | None = None,
    verb: TaskVerb | None = None,
    form: TaskForm | None = None,
    theirs: list[tuple[str, str]] | None = None,
    action: str = "",
    before: Task | None = None,
    is_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The page with a verb's form open, or without; `theirs`: what somebody else wrote meanwhile; `is_changed`: this
    request has just done something; `action` and `before` as of the form."""
    page = page or task_page(task, request.user)
    # An open form stands alone: another action beside it would throw away what is typed.
    offers = offers_for(request.user, task, at=now) if form is None else NOTHING
    context = context_of(page, offers) | {
        "lines": lines_of(page.history),
        "verb": verb,
        "form": form,
        "form_title": title_of(verb, task),
        "theirs": theirs,
        "form_action": action,
        "before": before,
        "is_changed": is_changed,
    }
    template = "projects/_task_changed.html" if wants_fragment(request) else "projects/task.html"
    return render(request, template, context, status=status)


def context_of(page: TaskPage, offers: Offers) -> dict[str, Any]:
    return {
        "task": page.task,
        "page": page,
        "offers": offers,
        "buttons": [Button(VERBS[name], name == offers.primary) for name in IN_THE_HEAD if name in offers],
        "more": [VERBS[name] for name in BESIDE if name in offers],
        "verbs": VERBS,
        "ready": [line for line in page.checks if line.kind == "ready"],
        "done": [line for line in page.checks if line.kind == "done"],
    }


def title_of(verb: TaskVerb | None, task: Task) -> str:
    return str(verb.title) % {"reference": task.reference} if verb else ""
