"""Celery carries: the pass finds its own work in the database."""

import time

from celery import shared_task

from alerts import operations
from alerts.beats import beat_name
from alerts.clockwatch import ClockWatch
from kernel.clock import database_now

_watch = ClockWatch()


@shared_task(name="alerts.run_pass")
def run_pass() -> dict[str, int]:
    now = database_now()
    if jump := _watch.look(now, monotonic=time.monotonic()):
        operations.note_jump(jump, now=now)
    after_jump = _watch.is_settling(monotonic=time.monotonic())
    done = operations.run_pass(now, process_name=beat_name("celery"), after_jump=after_jump)
    operations.ping_if_well(database_now())
    return done
