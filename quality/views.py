"""The quality report as a page and as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required, user_passes_test
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import Person
from incidents.permissions import incidents_visible_to
from quality.export import as_csv
from quality.forms import filters_from
from quality.page import quality_page
from quality.parameters import keys
from quality.periods import periods_to_choose
from quality.permissions import clients_reported_to, reads_reports
from quality.queries import quality_report
from quality.statistics import GOAL
from sla.models import REPORTED, Priority

EXPORT_KEYS = "month,client,department,priority"


def _must_read_reports(user: Person) -> bool:
    if not reads_reports(user):
        raise PermissionDenied
    return True


@login_required
@user_passes_test(_must_read_reports)
@require_safe
def report(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    clients = clients_reported_to(request.user)
    filters = filters_from(request.GET, clients=clients, now=now)
    context = {
        "now": now,
        "page": quality_page(incidents_visible_to(request.user), filters=filters, now=now),
        "filters": filters,
        "goal": GOAL,
        "periods": periods_to_choose(now=now, chosen=filters.period),
        "clients": clients.order_by("name").values_list("slug", "name"),
        "priorities": Priority.values,
        "clocks": [(kind, kind.label, filters.address(clock=kind)) for kind in REPORTED],
    }
    return render(request, "quality/report.html", context)


@login_required
@user_passes_test(_must_read_reports)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The figures behind the page as CSV, by month, client, department and priority, or by `group_by`."""
    now = timezone.now()
    filters = filters_from(request.GET, clients=clients_reported_to(request.user), now=now)
    incidents = incidents_visible_to(request.user)
    if filters.priority:
        incidents = incidents.filter(priority=filters.priority)
    found = quality_report(
        incidents,
        client=filters.client,
        date_from=filters.period.since,
        date_to=filters.period.until,
        group_by=keys(request.GET.get("group_by") or EXPORT_KEYS),
        now=now,
    )
    name = f"quality-{filters.period.slug}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8", headers=headers)
