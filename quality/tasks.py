"""Celery carries; the operation finds its own work."""

from celery import shared_task

from quality import operations


@shared_task(name="quality.keep_rollups", ignore_result=True)
def keep_rollups() -> None:
    operations.keep_rollups()
