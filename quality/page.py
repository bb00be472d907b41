"""What the quality page shows: every number comes from one read of the incidents that the person may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import formats
from django.utils.http import urlencode
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Client
from departments.models import Department
from incidents.models import Incident
from kernel.charts import LineChart, Series, Spread, SpreadChart, line_chart, spread_chart
from kernel.templatetags.ui import duration, number, percent
from quality.facts import Facts, facts_of
from quality.periods import Period, next_month, today
from quality.queries import Figures, Group, QualityReport, incidents_opened, report_on
from sla.models import Clock

# The line on the charts and in the sentence: below it a share is red. docs/quality.md says so to readers.
GOAL = 0.95
CHART_MONTHS = 12
MOST = 8
FEW = 3
HOUR = 3600


@dataclass(frozen=True)
class Filters:
    """What the address asks for. `clock` is the kind that the page looks at where only one can be shown."""

    period: Period
    client: Client | None = None
    priority: str = ""
    clock: str = Clock.Kind.RESOLUTION.value

    def address(self, **changes: str) -> str:
        """The filters as the query of an address, with changes."""
        asked = {
            "period": self.period.slug,
            "client": self.client.slug if self.client else "",
            "priority": self.priority,
            "clock": self.clock,
            **changes,
        }
        return urlencode({name: value for name, value in asked.items() if value})

    def incidents_url(self, **narrower: str) -> str:
        """The list of the incidents behind a number."""
        asked = {
            "view": "all",
            "opened_after": self.period.since.isoformat() if self.period.since else "",
            "opened_before": self.period.until.isoformat() if self.period.until else "",
            "client": self.client.slug if self.client else "",
            "priority": self.priority,
            **narrower,
        }
        return f"{reverse('incidents')}?{urlencode({name: value for name, value in asked.items() if value})}"


@dataclass(frozen=True)
class Linked:
    """Words, with the list they were counted from where there is one."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Stat:
    """One of the large figures, what it is made of, and what it was in the period before."""

    label: str
    value: Linked
    note: Linked
    was: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a table: a group, by one kind of clock. Without a name and a department it is all of them."""

    name: str
    kind: str
    incidents: Linked
    met: Linked
    missed: Linked
    running: Linked
    figures: Figures
    department: Department | None = None

    @property
    def interval(self) -> str:
        """How sure the share is, in words; it is wide where little is decided."""
        if self.figures.interval is None:
            return ""
        low, high = self.figures.interval
        return _("95%% interval: %(low)s to %(high)s") % {"low": percent(low), "high": percent(high)}

    @property
    def is_bad(self) -> bool:
        return self.figures.share is not None and self.figures.share < GOAL


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
    """The page over these incidents (the person's scope); five queries, whatever their number."""
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
        by_department=_department_chart(by_department, departments, filters),
        by_month=_month_chart(facts, filters, now=now),
        priorities=_priority_rows(chosen, filters),
        departments=_department_rows(by_department, departments, filters),
        most_missed=_most_missed(chosen, departments, filters),
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
    missed = sorted(
        ((_of_kind(group, kind).missed, group.key["department"]) for group in by_department.groups), reverse=True
    )
    whole, sum_up = sum(count for count, _slug in missed), 0
    for place, (count, _slug) in enumerate(missed[:FEW], start=1):
        sum_up += count
        if sum_up * 2 > whole:
            return [slug for _count, slug in missed[:place]]
    return []


def _of_kind(group: Group, kind: str) -> Figures:
    return group.response if kind == Clock.Kind.RESPONSE else group.resolution


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
            _counted(resolution.missed, counted("resolution", "missed")),
            Linked(missed % {"n": number(response.missed)}, counted("response", "missed") if response.missed else ""),
        ),
        _median_stat(_("Median response"), response, response_before),
        _median_stat(_("Median resolution"), resolution, resolution_before),
        Stat(
            _("Incidents"),
            _counted(total.incidents, filters.incidents_url()),
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


# --- charts --------------------------------------------------------------------------------------------------------
def _month_chart(facts: Facts, filters: Filters, *, now: datetime) -> LineChart | None:
    """A year up to the end of the period, or all time; the month that is going on is the last one at most."""
    last = next_month(today(now).replace(day=1))
    until = min(filters.period.until or last, last)
    by_month = {group.key["month"]: group for group in report_on(facts, group_by=("month",)).groups}
    first = (
        date.fromisoformat(f"{min(by_month)}-01") if filters.period.since is None else next_month(until, -CHART_MONTHS)
    )
    months = []
    while first < until:
        months.append(first)
        first = next_month(first)
    groups = [by_month.get(f"{month:%Y-%m}") for month in months]
    series = [
        _line(groups, kind=kind, name=str(kind.label), is_first=kind == filters.clock)
        for kind in (Clock.Kind.RESPONSE, Clock.Kind.RESOLUTION)
    ]
    if not any(value is not None for one in series for value in one.values):
        return None
    form = "M" if len(months) <= CHART_MONTHS else "M y"
    return line_chart(
        [formats.date_format(month, form) for month in months],
        series=series,
        show=_show_share,
        summary=_("Share in time by month, against a goal of %(goal)s. ") % {"goal": percent(GOAL)}
        + _last_month(months, series),
        head=_("Month"),
        target=GOAL * 100,
        ceiling=100,
    )


def _line(groups: Sequence[Group | None], *, kind: Clock.Kind, name: str, is_first: bool) -> Series:
    shares = [None if group is None else _of_kind(group, kind).share for group in groups]
    values = tuple(None if share is None else share * 100 for share in shares)
    return Series(name=name, values=values, kind="l1" if is_first else "l2")


def _last_month(months: Sequence[date], series: Sequence[Series]) -> str:
    values = ", ".join(f"{one.name} {_show_share(one.values[-1])}" for one in series)
    return f"{formats.date_format(months[-1], 'F Y')}: {values}."


def _show_share(value: float | None) -> str:
    return percent(None if value is None else value / 100)


def _department_chart(
    report: QualityReport, departments: dict[str, Department], filters: Filters
) -> SpreadChart | None:
    """How long it took by department in business time, the slowest nine of ten first."""
    found = [
        (departments[group.key["department"]].short, _of_kind(group, filters.clock).business) for group in report.groups
    ]
    rows = [(name, times.median, times.p90, times.p95) for name, times in found if times.p95 is not None]
    if not rows:
        return None
    rows.sort(key=lambda row: (-(row[2] or 0), row[0]))
    in_hours = max(row[3] or 0 for row in rows) >= 2 * HOUR
    unit = HOUR if in_hours else 60
    words = _("%s h") if in_hours else _("%s min")
    is_response = filters.clock == Clock.Kind.RESPONSE
    half = _("Half are answered by") if is_response else _("Half are solved by")
    return spread_chart(
        [
            Spread(name=name, median=(median or 0) / unit, p90=(p90 or 0) / unit, p95=(p95 or 0) / unit)
            for name, median, p90, p95 in rows
        ],
        show=lambda value: words % number(value, 0 if value == int(value) else 1),
        summary=_("Business time by department. The slowest is %(name)s: nine of ten within %(time)s.")
        % {"name": rows[0][0], "time": duration(rows[0][2])},
        head=_("Department"),
        names=(half, _("90% by"), _("95% by")),
    )


# --- tables --------------------------------------------------------------------------------------------------------
def _priority_rows(facts: Facts, filters: Filters) -> list[Row]:
    """Two lines a priority, one a clock, then two for all."""
    report = report_on(facts, group_by=("priority",))
    rows = []
    for group in report.groups:
        rows += _both(group, name=group.key["priority"], filters=filters, priority=group.key["priority"])
    return rows + (_both(report.total, name="", filters=filters) if len(report.groups) > 1 else [])


def _both(group: Group, *, name: str, filters: Filters, **narrower: str) -> list[Row]:
    return [
        _row(group, name=name, kind=kind.value, filters=filters, **narrower)
        for kind in (Clock.Kind.RESPONSE, Clock.Kind.RESOLUTION)
    ]


def _department_rows(report: QualityReport, departments: dict[str, Department], filters: Filters) -> list[Row]:
    rows = []
    for group in report.groups:
        one = departments[group.key["department"]]
        row = _row(group, name="", kind=filters.clock, filters=filters, department=one.slug)
        rows.append(replace(row, department=one))
    return rows


def _most_missed(facts: Facts, departments: dict[str, Department], filters: Filters) -> list[Row]:
    """Client and department with the most missed clocks."""
    groups = report_on(facts, group_by=("client", "department")).groups
    groups = sorted(groups, key=lambda group: -_of_kind(group, filters.clock).missed)[:MOST]
    groups = [group for group in groups if _of_kind(group, filters.clock).missed]
    slugs = {group.key["client"] for group in groups}
    names = dict(Client.objects.filter(slug__in=slugs).values_list("slug", "name"))
    rows = []
    for group in groups:
        row = _row(group, name=names[group.key["client"]], kind=filters.clock, filters=filters, **group.key)
        rows.append(replace(row, department=departments[group.key["department"]]))
    return rows


def _row(group: Group, *, name: str, kind: str, filters: Filters, **narrower: str) -> Row:
    figures = _of_kind(group, kind)

    def counted(verdict: str) -> Linked:
        url = filters.incidents_url(clock=kind, verdict=verdict, **narrower)
        return _counted(getattr(figures, verdict), url)

    return Row(
        name=name,
        kind=str(Clock.Kind(kind).label),
        incidents=_counted(group.incidents, filters.incidents_url(**narrower)),
        met=counted("met"),
        missed=counted("missed"),
        running=counted("running"),
        figures=figures,
    )


def _counted(count: int, url: str) -> Linked:
    """A number with its list; nothing leads to an empty one."""
    return Linked(number(count), url if count else "")
