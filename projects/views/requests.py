"""The list of change requests: views as tabs, filters in the address."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.permissions import is_staff_member
from kernel.conditional import conditional
from kernel.fragments import wants_fragment
from kernel.keyset import keyset_page
from projects.models import ChangeRequest
from projects.permissions import may_record_requests
from projects.queries.requests import View, Wishes, counted, listed
from projects.requestforms import FilterForm

SIZE = 25
FILTERS = "filters"  # the id of the toolbar's form
# Days count down: a list that nothing happened to is drawn anew this often.
REDRAW_S = 300


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    url: str
    count: int | None
    is_current: bool


@login_required
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """The whole page, or its list alone, which is not sent again while nothing on it changed."""
    form = FilterForm(request.GET, user=request.user)
    is_valid = form.is_valid()
    wishes = form.wishes() if is_valid else Wishes()
    view = asked if (asked := request.GET.get("view", "")) in View.values else View.OPEN.value
    rows = listed(request.user, view=view, wishes=wishes) if is_valid else ChangeRequest.objects.none()
    page = keyset_page(rows, size=SIZE, cursor=request.GET.get("cursor", ""))
    counts = counted(request.user)
    is_internal = is_staff_member(request.user)

    def answer() -> HttpResponse:
        context = {
            "form": form,
            "steps": page,
            "rows": page.rows,
            "view": View(view),
            "tabs": _tabs(request, view, counts, is_internal=is_internal),
            "is_narrow": wishes.is_narrow or not is_valid,
            "cleared_url": _address(view=view),
            "sentence": _sentence(counts, is_internal=is_internal),
            "is_internal": is_internal,
            "may_record": may_record_requests(request.user),
        }
        template = "projects/requests/_list_changed.html" if wants_fragment(request) else "projects/requests/list.html"
        return render(request, template, context)

    marks = [(row.pk, row.version, row.open_to_client, row.tasks_all, row.tasks_done) for row in page.rows]  # type: ignore[attr-defined]  # annotated by request_list
    seen = (view, request.META["QUERY_STRING"], counts, marks, int(timezone.now().timestamp()) // REDRAW_S)
    response = conditional(request, answer, seen=seen)
    if request.htmx.trigger == FILTERS:  # type: ignore[attr-defined]  # set by django-htmx
        response["HX-Replace-Url"] = _address(view=view, **_kept(request))
    return response


def _tabs(request: HttpRequest, view: str, counts: dict[str, int], *, is_internal: bool) -> list[Tab]:
    """The other views keep what one narrowed to. To the client's people, waiting for them is needing them."""
    return [
        Tab(one.label, _address(**{**_kept(request), "view": one.value}), counts.get(one.value), one == view)
        for one in View
        if is_internal or one != View.CLIENT
    ]


def _kept(request: HttpRequest) -> dict[str, str]:
    """What the list is narrowed to, as it stands in the address."""
    return {name: str(value) for name, value in request.GET.items() if value and name not in {"view", "cursor"}}


def _address(**asked: str) -> str:
    query = QueryDict(mutable=True)
    query.update(asked)
    return f"{reverse('requests')}?{query.urlencode()}" if asked else reverse("requests")


def _sentence(counts: dict[str, int], *, is_internal: bool) -> str:
    """What is open, what needs the reader, what waits for the client."""
    if not counts["open"]:
        return _("No request is open.")
    said = [ngettext("%(n)d request is open.", "%(n)d requests are open.", counts["open"]) % {"n": counts["open"]}]
    if counts["you"]:
        said.append(ngettext("%(n)d needs you.", "%(n)d need you.", counts["you"]) % {"n": counts["you"]})
    if is_internal and counts["client"]:
        words = ngettext("%(n)d waits for the client.", "%(n)d wait for the client.", counts["client"])
        said.append(words % {"n": counts["client"]})
    return " ".join(said)
