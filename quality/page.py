"""What the quality page shows: every number comes from one read of the incidents that the person may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from departments.models import Department
from incidents.models import Incident
from kernel.charts import LineChart, SpreadChart
from kernel.templatetags.ui import duration, number, percent
from quality.charts import CHART_MONTHS, department_chart, month_chart
from quality.facts import Facts, facts_of
from quality.forms import Filters
from quality.periods import Period, next_month
from quality.queries import Figures, Group, QualityReport, incidents_opened, report_on
from quality.statistics import GOAL
from quality.tables import Linked, Row, counted_from, department_rows, most_missed, priority_rows

FEW = 3


@dataclass(frozen=True)
class Stat:
    """One of the large figures, what it is made of, and what it was in the period before."""

    label: str
    value: Linked
    note: Linked
    was: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Page:
    """Charts are None where there is nothing to draw."""

    filters: Filters
    total: Group
    sentence: str
    stats: tuple[Stat, ...] = ()
    by_department: SpreadChart | None = None
    by_month: LineChart | None = None
    priorities: list[Row] = field(default_factory=list)
    departments: list[Row] = field(default_factory=list)
    most_missed: list[Row] = field(default_factory=list)


def quality_page(incidents: QuerySet[Incident], *, filters: Filters, now: datetime) -> Page:
    """The page over these incidents (the person's scope); a fixed number of queries."""
    facts = facts_of(_to_read(incidents, filters), now=now)
    period = filters.period
    chosen = facts.opened_in(period.since, period.until)
    total = report_on(chosen).total
    if not total.incidents:
        return Page(filters, total, sentence=_("No incident was opened in this period."))
    departments = {one.slug: one for one in Department.objects.all()}
    by_department = report_on(chosen, group_by=("department",))
    return Page(
        filters,
        total,
        sentence=_sentence(total, by_department, departments, filters),
        stats=_stats(total, _before(facts, period), filters),
        by_department=department_chart(by_department, departments, filters),
        by_month=month_chart(facts, filters, now=now),
        priorities=priority_rows(chosen, filters),
        departments=department_rows(by_department, departments, filters),
        most_missed=most_missed(chosen, departments, filters),
    )


def _to_read(incidents: QuerySet[Incident], filters: Filters) -> QuerySet[Incident]:
    """From the period before, and a year back for the chart, up to the end of the period."""
    if filters.client is not None:
        incidents = incidents.filter(client=filters.client)
    if filters.priority:
        incidents = incidents.filter(priority=filters.priority)
    before = filters.period.before
    if before is None or filters.period.until is None:
        return incidents
    since = min(before[0], next_month(filters.period.until, -CHART_MONTHS))
    return incidents_opened(incidents, date_from=since, date_to=filters.period.until)


def _before(facts: Facts, period: Period) -> Group | None:
    return None if period.before is None else report_on(facts.opened_in(*period.before)).total


# --- words ---------------------------------------------------------------------------------------------------------
def _sentence(total: Group, by_department: QualityReport, departments: dict[str, Department], filters: Filters) -> str:
    """One plain sentence above the numbers, and one that says where most of it comes from."""
    shares = {"response": total.response.share, "resolution": total.resolution.share}
    low = {kind: share for kind, share in shares.items() if share is not None and share < GOAL}
    values = {
        "response": percent(shares["response"]),
        "resolution": percent(shares["resolution"]),
        "goal": percent(GOAL),
    }
    if not low:
        if shares["resolution"] is None:
            return _("No resolution is decided yet.")
        return _("Response and resolution are above the goal of %(goal)s.") % values
    if len(low) == 2:
        first = (
            _("Both are below the goal of %(goal)s: response %(response)s, resolution %(resolution)s in time.") % values
        )
    elif "resolution" in low:
        first = _("Resolution is below the goal of %(goal)s: %(resolution)s in time.") % values
    else:
        first = _("Response is below the goal of %(goal)s: %(response)s in time.") % values
    kind = filters.clock if filters.clock in low else next(iter(low))
    few = _few_that_make_most(by_department, kind)
    if not few or len(by_department.groups) == 1:
        return first
    names = get_text_list([departments[slug].short for slug in few], _("and"))
    second = ngettext("%(names)s makes most of what was missed.", "%(names)s make most of what was missed.", len(few))
    return f"{first} {second % {'names': names}}"


def _few_that_make_most(by_department: QualityReport, kind: str) -> list[str]:
    """The departments that together hold more than half of the missed clocks; none where it takes more than three."""
    missed = sorted(((group.of(kind).missed, group.key["department"]) for group in by_department.groups), reverse=True)
    whole, sum_up = sum(count for count, _slug in missed), 0
    for place, (count, _slug) in enumerate(missed[:FEW], start=1):
        sum_up += count
        if sum_up * 2 > whole:
            return [slug for _count, slug in missed[:place]]
    return []


# --- the large figures ---------------------------------------------------------------------------------------------
def _stats(total: Group, before: Group | None, filters: Filters) -> tuple[Stat, ...]:
    response, resolution = total.response, total.resolution
    response_before, resolution_before = (before.response, before.resolution) if before else (None, None)

    def counted(figures_of: str, verdict: str) -> str:
        return filters.incidents_url(clock=figures_of, verdict=verdict)

    missed = ngettext("%(n)s missed response", "%(n)s missed responses", response.missed)
    running = ngettext("%(n)s not decided yet", "%(n)s not decided yet", resolution.running)
    return (
        _share_stat(_("Response in time"), response, response_before, counted("response", "met")),
        _share_stat(_("Resolution in time"), resolution, resolution_before, counted("resolution", "met")),
        Stat(
            _("Missed resolutions"),
            counted_from(resolution.missed, counted("resolution", "missed")),
            Linked(missed % {"n": number(response.missed)}, counted("response", "missed") if response.missed else ""),
        ),
        _median_stat(_("Median response"), response, response_before),
        _median_stat(_("Median resolution"), resolution, resolution_before),
        Stat(
            _("Incidents"),
            counted_from(total.incidents, filters.incidents_url()),
            Linked(
                running % {"n": number(resolution.running)},
                counted("resolution", "running") if resolution.running else "",
            ),
        ),
    )


def _share_stat(label: str, now: Figures, before: Figures | None, met_url: str) -> Stat:
    counts = {"met": number(now.met), "decided": number(now.met + now.missed)}
    was = _("was %(share)s") % {"share": percent(before.share)} if before and before.share is not None else ""
    is_bad = now.share is not None and now.share < GOAL
    return Stat(label, Linked(percent(now.share)), Linked(_("%(met)s of %(decided)s") % counts, met_url), was, is_bad)


def _median_stat(label: str, now: Figures, before: Figures | None) -> Stat:
    wall = _("wall clock %(time)s") % {"time": duration(now.wall.median)}
    known = before is not None and before.business.median is not None
    was = _("was %(time)s") % {"time": duration(before.business.median)} if before and known else ""
    return Stat(label, Linked(duration(now.business.median)), Linked(wall), was)
