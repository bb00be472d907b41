"""Celery carries: the pass finds its own work in the database."""

from celery import shared_task

from alerts import operations
from alerts.beats import beat_name
from kernel.clock import database_now


@shared_task(name="alerts.run_pass")
def run_pass() -> dict[str, int]:
    return operations.run_pass(database_now(), process_name=beat_name("celery"))
