"""The portfolio of clients, and the dashboard of one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import clients_visible_to, is_staff_member
from accounts.reach import reach_of
from desk import faces, words
from desk.health import FLOOR
from desk.queries.clients import client_page, portfolio
from quality.statistics import GOAL


@login_required
@require_safe
def clients(request: HttpRequest) -> HttpResponse:
    """Worst first. A client's own person has one company and is brought there."""
    reach = reach_of(request.user)
    if not is_staff_member(request.user):
        return redirect("client", slug=get_object_or_404(clients_visible_to(request.user)[:1]).slug)
    has_choice = reach.everything and bool(reach.client_ids)
    is_mine = has_choice and request.GET.get("scope") == "mine"
    lines = portfolio(request.user, now=timezone.now(), only_ids=reach.client_ids if is_mine else None)
    context = {
        "lines": [faces.client_row(line) for line in lines],
        "tally": faces.tally(lines),
        "sentence": words.portfolio_sentence(lines),
        "has_choice": has_choice,
        "goal": GOAL,
        "floor": FLOOR,
        "is_mine": is_mine,
    }
    return render(request, "desk/clients.html", context)


@login_required
@require_safe
def client(request: HttpRequest, slug: str) -> HttpResponse:
    is_internal = is_staff_member(request.user)
    found = get_object_or_404(
        clients_visible_to(request.user).select_related("tam", "deputy", "service_manager"), slug=slug
    )
    page = client_page(request.user, found, now=timezone.now(), is_internal=is_internal)
    context = {"page": page, "client": found, "is_internal": is_internal, **faces.client_parts(page)}
    return render(request, "desk/client.html", context)
