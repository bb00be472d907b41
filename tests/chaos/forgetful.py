"""Celery's application as it would be without `task_reject_on_worker_lost`: a killed pool process loses its message."""

from tamhub.celery import app

app.conf.task_reject_on_worker_lost = False
