"""Alerts follow their clocks when events arrive late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.models import Alert, Delivery
from sla.models import Clock


def reconcile(clocks: Sequence[Clock], *, now: datetime) -> None:
    """Retract the breach of a clock that, as it turned out, was stopped in time; what was not sent yet is cancelled.

    Called by the operation that moved the clocks, in its transaction.
    """
    in_time = [clock.pk for clock in clocks if clock.breached_at is None]
    alerts = list(
        Alert.objects.filter(clock__in=in_time, level__gte=Alert.BREACH, state__in=[Alert.State.OPEN, Alert.State.ACKED])
    )
    if alerts:
        Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(state=Alert.State.RETRACTED)
        Delivery.objects.filter(alert__in=alerts, state=Delivery.State.PENDING).update(
            state=Delivery.State.CANCELLED, end_reason="the deadline was kept after all", lease_token=None, lease_until=None
        )
