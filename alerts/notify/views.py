"""Pages of what reaches a person, and how: wishes with a preview, chat and push addresses, the end of digests."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import is_staff_member, runs_service
from alerts.channels.addresses import EXAMPLES
from alerts.models import Endpoint
from alerts.notify.chart import week_chart
from alerts.notify.forms import EndpointForm, PreferencesForm
from alerts.notify.queries import endpoints_visible_to, with_last_test
from alerts.operations.endpoints import add_endpoint, change_endpoint, remove_endpoint, test_endpoint
from alerts.operations.preferring import end_digests, reset_preferences, save_preferences, wished_for
from alerts.preferences import Wishes, wishes_of
from alerts.preview import Preview, last_days, occurrences
from alerts.preview import preview as previewed
from alerts.queries import alert_counts
from alerts.tabs import tabs
from alerts.unsubscribing import hours_behind
from kernel.errors import DomainError, Invalid
from kernel.fragments import wants_fragment

# The kinds of the preview's bars, from the bottom up: where, and the classes of bar and legend.
SERIES = (("digest", "b2", "lg-norm"), ("mail", "b1", "lg-crit"), ("chat", "bg2", "lg-grey"))
FIRST_ROWS = 6


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """The wishes of whoever asks; posted, they are saved."""
    user = _staff(request)
    wishes = _wishes(user)
    if request.method != "POST":
        return _page(request, wishes, form=PreferencesForm(wishes=wishes))
    form = PreferencesForm(request.POST, wishes=wishes)
    if not form.is_valid():
        return _page(request, wishes, form=form, status=422)
    try:
        save_preferences(user=user, modes=form.modes, hours=form.hours, at=timezone.now())
    except Invalid as error:
        _show(error, form)
        return _page(request, wishes, form=form, status=422)
    messages.success(request, _("Preferences saved"))
    return redirect("notifications")


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Last week by what stands in the form; nothing is saved. Without script a button asks for it."""
    user = _staff(request)
    wishes = _wishes(user)
    form = PreferencesForm(request.POST, wishes=wishes)
    wished = None
    if form.is_valid():
        try:
            wished = wished_for(wishes, form.modes, form.hours)
        except Invalid as error:
            _show(error, form)
    if not wants_fragment(request):
        return _page(request, wishes, form=form, wished=wished, status=200 if wished else 422)
    context = {**_preview_context(user, wishes, wished or wishes), "form": form, "is_wrong": wished is None}
    return render(request, "alerts/notify/_preview_changed.html", context)


@login_required
@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    reset_preferences(user=_staff(request), at=timezone.now())
    messages.success(request, _("Everything reaches you as your role has it"))
    return redirect("notifications")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def endpoints(request: HttpRequest) -> HttpResponse:
    """The card of addresses alone, for who waits for a test; posted, an address is added."""
    user = _staff(request)
    if request.method != "POST":
        return render(request, "alerts/notify/_endpoints.html", _endpoints_context(user))
    form = EndpointForm(request.POST)
    is_shared = "shared" in request.POST and runs_service(user)
    if form.is_valid():
        try:
            add_endpoint(**form.cleaned_data, owner=None if is_shared else user, actor=user, at=timezone.now())
        except Invalid as error:
            _show(error, form)
        else:
            messages.success(request, _("Address added. Test it, then choose what goes there."))
            return redirect("notifications")
    wishes = _wishes(user)
    return _page(request, wishes, form=PreferencesForm(wishes=wishes), endpoint_form=form, status=422)


