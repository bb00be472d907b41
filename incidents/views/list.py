"""The list of incidents: views as tabs, filters in the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.reach import reach_of
from incidents.forms import VERDICTS, FilterForm
from incidents.listing import Counts, View, Wishes, counted, listed, parted, rows_of
from incidents.models import Incident
from incidents.permissions import may_call, sees_internal_side
from kernel.conditional import conditional
from kernel.fragments import wants_fragment
from kernel.keyset import keyset_page
from sla.models import Clock

SIZE = 25
SOME_OVER = 8
FILTERS = "filters"  # the id of the toolbar's form
# Bars grow slowly: a list that nothing happened to is drawn anew this often.
REDRAW_S = 300


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    url: str
    count: int | None
    is_current: bool
    is_more: bool


@login_required
@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """The whole page, or its list alone, which is not sent again while nothing on it changed."""
    now = timezone.now()
    form = FilterForm(request.GET, user=request.user)
    is_valid = form.is_valid()
    wishes = form.wishes() if is_valid else Wishes()
    view = _view(request, wishes)
    rows = listed(request.user, view=view, wishes=wishes, now=now) if is_valid else Incident.objects.none()
    cursor = request.GET.get("cursor", "")
    over: list[Incident] = []
    if view == View.DEADLINE and not wishes.state:
        lost, rows = parted(rows, now=now)
        over = [] if cursor else list(lost[: SOME_OVER + 1])
    page = keyset_page(rows, size=SIZE, cursor=cursor)
    shown = rows_of([*over[:SOME_OVER], *page.rows], now=now)
    split = len(shown) - len(page.rows)
    counts = counted(request.user, now=now)

    def answer() -> HttpResponse:
        context = {
            "form": form,
            "steps": page,
            "over": shown[:split],
            "over_url": _address(**{**_kept(request), "state": "over"}) if len(over) > SOME_OVER else "",
            "rows": shown[split:],
            "view": View(view),
            "tabs": _tabs(request, view, counts),
            "drill": _drill_words(wishes),
            "is_narrow": wishes.is_narrow or not is_valid,
            "cleared_url": _address(view=view),
            "sentence": _sentence(counts),
            "is_internal": sees_internal_side(request.user),
            "may_call": may_call(request.user),
        }
        template = "incidents/_list_changed.html" if wants_fragment(request) else "incidents/list.html"
        return render(request, template, context)

    seen = (view, request.META["QUERY_STRING"], counts, [row.mark for row in shown], int(now.timestamp()) // REDRAW_S)
    response = conditional(request, answer, seen=seen)
    if request.htmx.trigger == FILTERS:  # type: ignore[attr-defined]  # set by django-htmx
        response["HX-Replace-Url"] = _address(view=view, **_kept(request))
    return response


def _view(request: HttpRequest, wishes: Wishes) -> str:
    """The tab asked for. Links of a report ask for none, and mean closed incidents, too."""
    asked = request.GET.get("view", "")
    if asked in View.values:
        return asked
    is_drill = wishes.opened_after or wishes.opened_before or (wishes.clock and wishes.verdict)
    return View.ALL.value if is_drill else View.DEADLINE.value


def _tabs(request: HttpRequest, view: str, counts: Counts) -> list[Tab]:
    """The other views keep what one narrowed to; only who is asked has something of one's own."""
    has_own = not reach_of(request.user).is_contact_only
    return [
        Tab(one.label, _address(**_kept(request), view=one.value), counts.of(one), one == view, counts.exceed(one))
        for one in View
        if has_own or one != View.MINE
    ]


def _kept(request: HttpRequest) -> dict[str, str]:
    """What the list is narrowed to, as it stands in the address."""
    return {name: str(value) for name, value in request.GET.items() if value and name not in {"view", "cursor"}}


def _address(**asked: str) -> str:
    query = QueryDict(mutable=True)
    query.update(asked)
    return f"{reverse('incidents')}?{query.urlencode()}" if asked else reverse("incidents")


def _sentence(counts: Counts) -> str:
    """What is wrong now, what is wrong soon, what nobody has looked at."""
    if not counts.open:
        return _("No incident is open.")
    first = ngettext("%(n)d open.", "%(n)d open.", counts.open) % {"n": counts.open}
    said = []
    if counts.over:
        said.append(ngettext("%(n)d clock is over", "%(n)d clocks are over", counts.over) % {"n": counts.over})
    if counts.soon:
        said.append(
            ngettext("%(n)d runs out within the hour", "%(n)d run out within the hour", counts.soon)
            % {"n": counts.soon}
        )
    if counts.new:
        said.append(
            ngettext("%(n)d waits for the first word", "%(n)d wait for the first word", counts.new) % {"n": counts.new}
        )
    rest = f"{', '.join(said)}." if said else _("No clock is over or close.")
    return f"{first} {rest}"


def _drill_words(wishes: Wishes) -> list[str]:
    """What a link of a report narrowed to, which no control of the toolbar shows."""
    said = []
    if wishes.clock and wishes.verdict:
        said.append(f"{Clock.Kind(wishes.clock).label}: {VERDICTS[wishes.verdict]}")
    if wishes.opened_after is not None:
        said.append(_("opened from %(day)s on") % {"day": _day(wishes.opened_after)})
    if wishes.opened_before is not None:
        said.append(_("opened before %(day)s") % {"day": _day(wishes.opened_before)})
    return said


def _day(at: datetime) -> str:
    return f"{timezone.localtime(at, timezone.get_default_timezone()):%Y-%m-%d %H:%M}".removesuffix(" 00:00")
