"""The tasks of a project: as a list with every verb, or as a board of departments; and a new one."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.reach import reach_of
from kernel.conditional import conditional
from kernel.errors import DomainError
from kernel.fragments import wants_fragment
from kernel.keyset import keyset_page
from projects import operations
from projects.models import Task
from projects.permissions import may_add_tasks_to, plans
from projects.projectpage import found_project, frame_context
from projects.projecttaskforms import NewTaskForm, TaskFilterForm
from projects.queries.projecttasks import (
    MOST_ON_BOARD,
    Wishes,
    lines_of,
    narrowed,
    silent_in,
    tasks_in,
    troubles_of,
    work_in,
)
from projects.taskforms import BulkForm
from projects.views.taskverbs import VERBS
from projects.workboard import board_of, queues_of

SIZE = 30
BOARD = "board"
# Days count down and silence begins: a list that nothing happened to is drawn anew this often.
REDRAW_S = 300


@login_required
@require_safe
def project_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole page, or its tasks alone, which are not sent again while nothing on them changed."""
    project = found_project(request, slug)
    user, now = request.user, timezone.now()
    form = TaskFilterForm(request.GET, project=project, user=user)
    is_valid = form.is_valid()
    wishes = form.wishes() if is_valid else Wishes()
    tasks = tasks_in(project, user)
    silent = silent_in(tasks, now=now)
    rows = narrowed(tasks, wishes, silent=silent, now=now) if is_valid else tasks.none()
    is_board = request.GET.get("view") == BOARD
    context: dict[str, Any] = {
        "project": project,
        "form": form,
        "is_board": is_board,
        "troubles": troubles_of(tasks, silent),
        "is_narrow": wishes.is_narrow or not is_valid,
        "list_url": _with(request, view=""),
        "board_url": _with(request, view=BOARD),
        "verbs": VERBS,
        "may_plan": plans(user, project),
        "may_add": may_add_tasks_to(user, project),
    }
    seen: object
    if is_board:
        shown = list(rows[: MOST_ON_BOARD + 1])
        work = work_in(shown[:MOST_ON_BOARD], silent=silent, now=now)
        seen = [(line.task.pk, line.task.version, line.task.unmet, line.badge, line.says) for line in work.lines]
        context |= {"work": work, "is_cut": len(shown) > MOST_ON_BOARD, "most": MOST_ON_BOARD}
        if work.lines:
            context["lanes"] = board_of(work, queues_of({line.task.department_id for line in work.lines}))
    else:
        page = keyset_page(rows, size=SIZE, cursor=request.GET.get("cursor", ""))
        lines = lines_of(page.rows, user, silent=silent, now=now)
        seen = [(line.mark, line.silent_since) for line in lines]
        picks = context["may_plan"] or bool(reach_of(user).headed_department_ids)
        context |= {"lines": lines, "steps": page, "picks": picks, "bulk": BulkForm(now=now) if picks else None}

    def answer() -> HttpResponse:
        if wants_fragment(request):
            return render(request, "projects/project/_tasks.html", context)
        return render(request, "projects/project/tasks.html", frame_context(project, user, tab="tasks") | context)

    mark = (request.META["QUERY_STRING"], context["troubles"], seen, int(now.timestamp()) // REDRAW_S)
    return conditional(request, answer, seen=mark)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_task(request: HttpRequest, slug: str) -> HttpResponse:
    project = found_project(request, slug)
    user, now = cast(User, request.user), timezone.now()
    if not may_add_tasks_to(user, project):
        raise PermissionDenied
    initial = {"change_request": request.GET.get("request")}
    form = NewTaskForm(request.POST or None, project=project, user=user, now=now, initial=initial)
    if form.is_valid():
        try:
            made: Task = operations.create_task(project=project, actor=user, at=now, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("%(task)s added") % {"task": made.reference})
            if request.GET.get("request") and made.change_request_id:
                return redirect("request", made.change_request_id)
            return redirect("project", slug)
    context = {"project": project, "form": form}
    return render(request, "projects/project/new_task.html", context, status=422 if form.is_bound else 200)


def _with(request: HttpRequest, *, view: str) -> str:
    """The other view of what one narrowed to."""
    query = request.GET.copy()
    for name in ("cursor", "view"):
        query.pop(name, None)
    if view:
        query["view"] = view
    return f"?{query.urlencode()}" if query else request.path
