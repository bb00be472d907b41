"""The catalogue of departments, and what lies with one of them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import is_staff_member
from accounts.reach import reach_of
from departments.models import Department
from departments.permissions import departments_visible_to
from desk import words
from desk.forms import WorkForm
from desk.queries.departments import department_lines, department_queue
from desk.queries.hours import hours_of
from desk.queries.work import work_of
from desk.views.live import live
from projects.permissions import may_define_ready
from projects.queries.queues import tasks_in
from projects.taskforms import BulkForm
from projects.views.taskverbs import VERBS


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
    """The queue: work in the order in which it should be done, and the incidents beside it."""
    _staff_only(request)
    rows = departments_visible_to(request.user).select_related("head", "calendar__current")
    found = get_object_or_404(rows, slug=slug)
    now = timezone.now()
    form = WorkForm(request.GET, user=request.user)
    wishes = form.wishes(cursor=request.GET.get("cursor", ""))
    tasks = tasks_in(request.user, found)
    work = work_of(request.user, found, tasks, wishes=wishes, now=now)
    has_work = bool(work.queue.totals.open) or wishes.is_narrow
    queue = department_queue(request.user, found, tasks=tasks, is_beside=has_work, now=now)
    picks = any("assign" in row.offers for group in work.queue.groups for row in group.rows)
    people = {found: [member.user for member in queue.members]}
    context = {
        "queue": queue,
        "work": work,
        "has_work": has_work,
        "picks": picks,
        "bulk": BulkForm(people=people, now=now) if picks else None,
        "form": form,
        "wishes": wishes,
        "part_url": _with(request, part=""),
        "mine_url": _with(request, whose="mine"),
        "all_url": _with(request, whose=None),
        "whole_url": _with(request, part=None),
        "verbs": VERBS,
        "department": found,
        "may_define_ready": found.archived_at is None and may_define_ready(request.user, found),
        "sentence": words.queue_sentence(work.queue.totals, queue.counts),
        "hours": hours_of(found.calendar, now=now),
    }
    return live(
        request,
        page="desk/department.html",
        fragment="desk/_queue_changed.html",
        context=context,
        mark=(queue.mark, work.mark),
        now=now,
    )


@login_required
@require_safe
def own_queue(request: HttpRequest) -> HttpResponse:
    """The queue of the department one works in; the catalogue for who works in none."""
    _staff_only(request)
    own = Department.objects.filter(pk__in=reach_of(request.user).department_ids, archived_at=None).first()
    return redirect("department", own.slug) if own is not None else redirect("departments")


def _with(request: HttpRequest, **changes: str | None) -> str:
    """The list's address with other wishes; where a page of it begins is not kept. One that is empty stands last."""
    query = request.GET.copy()
    query.pop("cursor", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


def _staff_only(request: HttpRequest) -> None:
    """Clients' people see with whom an incident is, not how the provider is staffed."""
    if not is_staff_member(request.user):
        raise Http404
