"""Which thresholds a clock has passed, by its own row. Levels are percents of the target; 100 is the deadline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerts.models import Alert
from sla.measure import Measured, epoch, instant, reading
from sla.models import Clock
from sla.replay import wake_instants
from sla.terms import business_calendar, terms_of

# How long a clock whose sweep failed waits at most before the next try.
LONGEST_BACK_OFF = timedelta(seconds=60)
# Steps of a short target that come nearer to each other than this are told as one.
NEAR = timedelta(minutes=5)


def is_passed(clock: Clock, level: int, *, now: datetime) -> bool:
    """By event times: the deadline if the clock is breached, a share if that much of the target was counted."""
    if level == Alert.BREACH:
        return clock.state == Clock.State.BREACHED
    return reading(clock, now=now).elapsed_s * 100 >= clock.target_s * level


def passed_levels(clock: Clock, *, now: datetime) -> list[int]:
    """All levels of the clock's policy that it has passed, ascending."""
    levels = sorted({*terms_of(clock.policy_version_id).thresholds, Alert.BREACH})
    return [level for level in levels if is_passed(clock, level, now=now)]


def owed_levels(measured: Measured, *, alerted_level: int, now: datetime) -> list[int]:
    """Levels above `alerted_level` that the sweep owes an alert for, ascending."""
    return [level for level, at in measured.levels() if at <= epoch(now) and level > alerted_level]


def wake_at(clock: Clock, *, alerted_level: int) -> datetime | None:
    """The instant of the first level above `alerted_level`; `Measured.wake_after` by the stored row."""
    if clock.running_since is None or clock.due_at is None:
        if clock.breached_at is None or alerted_level >= Alert.BREACH:
            return None
        return clock.breached_at + timedelta(seconds=1)
    instants = wake_instants(
        running_since=epoch(clock.running_since),
        elapsed_s=clock.elapsed_s,
        target_s=clock.target_s,
        due_at=epoch(clock.due_at),
        thresholds=terms_of(clock.policy_version_id).thresholds,
        calendar=business_calendar(clock.calendar_version_id),
    )
    return next((instant(at) for level, at in instants if level > alerted_level), None)


def loudest(levels: Iterable[int]) -> int:
    """Of several levels passed at once only this one is worth a message: the breach, else the highest."""
    found = set(levels)
    return Alert.BREACH if Alert.BREACH in found else max(found)


def merged(instants: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Of (percent, epoch second), ascending: the steps less than five minutes before a later one that is told, with
    that one.

    Looked at from the last to the first: of many near ones the latest is told, and again one that lies five minutes
    or more before it. The breach is always told.
    """
    found: dict[int, int] = {}
    later: tuple[int, int] | None = None
    for level, at in reversed(instants):
        if later is not None and level != Alert.BREACH and later[1] - at < NEAR.total_seconds():
            found[level] = later[0]
        else:
            later = (level, at)
    return found
