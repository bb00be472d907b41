"""Taking the turn to do what one process does for all."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from django.db.models import Q

from kernel.models import ProcessBeat


def take_turn(name: str, *, every: timedelta, now: datetime) -> bool:
    """Of all who ask within the interval, exactly one is answered yes. Ask only for what `alerts.turns.due` names."""
    ProcessBeat.objects.bulk_create([ProcessBeat(name=name, pid=os.getpid())], ignore_conflicts=True)
    # Conditions on the row itself: PostgreSQL looks at them again after it waited for another who took it.
    free = Q(pass_started=None) | Q(pass_started__lte=now - every) | Q(pass_started__gte=now + every)
    return bool(ProcessBeat.objects.filter(free, name=name).update(pid=os.getpid(), pass_started=now))
