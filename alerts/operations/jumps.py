"""After the database's clock jumped: what was recorded or put off by the wrong time is brought in line.

What is noticed right after a jump is recorded and marked, and told half a minute later at the earliest; before it is
first sent, its clock is measured anew (`delivering`). So a clock that is set right within that time wakes nobody.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from alerts.levels import LONGEST_BACK_OFF
from alerts.models import Alert, Delivery
from alerts.operations.operators import tell_of_jump
from alerts.operations.sweeping import measure_anew_if_possible
from sla.models import Clock

log = logging.getLogger(__name__)


def note_jump(jump: timedelta, *, now: datetime) -> None:
    """The operators are told; after a jump backwards, nothing waits for a time that was never reached."""
    log.error("The database's clock jumped by %d seconds", jump.total_seconds())
    tell_of_jump(jump, now=now)
    if jump < timedelta(0):
        come_back(now)


def come_back(now: datetime) -> None:
    """Take back what the future told: alerts not due yet, waits that count from it. Leases look after themselves."""
    Clock.objects.filter(wake_errors__gt=0, wake_at__gt=now + LONGEST_BACK_OFF).update(wake_at=now)
    early = Alert.objects.filter(detected_at__gt=now).exclude(state__in=(Alert.State.PAST, Alert.State.RETRACTED))
    measure_anew_if_possible(early.order_by("clock").values_list("clock", flat=True).distinct(), now=now)
    for alert in early.filter(escalate_at__isnull=False):
        assert alert.escalate_at is not None
        Alert.objects.filter(pk=alert.pk, escalate_at=alert.escalate_at).update(
            escalate_at=now + (alert.escalate_at - alert.detected_at)
        )
    ahead = Q(created_at__gt=now) | Q(first_attempt_at__gt=now)
    waiting = Delivery.objects.filter(ahead, state=Delivery.State.PENDING, in_digest=False, next_attempt_at__gt=now)
    waiting.update(next_attempt_at=now)
