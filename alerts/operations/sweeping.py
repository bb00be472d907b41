"""The sweep: finds the clocks on which something is owed and records it, one short transaction each.

Any number of processes may sweep at once: the row lock spreads the work where the database has one, the guarded UPDATE
decides on both.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from alerts.levels import LONGEST_BACK_OFF, owed_levels
from alerts.models import Alert
from alerts.operations.raising import raise_levels
from alerts.operations.reconciling import reconcile
from kernel.failpoints import failpoint
from kernel.locking import lock
from sla.measure import Measured
from sla.models import Clock
from sla.subjects import owner_of

log = logging.getLogger(__name__)

# What passes by itself while a clock runs; anything else that differs from the replay was stored wrongly.
MOVES_BY_ITSELF = {"state", "breached_at", "alerted_level", "wake_at"}


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


def sweep(now: datetime, *, limit: int = 200) -> SweepResult:
    """Deal with up to `limit` clocks whose time to wake has come, the longest overdue first."""
    ids = list(Clock.objects.to_wake(now).values_list("pk", flat=True)[:limit])
    raised = breached = failed = 0
    for clock_id in ids:
        try:
            alerts = wake(clock_id, now=now)
        except Exception:
            log.exception("Clock %s could not be swept", clock_id)
            _put_off(clock_id, now=now)
            failed += 1
        else:
            raised += len(alerts)
            if any(alert.level == Alert.BREACH for alert in alerts):
                breached += 1
                failpoint("after_breach_commit")
    return SweepResult(found=len(ids), raised=raised, breached=breached, failed=failed)


@transaction.atomic
def wake(clock_id: int, *, now: datetime) -> list[Alert]:
    """One clock of the sweep; nothing when another process has it or nothing is owed any more."""
    clock = lock(Clock.objects.to_wake(now).filter(pk=clock_id), skip_locked=True).first()
    return [] if clock is None else _settle(clock, now=now)


def _settle(clock: Clock, *, now: datetime) -> list[Alert]:
    """The stored row is a cache: compute it anew from the subject's events, store what is true, raise what is owed."""
    measured = _measured(clock, now=now)
    owed = owed_levels(measured, alerted_level=clock.alerted_level, now=now)
    columns = measured.columns(alerted_level=max([clock.alerted_level, *owed]))
    wrong = {
        column: [str(getattr(clock, column)), str(value)]
        for column, value in columns.items()
        if column not in MOVES_BY_ITSELF and getattr(clock, column) != value
    }
    if wrong:
        log.warning("Stored clock %s differed from its events", clock.pk, extra={"columns": wrong})
    unmoved = Clock.objects.filter(
        pk=clock.pk, state=clock.state, alerted_level=clock.alerted_level, wake_at=clock.wake_at
    )
    if not unmoved.update(**columns, wake_errors=0):
        return []
    for column, value in columns.items():
        setattr(clock, column, value)
    raised = raise_levels(clock, owed, now=now) if owed else []
    if wrong:
        reconcile([clock], now=now)
    return raised


def _measured(clock: Clock, *, now: datetime) -> Measured:
    found = owner_of(clock.subject_kind).replay(clock.subject_id, now=now)
    for measured in found:
        if (measured.kind, measured.cycle) == (clock.kind, clock.cycle):
            return measured
    raise LookupError(f"The events of its subject know nothing of clock {clock.pk}.")


def _put_off(clock_id: int, *, now: datetime) -> None:
    """A row that fails waits a little longer each time, so that it neither blocks the others nor is forgotten."""
    for errors in Clock.objects.filter(pk=clock_id).values_list("wake_errors", flat=True):
        wait = min(timedelta(seconds=2 ** min(errors + 1, 10)), LONGEST_BACK_OFF)
        Clock.objects.to_wake(now).filter(pk=clock_id).update(wake_errors=F("wake_errors") + 1, wake_at=now + wait)
