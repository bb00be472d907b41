"""The sweep: finds the clocks on which something is owed and records it, some in one short transaction.

Any number of processes may sweep at once: each decides on rows that it has locked and read anew, and passes over those
that another has; on SQLite a writer is alone. Where some clocks fail together, each is tried by itself.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from alerts.levels import LONGEST_BACK_OFF, owed_levels
from alerts.models import Alert
from alerts.operations.operators import tell_of_failing_clock
from alerts.operations.raising import Passed, raise_levels
from alerts.operations.reconciling import reconcile
from kernel import bulk, retrying
from kernel.failpoints import failpoint
from kernel.locking import lock
from sla.measure import Measured, epoch
from sla.models import Clock
from sla.subjects import owner_of

log = logging.getLogger(__name__)

# So many clocks share a transaction: few enough for its locks to be short, many enough for its queries to be few.
TOGETHER = 100
# What passes by itself while a clock runs; anything else that differs from the replay was stored wrongly.
MOVES_BY_ITSELF = {"state", "breached_at", "alerted_level", "wake_at"}
# The operators are told of a clock when its sweep has failed so often.
TELL_AT_ERROR = 3
STORED = (
    *("target_s", "policy_version", "calendar_version", "state", "started_at", "elapsed_s", "running_since", "due_at"),
    *("stopped_at", "breached_at", "alerted_level", "wake_at", "wake_errors"),
)


@dataclass(frozen=True)
class SweepResult:
    """How many clocks were looked at, alerts raised, breaches among them, rows that failed and were put off."""

    found: int = 0
    raised: int = 0
    breached: int = 0
    failed: int = 0

    def __add__(self, other: SweepResult) -> SweepResult:
        return SweepResult(
            self.found + other.found,
            self.raised + other.raised,
            self.breached + other.breached,
            self.failed + other.failed,
        )


def sweep(now: datetime, *, limit: int = 200, after_jump: bool = False) -> SweepResult:
    """Deal with up to `limit` clocks whose time to wake has come, the longest overdue first.

    `after_jump`: the time has just jumped; what is raised is marked so, and told a little later (`jumps`).
    """
    ids = list(Clock.objects.to_wake(now).values_list("pk", flat=True)[:limit])
    total = SweepResult(found=len(ids))
    for begin in range(0, len(ids), TOGETHER):
        done = _together(ids[begin : begin + TOGETHER], now=now, after_jump=after_jump)
        total += done
        if done.breached:
            failpoint("after_breach_commit")
    return total


def _together(clock_ids: Sequence[int], *, now: datetime, after_jump: bool) -> SweepResult:
    """Some clocks in one transaction; where that fails, each by itself."""
    try:
        return _raised(wake(clock_ids, now=now, after_jump=after_jump))
    except Exception as error:  # whatever it was, those that did not cause it go on
        if retrying.is_away(error):
            raise
        log.warning("Clocks are swept one by one, because together they failed: %r", error)
        return sum((_alone(clock_id, now=now, after_jump=after_jump) for clock_id in clock_ids), SweepResult())


def _alone(clock_id: int, *, now: datetime, after_jump: bool) -> SweepResult:
    """One clock by itself, so that one that fails stops no other."""
    try:
        return _raised(wake([clock_id], now=now, after_jump=after_jump))
    except Exception as error:
        if retrying.is_away(error):
            raise
        log.exception("Clock %s could not be swept", clock_id)
        _put_off(clock_id, error=error, now=now)
        return SweepResult(failed=1)


def _raised(alerts: Sequence[Alert]) -> SweepResult:
    return SweepResult(raised=len(alerts), breached=sum(alert.level == Alert.BREACH for alert in alerts))


@transaction.atomic
def wake(clock_ids: Sequence[int], *, now: datetime, after_jump: bool = False) -> list[Alert]:
    """Some clocks of the sweep, in a constant number of queries, all or none. Those that another process has, or on
    which nothing is owed any more, are passed over."""
    clocks = list(lock(Clock.objects.to_wake(now).filter(pk__in=clock_ids), skip_locked=True))
    truth = _measured(clocks, now=now)
    owed, wrong = [], []
    for clock in clocks:
        measured = truth[clock.pk]
        levels = owed_levels(measured, alerted_level=clock.alerted_level, now=now)
        columns = measured.columns(alerted_level=max([clock.alerted_level, *levels]))
        if _differs(clock, columns):
            wrong.append(clock)
        for column, value in columns.items():
            setattr(clock, column, value)
        clock.wake_errors = 0
        owed.append(Passed(clock, levels, measured.levels() if levels else ()))
    bulk.update(clocks, fields=STORED)
    raised = raise_levels(owed, now=now, after_jump=after_jump)
    if wrong:
        reconcile(wrong, now=now)
    return raised


def _differs(clock: Clock, columns: Mapping[str, object]) -> bool:
    """The stored row is a cache of what the subject's events say; one that was stored wrongly is put right."""
    wrong = {
        column: [str(getattr(clock, column)), str(value)]
        for column, value in columns.items()
        if column not in MOVES_BY_ITSELF and getattr(clock, column) != value
    }
    if wrong:
        log.warning("Stored clock %s differed from its events", clock.pk, extra={"columns": wrong})
    return bool(wrong)


