"""The two charts of the quality page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext as _

from departments.models import Department
from kernel.charts import LineChart, Series, Spread, SpreadChart, line_chart, spread_chart
from kernel.templatetags.ui import duration, number, percent
from quality.facts import Facts
from quality.forms import Filters
from quality.periods import next_month, today
from quality.queries import Group, QualityReport, report_on
from quality.statistics import GOAL
from sla.models import REPORTED, Clock

CHART_MONTHS = 12
HOUR = 3600


def month_chart(facts: Facts, filters: Filters, *, now: datetime) -> LineChart | None:
    """The year up to the end of the period; of all time, up to the month of the latest incident."""
    by_month = {group.key["month"]: group for group in report_on(facts, group_by=("month",)).groups}
    this_month = today(now).replace(day=1)
    until = filters.period.until or next_month(date.fromisoformat(f"{max(by_month)}-01"))
    first = next_month(min(until, next_month(this_month)), -CHART_MONTHS)
    months = [next_month(first, number) for number in range(CHART_MONTHS)]
    groups = [by_month.get(f"{month:%Y-%m}") for month in months]
    series = [_line(groups, kind=kind, name=str(kind.label), is_first=kind == filters.clock) for kind in REPORTED]
    if not any(value is not None for one in series for value in one.values):
        return None
    return line_chart(
        [formats.date_format(month, "M y" if month.month == 1 else "M") for month in months],
        series=series,
        show=_show_share,
        summary=_("Share in time by month, against a goal of %(goal)s. ") % {"goal": percent(GOAL)}
        + _last_month(months, series),
        head=_("Month"),
        target=GOAL * 100,
        ceiling=100,
    )


def _line(groups: Sequence[Group | None], *, kind: Clock.Kind, name: str, is_first: bool) -> Series:
    shares = [None if group is None else group.of(kind).share for group in groups]
    values = tuple(None if share is None else share * 100 for share in shares)
    return Series(name=name, values=values, kind="l1" if is_first else "l2")


def _last_month(months: Sequence[date], series: Sequence[Series]) -> str:
    values = ", ".join(f"{one.name} {_show_share(one.values[-1])}" for one in series)
    return f"{formats.date_format(months[-1], 'F Y')}: {values}."


def _show_share(value: float | None) -> str:
    return percent(None if value is None else value / 100)


def department_chart(report: QualityReport, departments: dict[str, Department], filters: Filters) -> SpreadChart | None:
    """How long it took by department in business time, the slowest nine of ten first."""
    found = [(departments[group.key["department"]].short, group.of(filters.clock).business) for group in report.groups]
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
