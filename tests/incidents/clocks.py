"""What the tests of clocks ask: one stored clock, and whether all of them are what the events say."""

from __future__ import annotations

from datetime import datetime, timedelta

from incidents.models import Incident
from incidents.subject import IncidentClocks
from sla.models import Clock, SlaPolicy
from sla.operations import TargetInput
from tests.factories import MONDAY, a_calendar

HOUR = timedelta(hours=1)
HOUR_S = 3600


def at(hours: float) -> datetime:
    return MONDAY + hours * HOUR


def clock(incident: Incident, kind: str, cycle: int = 1) -> Clock:
    return Clock.objects.get(subject_kind="incident", subject_id=incident.pk, kind=kind, cycle=cycle)


def states(incident: Incident, kind: str) -> list[tuple[int, str, int]]:
    """(cycle, state, counted seconds) of every clock of a kind."""
    rows = Clock.objects.filter(subject_kind="incident", subject_id=incident.pk, kind=kind).order_by("cycle")
    return [(row.cycle, row.state, row.elapsed_s) for row in rows]


def assert_as_replayed(incident: Incident, *, now: datetime) -> None:
    """The stored rows are what the events say at `now`; what passes by itself is the sweep's to notice."""
    stored = {(c.kind, c.cycle): c for c in Clock.objects.filter(subject_kind="incident", subject_id=incident.pk)}
    replayed = IncidentClocks().replay([incident.pk], now=now)[incident.pk]
    assert stored.keys() == {(m.kind, m.cycle) for m in replayed}
    for m in replayed:
        row = stored[m.kind, m.cycle]
        wrong = {
            column: (getattr(row, column), value)
            for column, value in m.columns(alerted_level=row.alerted_level).items()
            if getattr(row, column) != value
        }
        if row.state == Clock.State.RUNNING and m.state.is_breached:  # passed since the last event, nobody looked
            wrong = {k: v for k, v in wrong.items() if k not in {"state", "breached_at"}}
        assert not wrong, f"{m.kind} {m.cycle}: {wrong}"


def targets(**hours: tuple[float, float]) -> list[TargetInput]:
    """Around the clock: response and resolution of each priority in hours."""
    always = a_calendar(timezone="UTC", always=True)
    return [
        TargetInput(priority, int(response * HOUR_S), int(resolution * HOUR_S), always)
        for priority, (response, resolution) in hours.items()
    ]


def version_numbers(policy: SlaPolicy) -> list[int]:
    return list(policy.versions.order_by("number").values_list("number", flat=True))
