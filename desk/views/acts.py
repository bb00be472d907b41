"""The one useful action on a row. The answer leads back to the page the row stands on."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from incidents import operations
from incidents.permissions import incidents_visible_to, may_take, may_work


@login_required
@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    incident = get_object_or_404(incidents_visible_to(request.user), pk=pk)
    if not may_work(request.user, incident):
        raise PermissionDenied
    operations.acknowledge(incident=incident, actor=cast(User, request.user), now=timezone.now())
    return _back(request, _("Acknowledged %(reference)s") % {"reference": incident.reference})


@login_required
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    incident = get_object_or_404(incidents_visible_to(request.user), pk=pk)
    if not may_take(request.user, incident):
        raise PermissionDenied
    operations.take(incident=incident, actor=cast(User, request.user), now=timezone.now())
    return _back(request, _("You took %(reference)s") % {"reference": incident.reference})


def _back(request: HttpRequest, said: str) -> HttpResponse:
    """htmx follows the redirect and gets the fragment, a browser without script the page."""
    messages.success(request, said)
    there = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(there if safe else "/", status=303)
