"""Who leads a project, who did, and who stands in."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Contact, User
from kernel.errors import DomainError
from kernel.numbers import number_in
from projects import operations
from projects.models import Project
from projects.paperforms import DeputyForm
from projects.permissions import may_edit_project
from projects.projectpage import found_project, frame_context
from projects.queries.people import seats_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_people(request: HttpRequest, slug: str) -> HttpResponse:
    """Seats now and before by the dated rights; POST appoints a deputy."""
    project = found_project(request, slug)
    user = cast(User, request.user)
    may_appoint = may_edit_project(user, project)
    form = DeputyForm(request.POST or None, user=user)
    if request.method == "POST" and not may_appoint:
        raise PermissionDenied
    if form.is_valid():
        try:
            _appoint(project, form, user)
        except DomainError as error:
            field = {"until": "last_day"}.get(error.field or "", error.field)
            form.add_error(field if field in form.fields else None, error.message)
        else:
            messages.success(request, _("%(person)s stands in") % {"person": form.cleaned_data["deputy"]})
            return redirect("project-people", slug)
    now = timezone.now()
    context = {
        **frame_context(project, user, tab="people", now=now),
        "seats": seats_of(project, at=now),
        "contacts": Contact.objects.filter(client=project.client_id).order_by("kind", "name"),
        "form": form if may_appoint else None,
        "now": now,
    }
    return render(request, "projects/project/people.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def dismiss_deputy(request: HttpRequest, slug: str) -> HttpResponse:
    """The days of a deputy end now, those to come do not begin."""
    project = found_project(request, slug)
    user = cast(User, request.user)
    if not may_edit_project(user, project):
        raise PermissionDenied
    deputy = get_object_or_404(User, pk=number_in(request.POST.get("deputy", "")))
    operations.dismiss_deputy(project=project, deputy=deputy, actor=user, at=timezone.now())
    messages.success(request, _("%(person)s stands in no longer") % {"person": deputy})
    return redirect("project-people", slug)


def _appoint(project: Project, form: DeputyForm, user: User) -> None:
    """From the beginning of the first day to the end of the last, in the reader's zone."""
    zone = timezone.get_current_timezone()
    words = form.cleaned_data
    operations.appoint_deputy(
        project=project,
        deputy=words["deputy"],
        from_at=datetime.combine(words["first_day"], time(), tzinfo=zone),
        until=datetime.combine(words["last_day"] + timedelta(days=1), time(), tzinfo=zone),
        actor=user,
        at=timezone.now(),
    )
