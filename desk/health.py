"""How a client stands, by a rule that everybody can read; no hidden weights. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from quality.statistics import GOAL

FLOOR: Final = 0.90


class Health(IntEnum):
    """Ordered worst first."""

    AT_RISK = 1
    WATCH = 2
    UNKNOWN = 3
    HEALTHY = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """What a client is judged by: open incidents now, and the shares of clocks met in three months (None: none)."""

    open: int = 0
    over: int = 0
    urgent_over: int = 0
    at_risk: int = 0
    response: float | None = None
    resolution: float | None = None

    @property
    def health(self) -> Health:
        """At risk: a P1 or P2 is over, or a share is under 90%. Watch: anything over or close, or a share under 95%."""
        shares = [share for share in (self.response, self.resolution) if share is not None]
        lowest = min(shares, default=None)
        if self.urgent_over or (lowest is not None and lowest < FLOOR):
            return Health.AT_RISK
        if self.over or self.at_risk or (lowest is not None and lowest < GOAL):
            return Health.WATCH
        return Health.UNKNOWN if lowest is None else Health.HEALTHY
