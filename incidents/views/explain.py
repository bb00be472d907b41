"""Explain this clock: every second of its life, the deadline by hand, and whose time it was."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.explainpage import page_of
from incidents.permissions import sees_internal_side
from incidents.queries import incident_list
from incidents.tryforms import TryForm
from sla.permissions import sees_policy_inside


@login_required
@require_safe
def explain_clock(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """`?cycle=` names the clock of several of a kind, `?whole` shows every stretch of a long life."""
    context = _context(request, pk, kind, whole="whole" in request.GET)
    clock = context["page"].one.clock
    if clock.is_promised and sees_policy_inside(request.user):
        chosen = {"policy": clock.policy_version.policy.slug, "client": context["incident"].client.slug}
        context["try_form"] = TryForm(request=request, now=timezone.now(), initial=chosen)
    return render(request, "incidents/explain.html", context)


@login_required
@require_safe
def explain_clock_as_text(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The same in plain words, for a mail or a printer."""
    words = render_to_string("incidents/explain.txt", _context(request, pk, kind, whole=True), request)
    lines = [line.rstrip() for line in words.splitlines()]
    return HttpResponse("\n".join(lines).strip() + "\n", content_type="text/plain; charset=utf-8")


def _context(request: HttpRequest, pk: int, kind: str, *, whole: bool) -> dict[str, Any]:
    incident = get_object_or_404(incident_list(request.user), pk=pk)
    page = page_of(incident, kind, request.GET.get("cycle", ""), user=request.user, now=timezone.now(), whole=whole)
    if page is None:
        raise Http404
    return {"incident": incident, "page": page, "is_internal": sees_internal_side(request.user)}
