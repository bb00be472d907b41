"""Opening an incident by hand: somebody called."""

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
from incidents import operations
from incidents.forms import OpenForm
from incidents.models import PORTAL
from incidents.permissions import clients_to_open_for, incidents_visible_to, may_call, sees_internal_side
from kernel.errors import DomainError


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_incident(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if not may_call(user):
        raise PermissionDenied
    clients = clients_to_open_for(user).filter(archived_at=None).order_by("name")
    form = OpenForm(request.POST or None, user=user, clients=clients, initial=_initial(request, clients))
    if form.is_valid():
        try:
            return _open(request, form)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    return render(request, "incidents/new.html", {"form": form}, status=422 if form.is_bound else 200)


def _open(request: HttpRequest, form: OpenForm) -> HttpResponse:
    now = timezone.now()
    words = dict(form.cleaned_data)
    opened_at = words.pop("opened_at") or now
    user = cast(User, request.user)
    if not sees_internal_side(user):
        words["source"] = PORTAL
    incident = operations.open_incident(actor=user, opened_at=opened_at, now=now, **words)
    messages.success(request, _("%(reference)s opened, both clocks run") % {"reference": incident.reference})
    if not incidents_visible_to(user).filter(pk=incident.pk).exists():
        return redirect("incidents")  # a call that was taken for others: they go on with it
    return redirect("incident", incident.pk)


def _initial(request: HttpRequest, clients: Any) -> dict[str, Any]:
    """The client of the page one came from, or the only one there is."""
    named = clients.filter(slug=request.GET.get("client", "")).first()
    few = list(clients[:2])
    return {"client": named or (few[0] if len(few) == 1 else None), "priority": "P3"}
