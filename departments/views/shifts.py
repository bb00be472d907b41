"""Planning, changing and cancelling duty; people in turn; calendar files."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from departments import operations
from departments.forms import ImportForm, RotationForm, ShiftForm
from departments.models import DutyShift
from departments.permissions import departments_to_plan, may_change_shift, may_plan_duty, shifts_visible_to
from departments.views.common import refuse, staff_only
from kernel.errors import DomainError


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def new_shift(request: HttpRequest) -> HttpResponse:
    user = _planner(request)
    form = ShiftForm(request.POST or None, user=user, initial=_department_asked(request))
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        try:
            operations.plan_shift(actor=user, at=timezone.now(), **values)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Duty planned"))
            return redirect("duty")
    return _page(request, "departments/shift.html", form)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def shift(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one. A change by somebody else in between is not overwritten."""
    found = _changeable(request, pk)
    user = cast(User, request.user)
    form = ShiftForm(request.POST or None, user=user, initial=_initial(found))
    if form.is_valid():
        changes = dict(form.cleaned_data)
        version = changes.pop("version")
        try:
            operations.change_shift(
                shift=found, changes=changes, actor=user, at=timezone.now(), expected_version=version
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Duty changed"))
            return redirect("duty")
    return _page(request, "departments/shift.html", form, shift=found)


@staff_only
@require_POST
def cancel_shift(request: HttpRequest, pk: int) -> HttpResponse:
    operations.cancel_shift(shift=_changeable(request, pk), actor=cast(User, request.user), at=timezone.now())
    messages.success(request, _("Duty cancelled"))
    return redirect("duty")


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def rotation(request: HttpRequest) -> HttpResponse:
    user = _planner(request)
    form = RotationForm(request.POST or None, user=user, initial={"every": "week", **_department_asked(request)})
    if form.is_valid():
        try:
            planned = operations.plan_rotation(actor=user, at=timezone.now(), **form.arguments())
        except DomainError as error:
            refuse(form, error, users="person_1")
        else:
            words = ngettext("%(n)d shift planned", "%(n)d shifts planned", len(planned))
            messages.success(request, words % {"n": len(planned)})
            return redirect("duty")
    return _page(request, "departments/rotation.html", form)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    """What became of the file stands above the form, event by event."""
    user = _planner(request)
    form = ImportForm(request.POST or None, request.FILES or None, user=user, initial=_department_asked(request))
    if form.is_valid():
        try:
            report = operations.import_shifts(actor=user, at=timezone.now(), **form.arguments())
        except DomainError as error:
            refuse(form, error, ics="file")
        else:
            return render(request, "departments/import.html", {"form": form, "report": report})
    return _page(request, "departments/import.html", form)


def _planner(request: HttpRequest) -> User:
    if not may_plan_duty(request.user):
        raise PermissionDenied
    return cast(User, request.user)


def _changeable(request: HttpRequest, pk: int) -> DutyShift:
    rows = shifts_visible_to(request.user).select_related("user", "department")
    found: DutyShift = get_object_or_404(rows, pk=pk)
    if not may_change_shift(request.user, found):
        raise PermissionDenied
    return found


def _initial(found: DutyShift) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("department", "user", "starts_at", "ends_at", "note", "version")}


def _department_asked(request: HttpRequest) -> dict[str, Any]:
    """The department of the page one came from, or the only one there is."""
    rows = departments_to_plan(request.user)
    named = rows.filter(slug=request.GET.get("department", "")).first()
    few = list(rows[:2])
    return {"department": named or (few[0] if len(few) == 1 else None)}


def _page(request: HttpRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.is_bound else 200)