@login_required
@require_POST
def act_on_endpoint(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    user = _staff(request)
    endpoint = get_object_or_404(endpoints_visible_to(user), pk=pk)
    at = timezone.now()
    try:
        if verb == "test":
            test_endpoint(endpoint, actor=user, at=at)
            messages.success(request, _("The test is on its way; what becomes of it stands beside the address."))
        elif verb in {"on", "off"}:
            change_endpoint(endpoint, is_on=verb == "on", actor=user, at=at)
        elif verb == "remove":
            remove_endpoint(endpoint, actor=user, at=at)
            messages.success(request, _("Address removed"))
        else:
            raise Http404
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("notifications")


@csrf_exempt  # the address itself proves who asks; mail programs send no cookie (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A look changes nothing, for mail scanners look, too; the button, or the mail program's own, ends the digests."""
    hours = hours_behind(token)
    if hours is None:
        raise Http404
    is_done = request.method == "POST"
    if is_done:
        end_digests(hours, at=timezone.now())
    return render(request, "alerts/notify/unsubscribe.html", {"is_done": is_done, "token": token, "who": hours.user})


def _page(
    request: HttpRequest,
    wishes: Wishes,
    *,
    form: PreferencesForm,
    endpoint_form: EndpointForm | None = None,
    wished: Wishes | None = None,
    status: int = 200,
) -> HttpResponse:
    user = _staff(request)
    context = {
        **_preview_context(user, wishes, wished or wishes),
        **_endpoints_context(user),
        "form": form,
        "rows": list(form.rows()),
        "endpoint_form": endpoint_form or EndpointForm(),
        "examples": [(label, EXAMPLES[kind]) for kind, label in Endpoint.Kind.choices],
        "tabs": tabs(alert_counts(user), current="notifications", user=user),
    }
    return render(request, "alerts/notify/notifications.html", context, status=status)


def _preview_context(user: User, now_set: Wishes, wished: Wishes) -> dict[str, Any]:
    at = timezone.now()
    happened, days = occurrences(user, now=at), last_days(user, now=at)
    would, does = (previewed(wishes, happened, days=days) for wishes in (wished, now_set))
    labels = [formats.date_format(day, _("D j")) for day in days]
    counts = [[would.counts.get((day, place), 0) for place, _bar, _key in SERIES] for day in days]
    names = {"mail": _("Mail"), "digest": _("Digest"), "chat": _("Chat and push")}
    first_day, last_day = (formats.date_format(day, _("j M")) for day in (days[0], days[-1]))
    return {
        "preview": would,
        "first": would.messages[:FIRST_ROWS],
        "rest": would.messages[FIRST_ROWS:],
        "difference": would.total - does.total,
        "fewer": does.total - would.total,
        "chart": week_chart(labels, counts, kinds=[bar for _place, bar, _key in SERIES]),
        "chart_words": _words(would, labels, counts),
        "legend": [(names[place], key, would.total_of(place)) for place, _bar, key in SERIES],
        "sentence": _sentence(would, does),
        "span": f"{first_day} – {last_day}",
    }


def _endpoints_context(user: User) -> dict[str, Any]:
    shown = with_last_test(endpoints_visible_to(user))
    return {
        "own": [one for one in shown if one.endpoint.owner_id is not None],
        "shared": [one for one in shown if one.endpoint.owner_id is None],
        "is_waiting": any(one.is_under_way for one in shown),
        "runs_service": runs_service(user),
    }


def _sentence(would: Preview, does: Preview) -> str:
    words = ngettext(
        "With these settings you would have got %(n)d message last week",
        "With these settings you would have got %(n)d messages last week",
        would.total,
    ) % {"n": would.total}
    difference = would.total - does.total
    if not difference:
        return words + "."
    more = ngettext("%(n)d more than now", "%(n)d more than now", difference) % {"n": difference}
    fewer = ngettext("%(n)d fewer than now", "%(n)d fewer than now", -difference) % {"n": -difference}
    return f"{words}, {more if difference > 0 else fewer}."


def _words(would: Preview, labels: list[str], counts: list[list[int]]) -> str:
    totals = [sum(day) for day in counts]
    most = max(totals)
    said = _("What you would have got last week: %(total)d.") % {"total": would.total}
    if most:
        said += " " + _("Most on %(day)s: %(most)d.") % {"day": labels[totals.index(most)], "most": most}
    return said


def _wishes(user: User) -> Wishes:
    return wishes_of([user], at=timezone.now())[user.pk]


def _show(error: Invalid, form: PreferencesForm | EndpointForm) -> None:
    form.add_error(error.field if error.field in form.fields else None, error.message)


def _staff(request: HttpRequest) -> User:
    """Alerts go to the provider's people: for the client's there is no such page."""
    if not is_staff_member(request.user):
        raise Http404
    return cast(User, request.user)
