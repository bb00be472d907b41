"""Periodic housekeeping."""

from celery import shared_task
from django.utils import timezone

from kernel.api import idempotency


@shared_task(name="kernel.purge")
def purge() -> None:
    """Answers kept for repeated requests leave after their day."""
    idempotency.purge(now=timezone.now())
