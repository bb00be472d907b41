"""The catalogue of departments, and what lies with one of them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import is_staff_member
from accounts.reach import reach_of
from departments.permissions import departments_visible_to
from desk import words
from desk.queries.departments import department_lines, department_queue
from desk.queries.hours import hours_of
from desk.views.live import live


@login_required
@require_safe
def departments(request: HttpRequest) -> HttpResponse:
    _staff_only(request)
    own = reach_of(request.user).department_ids
    lines = department_lines(request.user, own_ids=own, now=timezone.now())
    return render(request, "desk/departments.html", {"lines": lines})


@login_required
@require_safe
def department(request: HttpRequest, slug: str) -> HttpResponse:
    _staff_only(request)
    rows = departments_visible_to(request.user).select_related("head", "calendar__current")
    found = get_object_or_404(rows, slug=slug)
    now = timezone.now()
    queue = department_queue(request.user, found, now=now)
    context = {
        "queue": queue,
        "department": found,
        "sentence": words.department_sentence(queue.counts),
        "hours": hours_of(found.calendar, now=now),
    }
    return live(
        request,
        page="desk/department.html",
        fragment="desk/_queue_changed.html",
        context=context,
        mark=queue.mark,
        now=now,
    )


def _staff_only(request: HttpRequest) -> None:
    """Clients' people see with whom an incident is, not how the provider is staffed."""
    if not is_staff_member(request.user):
        raise Http404
