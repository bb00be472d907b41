"""Pages of alerts: what needs somebody now, what was sent to whom, and what did not arrive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from alerts.centre import GoesOn, channel_states, goes_on, went_instead
from alerts.models import Alert, Delivery
from alerts.permissions import (
    alerts_visible_to,
    answers_for,
    deliveries_visible_to,
    may_acknowledge,
    may_requeue,
    reads_log,
)
from alerts.preferences import Event
from alerts.queries import AlertCounts, AlertRow, alert_counts, delivery_log, described, open_alerts, promises_first
from alerts.tabs import tabs
from alerts.words import role_label
from kernel.conditional import conditional
from kernel.fragments import wants_fragment
from kernel.keyset import keyset_page
from sla.measure import reading
from sla.models import PROMISED

MOST_OPEN = 100
SIZE = 40
FEW = MOST_TOLD = 3
# What is left of a clock shrinks: the list is drawn anew once a minute, though nothing happened.
REDRAW_S = 60
MINE, ALL = "mine", "all"


@dataclass(frozen=True)
class Shown:
    """An open alert as a row: what happened in one sentence, how much is left, who was told, to whom it goes on, and
    whether this person may take it."""

    row: AlertRow
    may_acknowledge: bool
    left_s: int
    over_s: int
    is_counting: bool
    goes_on: GoesOn | None
    told: Sequence[Delivery]
    more_told: int


@dataclass(frozen=True)
class Letter:
    """A message of the log; of a dead one what went instead, and whether this person may send it again."""

    delivery: Delivery
    row: AlertRow | None
    instead: Delivery | None
    may_requeue: bool


@login_required
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """What is open now; its list alone is not sent again while nothing on it changed."""
    _refuse_clients(request)
    scope = MINE if request.GET.get("scope") == MINE else ALL
    found = promises_first(open_alerts(request.user, only_mine=scope == MINE), most=MOST_OPEN)
    counts = alert_counts(request.user)
    minute = int(timezone.now().timestamp()) // REDRAW_S
    seen = (scope, counts, minute, [_mark(alert) for alert in found])
    return conditional(request, lambda: _now(request, found, scope=scope, counts=counts), seen=seen)


@login_required
@require_safe
def alert_log(request: HttpRequest) -> HttpResponse:
    _refuse_clients(request)
    asked = request.GET.get("state", "")
    return _log(request, tab="log", state=asked if asked in Delivery.State.values else "")


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
    context = {
        "delivery": found,
        "row": row,
        "role": role_label(found.role),
        "event": Event(found.event).label if found.event else "",
        "instead": went_instead([found]).get(found.pk) if found.state == Delivery.State.DEAD else None,
        "may_requeue": found.state == Delivery.State.DEAD and may_requeue(request.user, found),
    }
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
    found = promises_first(open_alerts(request.user, only_mine=scope == MINE), most=MOST_OPEN)
    return _now(request, found, scope=scope, counts=alert_counts(request.user), is_changed=True)


@login_required
@require_POST
def requeue(request: HttpRequest, pk: int) -> HttpResponse:
    """A message that could not be delivered is tried once more."""
    found = get_object_or_404(deliveries_visible_to(request.user), pk=pk)
    if not may_requeue(request.user, found):
        raise PermissionDenied
    operations.requeue_delivery(found, actor=cast(User, request.user), at=timezone.now())
    messages.success(request, _("Message sent again"))
    return redirect("dead-letters")


def _now(
    request: HttpRequest, found: Iterable[Alert], *, scope: str, counts: AlertCounts, is_changed: bool = False
) -> HttpResponse:
    now = timezone.now()
    rows = [_shown(row, cast(User, request.user), now=now) for row in described(found)]
    context = {
        **_frame(request, "now", counts),
        "promised": [shown for shown in rows if shown.row.alert.kind in PROMISED],
        "between_us": [shown for shown in rows if shown.row.alert.kind not in PROMISED],
        "scope": scope,
        "is_changed": is_changed,
    }
    if wants_fragment(request):
        return render(request, "alerts/_now_changed.html", context)
    if reads_log(request.user):
        dead = list(delivery_log(request.user, state=Delivery.State.DEAD)[:FEW]) if counts.dead else []
        instead = went_instead(dead)
        context["channels"] = channel_states(now)
        context["dead"] = [(letter, instead.get(letter.pk)) for letter in dead]
    return render(request, "alerts/now.html", context)


def _shown(row: AlertRow, user: User, *, now: datetime) -> Shown:
    """No query: whom it was told is read already."""
    alert = row.alert
    told = sorted(alert.deliveries.all(), key=lambda one: one.recipient_id != user.pk)  # oneself first
    was_told = any(one.recipient_id == user.pk for one in told)
    read = reading(alert.clock, now=now)
    is_counting = alert.clock.running_since is not None
    return Shown(
        row=row,
        may_acknowledge=answers_for(user, alert) or was_told,
        left_s=read.remaining_s,
        over_s=max(-read.remaining_s, 0),
        is_counting=is_counting,
        goes_on=goes_on(alert),
        told=told[:MOST_TOLD],
        more_told=max(len(told) - MOST_TOLD, 0),
    )


def _log(request: HttpRequest, *, tab: str, state: str) -> HttpResponse:
    asked = request.GET.get("channel", "")
    channel = asked if asked in Delivery.Channel.values else ""
    log = delivery_log(request.user, state=state)
    page = keyset_page(log.filter(channel=channel) if channel else log, size=SIZE, cursor=request.GET.get("cursor", ""))
    instead = went_instead(page.rows) if tab == "dead" else {}
    about = {row.alert.pk: row for row in described(message.alert for message in page.rows if message.alert)}
    context = {
        **_frame(request, tab, alert_counts(request.user)),
        "steps": page,
        "rows": [
            Letter(
                message,
                about[message.alert_id] if message.alert_id else None,
                instead.get(message.pk),
                tab == "dead" and may_requeue(request.user, message),
            )
            for message in page.rows
        ],
        "state": state,
        "states": Delivery.State.choices,
        "channel": channel,
        "channels": Delivery.Channel.choices,
    }
    return render(request, "alerts/log.html", context)


NAMES = {"now": "alerts", "log": "alert-log", "dead": "dead-letters"}


def _frame(request: HttpRequest, tab: str, counts: AlertCounts) -> dict[str, object]:
    return {
        "tabs": tabs(counts, current=NAMES[tab], user=request.user),
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
