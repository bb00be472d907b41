"""The page of one incident: its clocks, its timeline, who was told, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts.models import Alert
from alerts.queries import alerts_about
from departments.models import Department
from incidents.clockcards import card_of
from incidents.clocknames import clock_name
from incidents.courses import courses_of, stays_of
from incidents.escalation import ladders_of
from incidents.explaining import kinds_shown_to, stored_clocks
from incidents.forms import ActionForm
from incidents.models import Incident
from incidents.offers import NOTHING, Offers, offers_for
from incidents.permissions import sees_internal_notes, sees_internal_side
from incidents.queries import ClockView, clock_view, clock_views, incident_list, readable, timeline
from incidents.settling import SUBJECT_KIND
from incidents.telling import lines_of
from incidents.views.verbs import IN_THE_HEAD, VERBS
from kernel.conditional import conditional
from kernel.fragments import wants_fragment
from kernel.verbs import Verb
from sla.models import REPORTED, Clock
from sla.permissions import may_read_policies

# While a clock ticks its bar grows: the page is drawn anew once a minute, though nothing happened.
REDRAW_S = 60
# A timeline that some system fills is cut here until somebody asks for the rest.
MOST_LINES = 200


@dataclass(frozen=True)
class OtherClock:
    """A clock besides response and resolution: the next update, what departments and vendors owe us."""

    name: str
    view: ClockView


@dataclass(frozen=True)
class Button:
    verb: Verb[ActionForm]
    is_primary: bool


@login_required
@require_safe
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page, or what changes on it, which is not sent again while it did not."""
    now = timezone.now()
    found = get_object_or_404(incident_list(request.user), pk=pk)
    alerts = _alerts(request, found)
    seen = _mark(found, clock_views([found], now=now)[found.pk], alerts, now=now)
    return conditional(request, lambda: show(request, found, now=now, alerts=alerts), seen=seen)


def show(
    request: HttpRequest,
    incident: Incident,
    *,
    now: datetime,
    alerts: Sequence[Alert] | None = None,
    action: Verb[ActionForm] | None = None,
    form: ActionForm | None = None,
    is_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The page with an action's form open, or without; `is_changed`: this request has just done something."""
    user = request.user
    events = readable(timeline(incident, user), user)
    everything = events if sees_internal_notes(user) else list(incident.events.order_by("at", "id"))
    courses = courses_of(incident, everything, now=now)
    # An open form stands alone: another action beside it would throw away what is typed.
    offers = offers_for(user, incident) if form is None else NOTHING
    lines = lines_of(incident, events, courses, user=user)
    cut = 0 if "whole" in request.GET else max(len(lines) - MOST_LINES, 0)
    is_internal = sees_internal_side(user)
    stays = stays_of(incident, courses, now=now) if is_internal else []
    hops = {stay.hop.number: stay.hop.department for stay in stays}
    clocks = stored_clocks(incident, kinds=kinds_shown_to(user))
    alerts = _alerts(request, incident) if alerts is None else alerts
    others, settled = _others(clocks, hops, now=now)
    context = {
        "incident": incident,
        "action": action,
        "action_title": str(action.title) % {"reference": incident.reference} if action else "",
        "form": form,
        "offers": offers,
        "buttons": _buttons(offers),
        "verbs": VERBS,
        "cards": [card_of(course, reference=incident.reference, now=now) for course in courses],
        "resolution": courses[-1] if courses else None,
        "shows_policy": may_read_policies(user),
        "lines": lines[: len(lines) - cut],
        "cut": cut,
        "is_internal": is_internal,
        "stays": stays,
        "others": others,
        "settled": settled,
        "ladders": ladders_of(incident, clocks, alerts, hops=hops, now=now) if is_internal else [],
        "is_changed": is_changed,
    }
    template = "incidents/_incident_changed.html" if wants_fragment(request) else "incidents/incident.html"
    return render(request, template, context, status=status)


def _others(clocks: Sequence[Clock], hops: Mapping[int, Department], *, now: datetime) -> tuple[list[OtherClock], int]:
    """Besides response and resolution: those that are open or were missed, and how many more were kept."""
    others = [(clock, clock_view(clock, now=now)) for clock in clocks if clock.kind not in REPORTED]
    shown = [(clock, view) for clock, view in others if view.stopped_at is None or view.is_over]
    return [OtherClock(clock_name(clock, hops), view) for clock, view in shown], len(others) - len(shown)


def _alerts(request: HttpRequest, incident: Incident) -> list[Alert]:
    return list(alerts_about(SUBJECT_KIND, incident.pk)) if sees_internal_side(request.user) else []


def _buttons(offers: Offers) -> list[Button]:
    """Closing is offered in the head only where it comes next."""
    names = [name for name in IN_THE_HEAD if name in offers and (name != "close" or offers.primary == "close")]
    names.sort(key=lambda name: name == offers.primary)
    return [Button(VERBS[name], name == offers.primary) for name in names]


def _mark(incident: Incident, clocks: Sequence[ClockView], alerts: Sequence[Alert], *, now: datetime) -> Any:
    """What makes the page look different when it changes."""
    told = [
        (alert.pk, alert.state, alert.round, [(one.state, one.attempts) for one in alert.deliveries.all()])
        for alert in alerts
    ]
    looks = [(clock.state, clock.is_at_risk, clock.is_ticking) for clock in clocks]
    minute = int(now.timestamp()) // REDRAW_S if any(clock.is_ticking for clock in clocks) else 0
    return incident.pk, incident.version, looks, told, minute
