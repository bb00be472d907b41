"""Doing something with an incident: each action is a POST; some ask for words first."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from incidents.forms import ActionForm
from incidents.models import Incident
from incidents.offers import may, offers_for
from incidents.queries import incident_list
from incidents.views.page import show
from incidents.views.verbs import VERBS
from kernel.errors import DomainError
from kernel.fragments import wants_fragment
from kernel.verbs import Verb


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """GET shows the page with the action's form open, POST does it; what is typed survives an error (422)."""
    if verb not in VERBS:
        raise Http404
    incident = get_object_or_404(incident_list(request.user), pk=pk)
    if not may(request.user, incident, verb):
        raise PermissionDenied
    action = VERBS[verb]
    if action.form is None:
        return _do(request, action, incident) if request.method == "POST" else HttpResponseNotAllowed(["POST"])
    now = timezone.now()
    user = cast(User, request.user)
    if request.method != "POST":
        if verb not in offers_for(user, incident):
            return redirect("incident", pk)
        form = action.form(incident=incident, user=user, now=now)
        return show(request, incident, now=now, action=action, form=form)
    form = action.form(request.POST, incident=incident, user=user, now=now)
    if form.is_valid():
        try:
            return _do(request, action, incident, **form.arguments())
        except DomainError as error:
            _refuse(form, error)
    return show(request, incident, now=now, action=action, form=form, status=422)


def _do(request: HttpRequest, action: Verb[ActionForm], incident: Incident, **arguments: object) -> HttpResponse:
    action.perform(incident=incident, actor=request.user, now=timezone.now(), **arguments)
    messages.success(request, str(action.done) % {"reference": incident.reference})
    changed = incident_list(request.user).filter(pk=incident.pk).first()
    if changed is None:  # given away to where one sees nothing
        return _leave(request)
    if not wants_fragment(request):
        return redirect("incident", incident.pk)
    return show(request, changed, now=timezone.now(), is_changed=True)


def _leave(request: HttpRequest) -> HttpResponse:
    response = redirect("incidents")
    if wants_fragment(request):
        return HttpResponse(headers={"HX-Redirect": response.url})
    return response


def _refuse(form: forms.Form, error: DomainError) -> None:
    form.add_error(error.field if error.field in form.fields else None, error.message)
