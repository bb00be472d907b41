"""Rows of incidents as the desk shows them: one line, one clock, one useful action."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from accounts.models import NAME_FIELDS
from desk.queries.counts import WAITS_OUTSIDE
from incidents.models import Incident, IncidentQuerySet, Status
from incidents.permissions import Person, may_take, may_work
from incidents.queries import ClockView, with_clocks

ACKNOWLEDGE, TAKE, OPEN = "acknowledge", "take", "open"


@dataclass(frozen=True, slots=True)
class Row:
    """An incident with the clock that ends next (None: nothing counts) and what the person can do about it at once."""

    incident: Incident
    clock: ClockView | None
    action: str

    @property
    def mark(self) -> tuple[int, int, str, str]:
        """What makes the row look different when it changes."""
        look = "" if self.clock is None else f"{self.clock.state}{self.clock.is_at_risk}{self.clock.is_ticking}"
        return self.incident.pk, self.incident.version, look, self.action


@dataclass(frozen=True, slots=True)
class Clocks:
    """Open incidents by their clocks: what is over, the latest first, and what comes next."""

    over: list[Row]
    ahead: list[Row]


def in_a_row(listed: IncidentQuerySet) -> IncidentQuerySet:
    """With what a row shows, and no more."""
    people = (f"assignee__{name}" for name in NAME_FIELDS)
    department = (f"department__{name}" for name in ("name", "short_name", "icon"))
    return (
        listed.select_related(None)
        .select_related("client", "department", "assignee")
        .only("version", "title", "priority", "status", "hold_reason", "client__name", *department, *people)
    )


def clocks_of(listed: IncidentQuerySet, user: Person, *, some_over: int, some_ahead: int, now: datetime) -> Clocks:
    """The first few of each; three queries. What waits for somebody outside has no deadline and is in neither."""
    over = list(listed.filter(next_due_at__lt=now).order_by(F("next_due_at").desc(), "-id")[:some_over])
    ahead = list(listed.filter(next_due_at__gte=now).exclude(hold_reason__in=WAITS_OUTSIDE)[:some_ahead])
    rows = rows_of([*over, *ahead], user, now=now)
    return Clocks(rows[: len(over)], rows[len(over) :])


def rows_of(incidents: Iterable[Incident], user: Person, *, now: datetime, offers_taking: bool = False) -> list[Row]:
    """In the same order; one query for all clocks. `offers_taking`: what nobody has is there to be taken."""
    return [
        Row(clocked.incident, clocked.next_clock, _action(clocked.incident, user, offers_taking=offers_taking))
        for clocked in with_clocks(list(incidents), now=now)
    ]


def _action(incident: Incident, user: Person, *, offers_taking: bool) -> str:
    if offers_taking and incident.assignee_id is None and may_take(user, incident):
        return TAKE
    if incident.status == Status.NEW and may_work(user, incident):
        return ACKNOWLEDGE
    return OPEN
