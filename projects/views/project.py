"""The pages of one project."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from kernel.errors import DomainError, Stale
from kernel.keyset import keyset_page
from projects import operations
from projects.permissions import may_edit_project, projects_to_ask_in
from projects.projectforms import EditProjectForm
from projects.projectpage import found_project, frame_context
from projects.queries.requests import request_list

SIZE = 25


@login_required
@require_safe
def project_requests(request: HttpRequest, slug: str) -> HttpResponse:
    """All of them, the newest first."""
    project = found_project(request, slug)
    rows = request_list(request.user).filter(project=project)
    page = keyset_page(rows, size=SIZE, cursor=request.GET.get("cursor", ""))
    context = {
        "rows": page.rows,
        "steps": page,
        "is_internal": True,
        "may_record": projects_to_ask_in(request.user).filter(pk=project.pk).exists(),
    }
    frame = frame_context(project, request.user, tab="requests")
    return render(request, "projects/project/requests.html", frame | context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_project(request: HttpRequest, slug: str) -> HttpResponse:
    """What is typed survives an error, and what somebody else changed meanwhile is shown beside it (422)."""
    project = found_project(request, slug)
    user = cast(User, request.user)
    if not may_edit_project(user, project):
        raise PermissionDenied
    form = EditProjectForm(request.POST or None, project=project, user=user)
    theirs = None
    if form.is_valid():
        try:
            operations.update_project(project=project, actor=user, at=timezone.now(), **form.arguments())
        except Stale as error:
            form.read_again()
            form.add_error(None, error.message)
            theirs = form.theirs()
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("%(project)s saved") % {"project": form.cleaned_data["name"]})
            return redirect("project", slug)
    context = {"project": project, "form": form, "theirs": theirs}
    return render(request, "projects/project/edit.html", context, status=422 if form.is_bound else 200)
