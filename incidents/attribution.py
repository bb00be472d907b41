"""Who used up what was too much: the overrun of the resolution, split among the departments' hops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sla.chains import attribute, excess, overrun
from sla.measure import reading
from sla.models import Clock


@dataclass(frozen=True, slots=True)
class Attribution:
    """Seconds beyond the promised resolution, and the part of each hop by its number; a hop within its own promise has
    none. Without `by_hop` nobody was over: the promise is shorter than what the departments promised each other."""

    excess_s: int
    by_hop: Mapping[int, int]

    @property
    def plan_is_at_fault(self) -> bool:
        return self.excess_s > 0 and not self.by_hop


def attribution(clocks: Iterable[Clock], *, now: datetime) -> Attribution:
    """Of all stored clocks of one incident, as they stand at `now`."""
    read = [(clock, reading(clock, now=now).elapsed_s) for clock in clocks]
    over = excess((elapsed, clock.target_s) for clock, elapsed in read if clock.kind == Clock.Kind.RESOLUTION)
    hops = [
        (clock.cycle, overrun(elapsed_s=elapsed, target_s=clock.target_s))
        for clock, elapsed in read
        if clock.kind == Clock.Kind.FINISH
    ]
    parts = attribute(over, [seconds for _number, seconds in hops]) or []
    return Attribution(over, {number: part for (number, _s), part in zip(hops, parts, strict=False) if part})
