"""The Celery application. It carries: every task calls an operation that finds its own work in the database."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES["filesystem"] = "tamhub.filebroker:Transport"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamhub.settings")

app = Celery("tamhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
