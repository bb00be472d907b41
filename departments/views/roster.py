"""Who is on duty: in a sentence, and two weeks at a glance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from departments import words
from departments.board import DAYS, board_of, days_from
from departments.permissions import departments_visible_to, may_plan_duty
from departments.queries.roster import roster
from departments.views.common import staff_only, tabs
from kernel.api.times import FIRST_YEAR, LAST_YEAR, Malformed, parse_day
from kernel.errors import Invalid


@staff_only
@require_safe
def duty(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    now, today = timezone.now(), timezone.localdate()
    departments = list(departments_visible_to(user).filter(archived_at=None).select_related("calendar"))
    first = _day(request.GET.get("from")) or today
    days = days_from(first, today=today)
    shown = roster(departments, begin=days[0].begin, end=days[-1].end)
    # What is said about now does not depend on which days are looked at.
    ahead = shown if first == today else roster(departments, begin=now, end=now + timedelta(days=DAYS))
    context = {
        "now": now,
        "tabs": tabs("duty"),
        "sentence": words.duty_sentence(ahead, now=now),
        "gaps": words.gap_sentences(ahead, now=now),
        "board": board_of(shown, days, user),
        "earlier": first - timedelta(days=DAYS),
        "later": first + timedelta(days=DAYS),
        "is_from_today": first == today,
        "may_plan": may_plan_duty(user),
    }
    return render(request, "departments/duty.html", context)


def _day(text: str | None) -> date | None:
    try:
        day = parse_day(text) if text else None
    except Malformed as error:
        raise Invalid(str(error), field="from") from None
    if day is not None and not FIRST_YEAR < day.year < LAST_YEAR:  # of the days around it service hours are asked, too
        raise Invalid(_("There is no roster of that time."), field="from")
    return day
