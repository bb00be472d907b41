"""The list of projects: what breaks next comes first, filters in the address."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import is_staff_member
from kernel.conditional import conditional
from kernel.errors import DomainError
from kernel.fragments import wants_fragment
from kernel.keyset import keyset_page
from projects import operations
from projects.models import Project
from projects.permissions import may_create_projects
from projects.projectforms import FilterForm, NewProjectForm
from projects.queries.projects import Wishes, counted, lines_of, listed

SIZE = 25
FILTERS = "filters"  # the id of the toolbar's form
# Days count down and silence begins: a list that nothing happened to is drawn anew this often.
REDRAW_S = 300


@login_required
@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """The whole page, or its list alone, which is not sent again while nothing on it changed."""
    if not is_staff_member(request.user):
        raise Http404
    now = timezone.now()
    form = FilterForm(request.GET, user=request.user)
    is_valid = form.is_valid()
    wishes = form.wishes() if is_valid else Wishes()
    rows = listed(request.user, wishes) if is_valid else Project.objects.none()
    page = keyset_page(rows, size=SIZE, cursor=request.GET.get("cursor", ""))
    lines = lines_of(page.rows, now=now)
    counts = counted(request.user, now=now)

    def answer() -> HttpResponse:
        context = {
            "form": form,
            "steps": page,
            "lines": lines,
            "is_narrow": wishes.is_narrow or not is_valid,
            "sentence": _sentence(counts),
            "may_create": may_create_projects(request.user),
        }
        template = "projects/projects/_list_changed.html" if wants_fragment(request) else "projects/projects/list.html"
        return render(request, template, context)

    marks = [line.mark for line in lines]
    seen = (request.META["QUERY_STRING"], counts, marks, int(now.timestamp()) // REDRAW_S)
    response = conditional(request, answer, seen=seen)
    if request.htmx.trigger == FILTERS:  # type: ignore[attr-defined]  # set by django-htmx
        response["HX-Replace-Url"] = _address(request)
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if not may_create_projects(user):
        raise PermissionDenied
    initial = {"client": request.GET.get("client"), "phase": Project.Phase.DESIGN}
    form = NewProjectForm(request.POST or None, user=user, initial=initial)
    if form.is_valid():
        try:
            made = operations.create_project(actor=user, at=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("%(project)s created") % {"project": made})
            return redirect("project", made.slug)
    return render(request, "projects/projects/new.html", {"form": form}, status=422 if form.is_bound else 200)


def _address(request: HttpRequest) -> str:
    """What the list is narrowed to, without what is empty."""
    query = QueryDict(mutable=True)
    kept: dict[str, Any] = {name: value for name, value in request.GET.items() if value and name != "cursor"}
    query.update(kept)
    return f"{reverse('projects')}?{query.urlencode()}" if kept else reverse("projects")


def _sentence(counts: dict[str, int]) -> str:
    """How many run, in how many something is stuck, in how many something is late."""
    if not counts["running"]:
        return _("No project runs.")
    said = [ngettext("%(n)d project runs.", "%(n)d projects run.", counts["running"]) % {"n": counts["running"]}]
    if counts["stuck"]:
        words = ngettext("In %(n)d something is stuck.", "In %(n)d something is stuck.", counts["stuck"])
        said.append(words % {"n": counts["stuck"]})
    if counts["late"]:
        words = ngettext("In %(n)d a task is late.", "In %(n)d a task is late.", counts["late"])
        said.append(words % {"n": counts["late"]})
    return " ".join(said)