def _measured(clocks: Iterable[Clock], *, now: datetime) -> dict[int, Measured]:
    """These clocks, by their ids, computed anew from their subjects' events."""
    by_kind: dict[str, list[Clock]] = defaultdict(list)
    for clock in clocks:
        by_kind[clock.subject_kind].append(clock)
    found = {}
    for kind, some in by_kind.items():
        replayed = owner_of(kind).replay(sorted({clock.subject_id for clock in some}), now=now)
        for clock in some:
            for measured in replayed.get(clock.subject_id, ()):
                if (measured.kind, measured.cycle) == (clock.kind, clock.cycle):
                    found[clock.pk] = measured
            if clock.pk not in found:
                raise LookupError(f"The events of its subject know nothing of clock {clock.pk}.")
    return found


@transaction.atomic
def measure_anew(clock_ids: Iterable[int], *, now: datetime) -> None:
    """Store these clocks as their events say they are at `now`, and bring their alerts in line: what was recorded while
    the time was wrong is withdrawn."""
    clocks = list(lock(Clock.objects.filter(pk__in=list(clock_ids)).order_by("pk")))
    truth = _measured(clocks, now=now)
    for clock in clocks:
        measured = truth[clock.pk]
        passed = measured.level_passed(epoch(now))
        for column, value in measured.columns(alerted_level=min(clock.alerted_level, passed)).items():
            setattr(clock, column, value)
    bulk.update(clocks, fields=STORED)
    reconcile(clocks, now=now)


def measure_anew_if_possible(clock_ids: Iterable[int], *, now: datetime) -> None:
    """`measure_anew` of each by itself: one whose events cannot be measured stays as it is and holds up no other."""
    for clock_id in clock_ids:
        try:
            measure_anew([clock_id], now=now)
        except Exception as error:
            if retrying.is_away(error):
                raise
            log.exception("Clock %s could not be measured anew", clock_id)


@transaction.atomic
def _put_off(clock_id: int, *, error: Exception, now: datetime) -> None:
    """A row that fails waits a little longer each time, so that it neither blocks the others nor is forgotten. At the
    third time the operators are told."""
    for errors in Clock.objects.filter(pk=clock_id).values_list("wake_errors", flat=True):
        wait = min(timedelta(seconds=2 ** min(errors + 1, 10)), LONGEST_BACK_OFF)
        put_off = Clock.objects.to_wake(now).filter(pk=clock_id)
        if put_off.update(wake_errors=F("wake_errors") + 1, wake_at=now + wait) and errors + 1 == TELL_AT_ERROR:
            tell_of_failing_clock(clock_id, error, now=now)
