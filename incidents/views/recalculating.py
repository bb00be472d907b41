"""Letting the newest version of a policy or calendar count for what is open: looked at first, done with a reason."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import runs_service
from incidents.operations.recalculating import recalculate
from kernel.errors import DomainError
from sla.models import Calendar, Clock, SlaPolicy
from sla.permissions import calendars_visible_to, policies_visible_to

# Of a longer list the first are shown; all count.
MOST_SHOWN = 50
LOOKING = "-"  # a look at what would change needs no reason


class RecalculationForm(forms.Form):
    reason = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("It stands in the course of each incident."),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def recalculate_policy(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, get_object_or_404(policies_visible_to(request.user), slug=slug))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def recalculate_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, get_object_or_404(calendars_visible_to(request.user), slug=slug))


def _page(request: HttpRequest, subject: SlaPolicy | Calendar) -> HttpResponse:
    """GET shows what would change, POST does it."""
    if not runs_service(request.user):
        raise PermissionDenied
    back = "policy" if isinstance(subject, SlaPolicy) else "calendar"
    user, now = cast(User, request.user), timezone.now()
    form = RecalculationForm(request.POST or None)
    if form.is_valid():
        try:
            done = recalculate(subject, reason=form.cleaned_data["reason"], actor=user, now=now)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            n = len(done.incidents)
            words = ngettext("%(n)d incident recalculated", "%(n)d incidents recalculated", n)
            messages.success(request, words % {"n": n})
            return redirect(request.path) if not done.is_all else redirect(back, subject.slug)
    found = recalculate(subject, reason=LOOKING, actor=user, now=now, dry_run=True)
    context = {
        "subject": subject,
        "back": back,
        "form": form,
        "found": found,
        "shown": [
            (one.incident, [(Clock.Kind(moved.kind).label, moved) for moved in one.clocks])
            for one in found.incidents[:MOST_SHOWN]
        ],
        "more": max(len(found.incidents) - MOST_SHOWN, 0),
    }
    return render(request, "incidents/recalculate.html", context, status=422 if form.is_bound else 200)
