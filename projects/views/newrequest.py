"""Taking a request in."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import is_staff_member
from kernel.errors import DomainError
from projects import operations
from projects.permissions import may_record_requests, projects_to_ask_in
from projects.requestforms import NewRequestForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_request(request: HttpRequest) -> HttpResponse:
    """What is typed survives an error; files have to be chosen again, as browsers have it."""
    user = cast(User, request.user)
    if not may_record_requests(user):
        raise PermissionDenied
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = NewRequestForm(data, files, user=user, initial=_initial(request, user))
    if form.is_valid():
        try:
            made = operations.record_request_with_files(actor=user, at=timezone.now(), **form.arguments())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("%(reference)s taken in") % {"reference": made.reference})
            return redirect("request", made.pk)
    context = {"form": form, "is_internal": is_staff_member(user)}
    return render(request, "projects/requests/new.html", context, status=422 if form.is_bound else 200)


def _initial(request: HttpRequest, user: User) -> dict[str, Any]:
    """The project of the page one came from, or the only one there is."""
    projects = projects_to_ask_in(user)
    named = projects.filter(slug=request.GET.get("project", "")).first()
    few = list(projects[:2])
    return {"project": named or (few[0] if len(few) == 1 else None)}
