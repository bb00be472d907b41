"""Pages of alerts: what needs somebody now, what was sent to whom, and what did not arrive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import is_staff_member
from alerts import operations
from alerts.models import Alert, Delivery
from alerts.permissions import alerts_visible_to, may_acknowledge, reads_log
from alerts.queries import AlertCounts, AlertRow, alert_counts, delivery_log, described, open_alerts
from alerts.tabs import tabs
from alerts.words import role_label
from kernel.conditional import conditional
from kernel.fragments import wants_fragment
from kernel.keyset import keyset_page

MOST_OPEN = 100
SIZE = 40
MINE, ALL = "mine", "all"


@dataclass(frozen=True)
class Shown:
    """An open alert as a row: what happened in one sentence, who was told, and whether this person may take it."""

    row: AlertRow
    may_acknowledge: bool


@login_required
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """What is open now; its list alone is not sent again while nothing on it changed."""
    _refuse_clients(request)
    scope = MINE if request.GET.get("scope") == MINE else ALL
    found = list(open_alerts(request.user, only_mine=scope == MINE)[:MOST_OPEN])
    counts = alert_counts(request.user)
    seen = (scope, counts, [_mark(alert) for alert in found])
    return conditional(request, lambda: _now(request, found, scope=scope, counts=counts), seen=seen)


@login_required
@require_safe
def alert_log(request: HttpRequest) -> HttpResponse:
    _refuse_clients(request)
    asked = request.GET.get("state", "")
    state = asked if asked in Delivery.State.values else ""
    return _log(request, tab="log", state=state)


@login_required
@require_safe
def dead_letters(request: HttpRequest) -> HttpResponse:
    _refuse_clients(request)
    return _log(request, tab="dead", state=Delivery.State.DEAD)


@login_required
@require_safe
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One message, as it was sent, with each of its attempts."""
    _refuse_clients(request)
    found = get_object_or_404(delivery_log(request.user), pk=pk)
    row = next(iter(described([found.alert])), None) if found.alert else None
    context = {"delivery": found, "row": row, "role": role_label(found.role)}
    return render(request, "alerts/delivery.html", context)


@login_required
@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    alert = get_object_or_404(alerts_visible_to(request.user), pk=pk)
    if not may_acknowledge(request.user, alert):
        raise PermissionDenied
    operations.acknowledge_alert(alert, actor=cast(User, request.user), at=timezone.now())
    messages.success(request, _("Alert acknowledged"))
    if not wants_fragment(request):
        return redirect("alerts")
    scope = MINE if request.GET.get("scope") == MINE else ALL
    found = list(open_alerts(request.user, only_mine=scope == MINE)[:MOST_OPEN])
    return _now(request, found, scope=scope, counts=alert_counts(request.user), is_changed=True)


def _now(
    request: HttpRequest, found: Iterable[Alert], *, scope: str, counts: AlertCounts, is_changed: bool = False
) -> HttpResponse:
    context = {
        **_frame(request, "now", counts),
        "rows": [Shown(row, may_acknowledge(request.user, row.alert)) for row in described(found)],
        "scope": scope,
        "is_changed": is_changed,
    }
    template = "alerts/_now_changed.html" if wants_fragment(request) else "alerts/now.html"
    return render(request, template, context)


def _log(request: HttpRequest, *, tab: str, state: str) -> HttpResponse:
    page = keyset_page(delivery_log(request.user, state=state), size=SIZE, cursor=request.GET.get("cursor", ""))
    about = {row.alert.pk: row for row in described(message.alert for message in page.rows if message.alert)}
    context = {
        **_frame(request, tab, alert_counts(request.user)),
        "steps": page,
        "rows": [(message, about[message.alert_id] if message.alert_id else None) for message in page.rows],
        "state": state,
        "states": Delivery.State.choices,
    }
    return render(request, "alerts/log.html", context)


NAMES = {"now": "alerts", "log": "alert-log", "dead": "dead-letters"}


def _frame(request: HttpRequest, tab: str, counts: AlertCounts) -> dict[str, object]:
    return {
        "tabs": tabs(counts, current=NAMES[tab]),
        "tab": tab,
        "sentence": _sentence(counts),
        "reads_log": reads_log(request.user),
    }


def _sentence(counts: AlertCounts) -> str:
    if counts.open:
        said = [ngettext("%(n)d needs somebody.", "%(n)d need somebody.", counts.open) % {"n": counts.open}]
    else:
        said = [_("Nothing needs anybody now.")]
    if counts.dead:
        words = ngettext(
            "%(n)d message could not be delivered and went another way.",
            "%(n)d messages could not be delivered and went another way.",
            counts.dead,
        )
        said.append(words % {"n": counts.dead})
    if counts.pending:
        words = ngettext("%(n)d message is on its way.", "%(n)d messages are on their way.", counts.pending)
        said.append(words % {"n": counts.pending})
    return " ".join(said)


def _mark(alert: Alert) -> object:
    """What makes a row look different when it changes."""
    return alert.pk, alert.round, [(one.pk, one.state, one.attempts) for one in alert.deliveries.all()]


def _refuse_clients(request: HttpRequest) -> None:
    """What goes on inside is no page for the client's people: for them there is none."""
    if not is_staff_member(request.user):
        raise Http404
