"""What a task waits for: found while one types, changed, and taken away. Adding is a verb of the task."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from kernel.errors import DomainError, Stale
from kernel.toasts import said
from projects import operations
from projects.dependencyforms import DependencyForm, choices_of
from projects.models import Dependency
from projects.permissions import may_link
from projects.queries.linking import tasks_to_wait_for
from projects.taskoffers import may
from projects.views.taskacts import again, ask
from projects.views.taskpage import found_task
from projects.views.taskverbs import TaskVerb

FIELDS = ("kind", "lag_h", "lag_calendar", "version")
CHANGE = TaskVerb(
    name="change-dependency",
    perform=operations.change_dependency,
    label=gettext_lazy("Change"),
    done=gettext_lazy("%(reference)s waits otherwise now"),
    icon="pencil",
    form=DependencyForm,
    title=gettext_lazy("What %(reference)s waits for"),
    button=gettext_lazy("Save changes"),
)


@login_required
@require_safe
def tasks_found(request: HttpRequest, pk: int) -> HttpResponse:
    """The options of the form's list that fit what is typed."""
    task = found_task(request, pk)
    if not may(request.user, task, "depends-on"):
        raise PermissionDenied
    found = choices_of(tasks_to_wait_for(task, request.user, request.GET.get("words", "")[:100]))
    return render(request, "projects/_tasks_found.html", {"found": found})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dependency(request: HttpRequest, pk: int, dependency_id: int) -> HttpResponse:
    """GET shows how the task waits, POST changes it or, with `remove`, takes it away. One that is gone is no error."""
    task = found_task(request, pk)
    row = (
        Dependency.objects.select_related("predecessor__project__client", "successor__project__client")
        .filter(pk=dependency_id, successor=task)
        .first()
    )
    if row is None:
        said(request, _("%(task)s does not wait for that any more") % {"task": task.reference})
        return again(request, task)
    if not may_link(request.user, row.predecessor, row.successor):
        raise PermissionDenied
    actor, now = cast(User, request.user), timezone.now()
    if "remove" in request.POST:
        operations.remove_dependency(dependency=row, actor=actor, at=now)
        words = {"after": task.reference, "before": row.predecessor}
        said(request, _("%(after)s no longer waits for %(before)s") % words)
        return again(request, task)
    initial = {name: getattr(row, name) for name in FIELDS} | {"lag_h": f"{row.lag_h:f}".removesuffix(".00")}
    form = DependencyForm(request.POST or None, initial=initial, task=task, user=actor, now=now)
    theirs = None
    if form.is_valid():
        try:
            operations.change_dependency(dependency=row, actor=actor, at=now, **form.arguments())
        except Stale as error:
            row.refresh_from_db()
            form.read_again(row)
            form.add_error(None, error.message)
            theirs = form.theirs(row)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            said(request, str(CHANGE.done) % {"reference": task.reference})
            return again(request, task)
    action = reverse("task-dependency", args=[task.pk, row.pk])
    status = 422 if form.is_bound else 200
    return ask(request, task, CHANGE, form, theirs=theirs, action=action, before=row.predecessor, status=status)
