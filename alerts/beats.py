"""Names and ages of the alert processes' pulse."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from kernel.models import ProcessBeat

PREFIX = "alerts:"
REPAIR = "alerts-repair"
HEARTBEAT = "alerts-heartbeat"
PASS_MUST_END_WITHIN = timedelta(seconds=60)


def beat_name(process: str) -> str:
    """One row for each kind of process on each host, so that restarts leave nothing behind."""
    return f"{PREFIX}{os.environ.get('TAMHUB_PROCESS') or process}@{socket.gethostname()}"[:80]


def beats() -> QuerySet[ProcessBeat]:
    return ProcessBeat.objects.filter(name__startswith=PREFIX)


def last_pass() -> datetime | None:
    """When any process last ended a full pass."""
    last: datetime | None = beats().aggregate(last=Max("pass_finished"))["last"]
    return last
