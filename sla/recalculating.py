"""Running clocks by other terms, a million at once: what a clock that never waited becomes, without its events.

A clock that has counted without a break since its start is told by its start alone; its deadline and its thresholds are
three numbers apart from the replay, and numpy computes them for many. Every other clock is replayed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db.models import F, Q
from numpy.typing import NDArray

from sla.measure import BREACH
from sla.models import Clock
from sla.terms import Terms, business_calendar

Seconds = NDArray[np.int64]
# Instead of an instant, where nothing is owed any more.
NEVER = -1


@dataclass(frozen=True, slots=True)
class Anew:
    """What a group of clocks counts by from now on, back to their start."""

    policy_version_id: int
    calendar_version_id: int
    target_s: int
    thresholds: tuple[int, ...]

    @classmethod
    def of(cls, terms: Terms, *, priority: str, kind: str, calendar_version_id: int) -> Anew:
        """What these terms promise a clock of this kind."""
        target_s = terms.targets[priority].seconds(kind)
        return cls(terms.policy_version_id, calendar_version_id, target_s, terms.thresholds)


def is_straight() -> Q:
    """Stored clocks that run and have never waited, by the terms they have: where other terms pause for the same
    reasons or for fewer, and start cycles alike, these clocks still have not."""
    return Q(state=Clock.State.RUNNING, elapsed_s=0, running_since=F("started_at"))


def deadlines(started_at: Seconds, alerted_level: Seconds, anew: Anew) -> tuple[Seconds, Seconds]:
    """(`due_at`, `wake_at`) of straight clocks, to the second what `sla.measure` says of each of them.

    `alerted_level` is what the sweep has dealt with of each. Raises CalendarError where the calendar does not reach.
    """
    calendar = business_calendar(anew.calendar_version_id)
    due_at = calendar.add_many(started_at, np.array(anew.target_s))
    wake_at = np.full(started_at.shape, NEVER, dtype=np.int64)
    for percent in sorted({*anew.thresholds, BREACH}, reverse=True):  # the lowest that is still ahead stands at last
        ahead = alerted_level < percent
        if percent == BREACH:
            wake_at[ahead] = due_at[ahead] + 1
        else:
            share_s = -(-anew.target_s * percent // 100)
            wake_at[ahead] = calendar.add_many(started_at[ahead], np.array(share_s))
    return due_at, wake_at
