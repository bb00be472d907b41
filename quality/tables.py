"""The tables of the quality page: a line per group, every count with the list it was counted from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from accounts.models import Client
from departments.models import Department
from kernel.templatetags.ui import number, percent
from quality.facts import Facts
from quality.forms import Filters
from quality.queries import Figures, Group, QualityReport, report_on
from quality.statistics import GOAL
from sla.models import REPORTED, Clock

MOST = 8


@dataclass(frozen=True)
class Linked:
    """Words, with the list they were counted from where there is one."""

    text: str
    url: str = ""


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


def priority_rows(facts: Facts, filters: Filters) -> list[Row]:
    """Two lines a priority, one a clock, then two for all."""
    report = report_on(facts, group_by=("priority",))
    rows = []
    for group in report.groups:
        rows += _both(group, name=group.key["priority"], filters=filters, priority=group.key["priority"])
    return rows + (_both(report.total, name="", filters=filters) if len(report.groups) > 1 else [])


def _both(group: Group, *, name: str, filters: Filters, **narrower: str) -> list[Row]:
    return [_row(group, name=name, kind=kind.value, filters=filters, **narrower) for kind in REPORTED]


def department_rows(report: QualityReport, departments: dict[str, Department], filters: Filters) -> list[Row]:
    rows = []
    for group in report.groups:
        one = departments[group.key["department"]]
        row = _row(group, name="", kind=filters.clock, filters=filters, department=one.slug)
        rows.append(replace(row, department=one))
    return rows


def most_missed(facts: Facts, departments: dict[str, Department], filters: Filters) -> list[Row]:
    """Client and department with the most missed clocks."""
    groups = report_on(facts, group_by=("client", "department")).groups
    groups = sorted(groups, key=lambda group: -group.of(filters.clock).missed)[:MOST]
    groups = [group for group in groups if group.of(filters.clock).missed]
    slugs = {group.key["client"] for group in groups}
    names = dict(Client.objects.filter(slug__in=slugs).values_list("slug", "name"))
    rows = []
    for group in groups:
        row = _row(group, name=names[group.key["client"]], kind=filters.clock, filters=filters, **group.key)
        rows.append(replace(row, department=departments[group.key["department"]]))
    return rows


def _row(group: Group, *, name: str, kind: str, filters: Filters, **narrower: str) -> Row:
    figures = group.of(kind)

    def counted(verdict: str) -> Linked:
        url = filters.incidents_url(clock=kind, verdict=verdict, **narrower)
        return counted_from(getattr(figures, verdict), url)

    return Row(
        name=name,
        kind=str(Clock.Kind(kind).label),
        incidents=counted_from(group.incidents, filters.incidents_url(**narrower)),
        met=counted("met"),
        missed=counted("missed"),
        running=counted("running"),
        figures=figures,
    )


def counted_from(count: int, url: str) -> Linked:
    """A number with its list; nothing leads to an empty one."""
    return Linked(number(count), url if count else "")
