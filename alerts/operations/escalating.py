"""Going on to whoever comes next: because a message is dead, or because nobody acknowledges the alert."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from alerts import audit
from alerts.models import Alert, Delivery
from alerts.operations.owing import owe
from alerts.operations.raising import escalates_at, next_in_line
from alerts.preferences import Event
from kernel import history, retrying
from kernel.locking import lock
from sla.models import Clock

log = logging.getLogger(__name__)

# An alert whose escalation failed is tried again after this, and holds up no other.
AGAIN_AFTER = timedelta(seconds=60)


def tell_instead(delivery: Delivery, alert: Alert, *, now: datetime) -> list[Delivery]:
    """A dead delivery: whoever comes next in the alert's chain is told at once; the duty mailbox in the end.

    The alert is locked by the caller's transaction.
    """
    is_over = alert.state == Alert.State.RETRACTED or alert.round != delivery.round
    if is_over and delivery.notice == Delivery.Notice.RAISED:
        return []
    following = audit.following(delivery)
    return owe(alert, following, now=now, notice=delivery.notice, round_number=delivery.round)


def escalate_unheard(now: datetime, *, limit: int = 200) -> int:
    """Alerts that nobody acknowledged in time, the longest waiting first; how many went on to somebody."""
    due = Alert.objects.to_escalate(now).order_by("escalate_at", "pk")
    escalated = 0
    for alert_id in list(due.values_list("pk", flat=True)[:limit]):
        try:
            escalated += bool(_go_on(alert_id, now=now))
        except Exception as error:
            if retrying.is_away(error):
                raise
            log.exception("Alert %s could not be escalated", alert_id)
            Alert.objects.to_escalate(now).filter(pk=alert_id).update(escalate_at=now + AGAIN_AFTER)
    return escalated


@transaction.atomic
def _go_on(alert_id: int, *, now: datetime) -> Sequence[Delivery]:
    """One step of one alert; none if another process has it, if somebody acknowledged it, or its clock has stopped."""
    alert = lock(Alert.objects.to_escalate(now).filter(pk=alert_id), skip_locked=True).first()
    if alert is None:
        return []
    alert.clock = Clock.objects.get(pk=alert.clock_id)
    told = list(Delivery.objects.filter(alert=alert, round=alert.round, notice=Delivery.Notice.RAISED))
    following = next_in_line(alert, told) if alert.clock.stopped_at is None else []
    rows = owe(alert, following, now=now, event=Event.ESCALATED)
    alert.escalate_at = escalates_at(alert, rows, told=told, now=now) if rows else None
    alert.escalations += bool(rows)
    alert.save(update_fields=["escalate_at", "escalations"])
    if rows:
        people = ", ".join(dict.fromkeys(one.candidate.name or one.candidate.address for one in following))
        changes = {"escalations": [alert.escalations - 1, alert.escalations]}
        history.record(alert, "escalated", actor=None, at=now, tenant_id=alert.client_id, changes=changes, text=people)
    return rows
