"""Operations: does the system run, and what to do where it does not. For those who run the service."""

from __future__ import annotations

import json
import platform
from typing import Any

import django
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import runs_service
from alerts.queries import alert_counts
from alerts.tabs import tabs
from desk.queries.operations import Operations, operations_now, run_audit
from desk.troubles import BEHIND_RED_S, DRIFT_RED_S, KEYS_KEPT, OVERDUE_RED_S, sentence, troubles
from desk.views.live import live
from kernel.clock import database_now
from kernel.templatetags.ui import number


@login_required
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """The page; its part renews itself every few seconds."""
    _managers_only(request)
    seen = operations_now()
    return live(
        request,
        page="desk/operations.html",
        fragment="desk/_operations_changed.html",
        context=_context(request, seen),
        mark=(seen,),
        now=seen.now,
    )


@login_required
@require_POST
def audit(request: HttpRequest) -> HttpResponse:
    """The invariants between clocks, alerts and messages, looked at now."""
    _managers_only(request)
    found = run_audit(database_now())
    return render(request, "desk/operations.html", {**_context(request, operations_now()), "audit": found})


@login_required
@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """The same as plain text in English, to be sent to who helps: figures and names of processes, no addresses, no
    names of clients, no secrets."""
    _managers_only(request)
    with translation.override("en"):
        text = "\n".join(_lines(operations_now()))
    return HttpResponse(text + "\n", content_type="text/plain; charset=utf-8")


def _context(request: HttpRequest, seen: Operations) -> dict[str, Any]:
    found = troubles(seen)
    return {
        "tabs": tabs(alert_counts(request.user), current="operations", user=request.user),
        "seen": seen,
        "troubles": found,
        "sentence": sentence(found),
        "drift": ("+" if seen.drift_s >= 0 else "\N{MINUS SIGN}") + number(abs(seen.drift_s), 2),
        "is_overdue": seen.overdue_s > OVERDUE_RED_S,
        "is_drifting": abs(seen.drift_s) > DRIFT_RED_S,
        "rollups_late": seen.rollups_behind_s > BEHIND_RED_S,
        "purge_late": seen.oldest_key_at is not None and seen.now - seen.oldest_key_at > KEYS_KEPT,
    }


def _lines(seen: Operations) -> list[str]:
    found = troubles(seen)
    return [
        f"TamHub, {seen.now.astimezone(timezone.get_default_timezone()).isoformat(timespec='seconds')}",
        f"Python {platform.python_version()}, Django {django.get_version()}, {connection.vendor}",
        "",
        sentence(found),
        *(f"- {'RED' if one.is_red else 'look'}: {one.what}" for one in found),
        "",
        f"oldest due clock: {seen.overdue_s} s",
        f"oldest due message: {seen.pending_s} s",
        f"last full pass: {'never' if seen.last_pass_s is None else f'{seen.last_pass_s} s ago'}",
        f"database clock ahead of this machine: {seen.drift_s:+.3f} s",
        f"alerts later than 60 s in 30 days: {seen.late_alerts}",
        f"messages: {seen.pending} on their way, {seen.dead} dead",
        f"outbox: {seen.unplaced} without a position ({seen.unplaced_s} s)",
        f"roll-ups behind: {seen.rollups_behind} facts ({seen.rollups_behind_s} s)",
        f"clocks that fail: {', '.join(str(one.clock.pk) for one in seen.poisoned) or 'none'}",
        "",
        *(
            f"process {one.name}: {one.last_end.isoformat(timespec='seconds') if one.last_end else 'never'}"
            f" {json.dumps(one.figures, sort_keys=True)}"
            for one in seen.processes
        ),
    ]


def _managers_only(request: HttpRequest) -> None:
    if not runs_service(request.user):
        raise PermissionDenied
