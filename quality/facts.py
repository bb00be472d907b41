"""What the statistics count: incidents and the verdicts of their clocks, as columns of numbers, read in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from incidents.models import Incident
from incidents.settling import SUBJECT_KIND
from quality.periods import midnight
from quality.statistics import Seconds
from sla.measure import epoch
from sla.models import REPORTED, Clock

Numbers = NDArray[np.int64]
Marks = NDArray[np.bool_]


class Verdict(IntEnum):
    """`NONE`: the incident has no such clock (it was written in this very moment)."""

    NONE = -1
    MET = 0
    MISSED = 1
    RUNNING = 2


@dataclass(frozen=True)
class ClockFacts:
    """One kind of clock, a value per incident.

    Several cycles of an incident (reopened under "new_cycle") make one verdict: missed if any was, else running while
    the last one is not stopped, else met. Times are those of all cycles together, counted once the last one is stopped.
    """

    verdict: Numbers
    stopped: Marks
    business_s: Seconds
    wall_s: Seconds

    def only(self, chosen: Marks) -> ClockFacts:
        return ClockFacts(
            verdict=self.verdict[chosen],
            stopped=self.stopped[chosen],
            business_s=self.business_s[chosen],
            wall_s=self.wall_s[chosen],
        )


@dataclass(frozen=True)
class Facts:
    """Columns of equal length, an incident each, by id. `opened_at` in epoch seconds."""

    opened_at: Numbers
    client_id: Numbers
    department_id: Numbers
    priority: NDArray[np.str_]
    clocks: Mapping[str, ClockFacts]

    def __len__(self) -> int:
        return len(self.opened_at)

    def opened_in(self, since: date | None, until: date | None) -> Facts:
        """Those of the incidents opened in `[since, until)`."""
        chosen = np.ones(len(self), bool)
        if since is not None:
            chosen &= self.opened_at >= epoch(midnight(since))
        if until is not None:
            chosen &= self.opened_at < epoch(midnight(until))
        return Facts(
            opened_at=self.opened_at[chosen],
            client_id=self.client_id[chosen],
            department_id=self.department_id[chosen],
            priority=self.priority[chosen],
            clocks={kind: clocks.only(chosen) for kind, clocks in self.clocks.items()},
        )


def facts_of(incidents: QuerySet[Incident], *, now: datetime | None) -> Facts:
    """The facts of these incidents in two queries, whatever their number.

    A clock past its deadline and not stopped is missed at `now`, swept or not; with None it is what its row says.
    """
    rows = list(
        incidents.order_by("pk").values_list("pk", "opened_at", "client_id", "department_id", "priority").iterator()
    )
    ids, opened, clients, departments, priorities = zip(*rows, strict=True) if rows else ((),) * 5
    pk = np.array(ids, np.int64)
    opened_at = np.array([epoch(at) for at in opened], np.int64)
    return Facts(
        opened_at=opened_at,
        client_id=np.array(clients, np.int64),
        department_id=np.array(departments, np.int64),
        priority=np.array(priorities, "U2"),
        clocks=_clocks(incidents, pk=pk, opened_at=opened_at, now_s=None if now is None else epoch(now)),
    )


def _clocks(
    incidents: QuerySet[Incident], *, pk: Numbers, opened_at: Numbers, now_s: int | None
) -> dict[str, ClockFacts]:
    rows = (
        Clock.objects.filter(
            subject_kind=SUBJECT_KIND, kind__in=REPORTED, subject_id__in=incidents.order_by().values("pk")
        )
        .values_list("subject_id", "kind", "state", "due_at", "stopped_at", "elapsed_s")
        .iterator()
    )
    columns: dict[str, list[tuple[int, bool, int, int]]] = {kind: [] for kind in REPORTED}
    for subject_id, kind, state, due_at, stopped_at, elapsed_s in rows:
        missed = state == Clock.State.BREACHED or (
            now_s is not None and state == Clock.State.RUNNING and due_at is not None and now_s > epoch(due_at)
        )
        columns[kind].append((subject_id, missed, -1 if stopped_at is None else epoch(stopped_at), elapsed_s))
    return {kind: _together(found, pk=pk, opened_at=opened_at) for kind, found in columns.items()}


def _together(clocks: list[tuple[int, bool, int, int]], *, pk: Numbers, opened_at: Numbers) -> ClockFacts:
    """The cycles of each incident as one; clocks of incidents that are not in `pk` came in between the two reads."""
    table: NDArray[Any] = np.array(clocks, np.int64).reshape(-1, 4)
    table = table[np.isin(table[:, 0], pk)]
    place = np.searchsorted(pk, table[:, 0])
    missed, is_open, known = (np.zeros(len(pk), bool) for _ in range(3))
    missed[place[table[:, 1] == 1]] = True
    is_open[place[table[:, 2] < 0]] = True
    known[place] = True
    stopped_at = np.full(len(pk), -1, np.int64)
    np.maximum.at(stopped_at, place, table[:, 2])
    business_s = np.bincount(place, weights=table[:, 3], minlength=len(pk)).astype(np.float64)
    verdict = np.select([~known, missed, is_open], [Verdict.NONE, Verdict.MISSED, Verdict.RUNNING], Verdict.MET)
    return ClockFacts(
        verdict=verdict.astype(np.int64),
        stopped=known & ~is_open,
        business_s=business_s,
        wall_s=(stopped_at - opened_at).astype(np.float64),
    )
