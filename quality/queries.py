"""Reads of quality: the report, computed from the incidents, and compliance, read from the roll-ups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from accounts.models import Client
from departments.models import Department
from incidents.models import Incident
from kernel.errors import Invalid
from quality.facts import ClockFacts, Facts, Numbers, Verdict, facts_of
from quality.models import Rollup
from quality.periods import midnight, months_of, next_month
from quality.statistics import NOTHING, Summary, share, summaries, wilson
from sla.models import REPORTED, Clock

GROUP_KEYS = ("month", "department", "priority", "client")


@dataclass(frozen=True)
class Compliance:
    """Counts of one kind of clock; `running` is neither met nor missed yet and stays out of the share."""

    met: int = 0
    missed: int = 0
    running: int = 0

    @property
    def share(self) -> float | None:
        return share(self.met, self.missed)

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.met, self.missed)


@dataclass(frozen=True)
class Figures(Compliance):
    """The counts with how long the stopped ones took, in seconds: as the clock counted, and on the wall."""

    business: Summary = NOTHING
    wall: Summary = NOTHING


@dataclass(frozen=True)
class Group:
    """`key` holds a value for each key grouped by, in the order asked for; the total has none."""

    key: dict[str, str]
    incidents: int
    response: Figures
    resolution: Figures

    def of(self, kind: str) -> Figures:
        return self.response if kind == Clock.Kind.RESPONSE else self.resolution


@dataclass(frozen=True)
class QualityReport:
    group_by: tuple[str, ...]
    groups: list[Group]
    total: Group


def quality_report(
    incidents: QuerySet[Incident],
    *,
    client: Client | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    group_by: Sequence[str] = (),
    now: datetime,
) -> QualityReport:
    """The report over these incidents (the caller's scope) opened in `[date_from, date_to)`, as of `now`."""
    refuse_unknown_keys(group_by)
    found = incidents_opened(incidents, date_from=date_from, date_to=date_to)
    if client is not None:
        found = found.filter(client=client)
    return report_on(facts_of(found, now=now), group_by=group_by)


def refuse_unknown_keys(group_by: Sequence[str]) -> None:
    """Raises Invalid for a key that is not known or stands twice."""
    for key in group_by:
        if key not in GROUP_KEYS:
            names = {"key": key[:100], "keys": ", ".join(GROUP_KEYS)}
            raise Invalid(_("There is no key “%(key)s”. Group by one or more of %(keys)s.") % names, field="group_by")
    if len(set(group_by)) < len(group_by):
        raise Invalid(_("A key to group by stands twice."), field="group_by")


def incidents_opened(
    incidents: QuerySet[Incident], *, date_from: date | None, date_to: date | None
) -> QuerySet[Incident]:
    """Those opened in `[date_from, date_to)`; a date is midnight in the installation's zone."""
    if date_from is not None and date_to is not None and date_to < date_from:
        raise Invalid(_("The period ends before it begins."), field="to")
    if date_from is not None:
        incidents = incidents.filter(opened_at__gte=midnight(date_from))
    return incidents if date_to is None else incidents.filter(opened_at__lt=midnight(date_to))


def report_on(facts: Facts, *, group_by: Sequence[str] = ()) -> QualityReport:
    """The report on facts that were read before."""
    total = _groups(facts, keys=[{}], group=np.zeros(len(facts), np.int64))[0]
    keys, group = _grouping(facts, group_by) if group_by else ([], np.zeros(0, np.int64))
    return QualityReport(tuple(group_by), _groups(facts, keys=keys, group=group) if keys else [], total)


def _grouping(facts: Facts, group_by: Sequence[str]) -> tuple[list[dict[str, str]], Numbers]:
    """The keys that occur, sorted by their values in the order asked for, and which of them each incident has."""
    code = np.zeros(len(facts), np.int64)
    labels = []
    for key in group_by:
        names, own = _labels(facts, key)
        labels.append(names)
        code = code * max(len(names), 1) + own
    there, group = np.unique(code, return_inverse=True)
    sizes = [max(len(names), 1) for names in labels]
    places = np.unravel_index(there, sizes)
    keys = [
        {key: names[place] for key, names, place in zip(group_by, labels, row, strict=True)}
        for row in zip(*(place.tolist() for place in places), strict=True)
    ]
    return keys, group.astype(np.int64)


def _labels(facts: Facts, key: str) -> tuple[list[str], Numbers]:
    """The values of one key in their order, and which each incident has."""
    if key == "month":
        months, own = months_of(facts.opened_at)
        return [f"{month:%Y-%m}" for month in months], own
    if key == "priority":
        names, own = np.unique(facts.priority, return_inverse=True)
        return names.tolist(), own.astype(np.int64)
    model, ids = (Department, facts.department_id) if key == "department" else (Client, facts.client_id)
    known, place = np.unique(ids, return_inverse=True)
    slugs: dict[int, str] = dict(model.objects.filter(pk__in=known.tolist()).values_list("pk", "slug"))
    ordered = sorted(slugs.values())
    rank = np.array([ordered.index(slugs[pk]) for pk in known.tolist()], np.int64)
    return ordered, rank[place] if len(rank) else np.zeros(0, np.int64)


def _groups(facts: Facts, *, keys: list[dict[str, str]], group: Numbers) -> list[Group]:
    incidents = np.bincount(group, minlength=len(keys)).tolist()
    response, resolution = (_figures(facts.clocks[kind], group=group, count=len(keys)) for kind in REPORTED)
    return [Group(*parts) for parts in zip(keys, incidents, response, resolution, strict=True)]


def _figures(clocks: ClockFacts, *, group: Numbers, count: int) -> list[Figures]:
    counts = (
        np.bincount(group[clocks.verdict == verdict], minlength=count).tolist()
        for verdict in (Verdict.MET, Verdict.MISSED, Verdict.RUNNING)
    )
    times = (
        summaries(seconds[clocks.stopped], group[clocks.stopped], count=count)
        for seconds in (clocks.business_s, clocks.wall_s)
    )
    return [Figures(*parts) for parts in zip(*counts, *times, strict=True)]


# --- from the roll-ups -------------------------------------------------------------------------------------------
def compliance_by_month(
    *, clients: Iterable[int] | QuerySet[Client] | None, first: date, months: int, kind: str
) -> list[tuple[date, Compliance]]:
    """Every one of `months` months from `first` (a first day) on; None for clients is all. One query."""
    rows = _rollups(clients, since=first, until=next_month(first, months)).filter(kind=kind)
    by_month = rows.annotate(month=TruncMonth("day")).values("month").order_by()
    found = {month: Compliance(*counts) for month, *counts in by_month.values_list("month", *_COUNTS)}
    wanted = [next_month(first, number) for number in range(months)]
    return [(month, found.get(month, Compliance())) for month in wanted]


def compliance(
    *, clients: Iterable[int] | QuerySet[Client] | None, since: date, until: date
) -> dict[int, dict[str, Compliance]]:
    """By client id and kind of clock, opened in `[since, until)`; without incidents, without entry. One query."""
    found: dict[int, dict[str, Compliance]] = {}
    by_client = _rollups(clients, since=since, until=until).values("client_id", "kind").order_by()
    for client_id, kind, *counts in by_client.values_list("client_id", "kind", *_COUNTS):
        of_client = found.setdefault(client_id, {kind: Compliance() for kind in REPORTED})
        of_client[kind] = Compliance(*counts)
    return found


def compliance_by_client_and_month(
    *, clients: Iterable[int] | QuerySet[Client], first: date, months: int
) -> dict[int, dict[str, list[Compliance]]]:
    """By client id and kind of clock, a value for each month from `first` on; without incidents, without entry.

    One query.
    """
    number = {next_month(first, after): after for after in range(months)}
    found: dict[int, dict[str, list[Compliance]]] = {}
    rows = _rollups(clients, since=first, until=next_month(first, months)).annotate(month=TruncMonth("day"))
    by_client = rows.values("client_id", "kind", "month").order_by()
    for client_id, kind, month, *counts in by_client.values_list("client_id", "kind", "month", *_COUNTS):
        of_client = found.setdefault(client_id, {kind: [Compliance()] * months for kind in REPORTED})
        of_client[kind][number[month]] = Compliance(*counts)
    return found


_COUNTS = (Sum("met"), Sum("missed"), Sum("running"))


def _rollups(clients: Iterable[int] | QuerySet[Client] | None, *, since: date, until: date) -> QuerySet[Rollup]:
    scope = Q() if clients is None else Q(client__in=clients)
    return Rollup.objects.filter(scope, day__gte=since, day__lt=until)
