"""Who is away and who stands in: one's own, those of the people one leads, everybody's for who runs the service."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from departments import operations
from departments.forms import AbsenceForm
from departments.models import Absence
from departments.permissions import absences_visible_to, may_change_absence, people_to_record_absences_of
from departments.views.common import refuse, staff_only, tabs
from kernel.errors import DomainError

MOST = 200


@staff_only
@require_safe
def absences(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = absences_visible_to(request.user).filter(ends_at__gt=now).select_related("user", "stand_in")
    mine = set(people_to_record_absences_of(request.user).values_list("pk", flat=True))
    shown = [(absence, absence.user_id in mine) for absence in rows.order_by("starts_at", "pk")[:MOST]]
    context = {"now": now, "tabs": tabs("absences"), "absences": shown}
    return render(request, "departments/absences.html", context)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def new_absence(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = AbsenceForm(request.POST or None, user=user, is_new=True, initial={"user": user.pk})
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        try:
            operations.record_absence(**{**values, "actor": user, "at": timezone.now()})
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Absence recorded"))
            return redirect("absences")
    return _page(request, form)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one. A change by somebody else in between is not overwritten."""
    found = _changeable(request, pk)
    user = cast(User, request.user)
    names = ("starts_at", "ends_at", "stand_in", "reason", "version")
    initial = {name: getattr(found, name) for name in names}
    form = AbsenceForm(request.POST or None, user=user, is_new=False, initial=initial)
    if form.is_valid():
        changes = dict(form.cleaned_data)
        version = changes.pop("version")
        try:
            operations.change_absence(
                absence=found, changes=changes, actor=user, at=timezone.now(), expected_version=version
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Absence changed"))
            return redirect("absences")
    return _page(request, form, found)


@staff_only
@require_POST
def cancel_absence(request: HttpRequest, pk: int) -> HttpResponse:
    operations.cancel_absence(absence=_changeable(request, pk), actor=cast(User, request.user), at=timezone.now())
    messages.success(request, _("Absence cancelled"))
    return redirect("absences")


def _changeable(request: HttpRequest, pk: int) -> Absence:
    found: Absence = get_object_or_404(absences_visible_to(request.user).select_related("user"), pk=pk)
    if not may_change_absence(request.user, found):
        raise PermissionDenied
    return found


def _page(request: HttpRequest, form: AbsenceForm, found: Absence | None = None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "departments/absence.html", {"form": form, "absence": found}, status=status)
