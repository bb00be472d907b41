"""Try a rule on the past: another policy, a draft of one, another calendar or ladder. Nothing is saved."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from incidents.tryforms import TryForm, initial_period
from incidents.trying import tried
from incidents.trypage import FEW, MOST, Result, result_of
from kernel.errors import DomainError
from kernel.fragments import wants_fragment
from sla.permissions import sees_policy_inside


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def try_rule(request: HttpRequest) -> HttpResponse:
    """The form, and below it what the rule would have changed: for htmx that alone. The editor posts its draft."""
    if not sees_policy_inside(request.user):
        raise PermissionDenied
    now = timezone.now()
    data = request.POST if request.method == "POST" else request.GET
    form = TryForm({**initial_period(now), **data.dict()}, request=request, now=now)
    result: Result | None = None
    if form.is_valid() and form.names_a_rule:
        try:
            since, until = form.period()
            client = form.cleaned_data["client"]
            outcome = tried(request.user, form.rule(), since=since, until=until, client=client, now=now)
            most = MOST if "whole" in data else FEW
            result = result_of(outcome, since=since, until=until, client=client, most=most)
        except DomainError as error:
            form.add_error(None, error.message)
    is_part = wants_fragment(request)
    context = {"form": form, "result": result, "draft": form.cleaned_data.get("draft"), "is_part": is_part}
    template = "incidents/_tried.html" if is_part else "incidents/try.html"
    return render(request, template, context, status=422 if form.errors else 200)
