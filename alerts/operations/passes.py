"""One full pass: sweep, escalate, chores, deliver, repair, pulse. `run_alerts`, Celery and the tests run this code."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from alerts import audit
from alerts.beats import REPAIR, beats
from alerts.chores import intervals
from alerts.health import vitals
from alerts.models import Alert, Delivery
from alerts.operations.choring import run_chores
from alerts.operations.delivering import deliver
from alerts.operations.digesting import owe_digests
from alerts.operations.escalating import escalate_unheard, tell_instead
from alerts.operations.raising import owe_first, raise_breach
from alerts.operations.sweeping import SweepResult, sweep
from alerts.operations.turns import take_turn
from alerts.turns import due
from kernel import outbox, retrying
from kernel.clock import going_on_from
from kernel.locking import lock
from kernel.models import ProcessBeat
from sla.models import Clock
from sla.operations import bring_into_force

log = logging.getLogger(__name__)

BATCH = 200
# A pass is bounded: what is left is taken up by the next one, which follows at once.
MOST_BATCHES = 20
MOST_DELIVERIES = 200
REPAIR_EVERY = timedelta(seconds=60)
FORGET_PROCESSES_AFTER = timedelta(days=7)


def run_pass(now: datetime, *, process_name: str, after_jump: bool = False) -> dict[str, int]:
    """Sweep, escalate, do the chores that are due, deliver until nothing is due, repair once a minute, leave a pulse;
    returns what was done, by name, and what waits. `after_jump`: the time has just jumped (`alerts.clockwatch`)."""
    clock = going_on_from(now)
    swept = sweep_all(now, after_jump=after_jump)
    escalated = escalate_all(now, after_jump=after_jump)
    waiting = due({REPAIR: REPAIR_EVERY, **intervals()}, now=now)
    chored = run_chores(clock(), among=() if after_jump else waiting)
    delivered = deliver(clock(), limit=MOST_DELIVERIES)
    repaired = repair_in_turn(now) if REPAIR in waiting else 0
    done = {**asdict(swept), "escalated": escalated, **chored, **asdict(delivered), "repaired": repaired}
    figures = {**done, **vitals(clock())}
    beat(process_name, started=now, finished=clock(), figures=figures)
    return figures


def sweep_all(now: datetime, *, after_jump: bool = False) -> SweepResult:
    total = SweepResult()
    for _batch in range(MOST_BATCHES):
        result = sweep(now, limit=BATCH, after_jump=after_jump)
        total += result
        if result.found < BATCH:
            break
    return total


def escalate_all(now: datetime, *, after_jump: bool = False) -> int:
    """Nothing is escalated while the time may be wrong: who acknowledges has had no time to."""
    return 0 if after_jump else escalate_unheard(now, limit=BATCH)


def beat(process_name: str, *, started: datetime, finished: datetime, figures: Mapping[str, Any]) -> None:
    """The pulse of a process: written when a pass has ended, never before."""
    columns = {"pid": os.getpid(), "pass_started": started, "pass_finished": finished, "figures": dict(figures)}
    if not ProcessBeat.objects.filter(name=process_name).update(**columns):
        ProcessBeat.objects.bulk_create([ProcessBeat(name=process_name, **columns)], ignore_conflicts=True)


def repair_if_due(now: datetime) -> int:
    """`repair_in_turn`; one query while it rests."""
    return repair_in_turn(now) if due({REPAIR: REPAIR_EVERY}, now=now) else 0


def repair_in_turn(now: datetime) -> int:
    """`repair`, by one process a minute, and positions for the facts that wait; how many rows it mended."""
    if not take_turn(REPAIR, every=REPAIR_EVERY, now=now):
        return 0
    repaired, failed = _repair(now)
    bring_into_force(now)
    owe_digests(now)
    outbox.sequence()  # who reads facts does so, too; but it may be that nobody runs who reads them
    figures = {"repaired": repaired, "left": failed}
    ProcessBeat.objects.filter(name=REPAIR).update(pass_finished=now, figures=figures)
    beats().filter(pass_finished__lt=now - FORGET_PROCESSES_AFTER).delete()
    return repaired


def repair(now: datetime) -> int:
    """Mend what only an outside hand can break: a breach without alert, an alert without delivery, a dead end."""
    repaired, _failed = _repair(now)
    return repaired


def _repair(now: datetime) -> tuple[int, int]:
    """How many rows were mended, and how many could not be; one that cannot holds up no other."""
    work = [
        *(partial(_raise_missing, clock, now=now) for clock in audit.breached_without_alert()[:BATCH]),
        *(partial(_owe_again, alert, now=now) for alert in audit.alerts_without_delivery()[:BATCH]),
        *(partial(_tell_instead, delivery, now=now) for delivery in audit.dead_ends()),
    ]
    repaired = failed = 0
    for mend in work:
        try:
            repaired += mend()
        except Exception as error:
            if retrying.is_away(error):
                raise
            log.exception("A row could not be repaired")
            failed += 1
    return repaired, failed


@transaction.atomic
def _raise_missing(clock: Clock, *, now: datetime) -> bool:
    missing = lock(audit.breached_without_alert().filter(pk=clock.pk)).first()
    return missing is not None and bool(raise_breach(missing, now=now))


@transaction.atomic
def _owe_again(alert: Alert, *, now: datetime) -> bool:
    missing = lock(audit.alerts_without_delivery().filter(pk=alert.pk)).first()
    if missing is None:
        return False
    owe_first(alert, now=now)
    return True


@transaction.atomic
def _tell_instead(delivery: Delivery, *, now: datetime) -> bool:
    assert delivery.alert_id is not None
    alert = lock(Alert.objects.filter(pk=delivery.alert_id)).get()
    return bool(tell_instead(delivery, alert, now=now))
