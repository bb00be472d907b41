"""After a clock was moved: alerts that are no longer true are withdrawn.

An event that arrives late, a changed priority or a corrected time can undo a breach. The alert stays as a row, what was
not sent is not sent, and who was told is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from alerts.levels import is_passed, passed_levels, wake_at
from alerts.models import Alert, Delivery
from alerts.operations.owing import Telling, messages
from alerts.preferences import Event
from alerts.routing import Recipient
from sla.models import Clock
from sla.subjects import Candidate

NO_LONGER_TRUE = "no longer true"
HEARD = (Delivery.State.SENT, Delivery.State.JOINED)


def reconcile(clocks: Sequence[Clock], *, now: datetime) -> None:
    """Bring alerts in line with these clocks; the operation that moved them calls it in its transaction.

    The clocks are locked, and as they are stored. One query when there is nothing to do.
    """
    standing: dict[int, list[Alert]] = {clock.pk: [] for clock in clocks}
    for alert in Alert.objects.filter(clock__in=standing).exclude(state=Alert.State.RETRACTED):
        standing[alert.clock_id].append(alert)
    for clock in clocks:
        retract_for(clock, standing[clock.pk], now=now)
        _forget_levels(clock, now=now)


def retract_for(clock: Clock, alerts: Iterable[Alert], *, now: datetime) -> list[Alert]:
    """Withdraw those alerts of a clock that its times no longer bear out."""
    untrue = [alert for alert in alerts if not is_passed(clock, alert.level, now=now)]
    for alert in untrue:
        alert.state = Alert.State.RETRACTED
        alert.escalate_at = None
        alert.save(update_fields=["state", "escalate_at"])
        deliveries = Delivery.objects.filter(alert=alert, round=alert.round, notice=Delivery.Notice.RAISED)
        deliveries.filter(state=Delivery.State.PENDING).update(
            state=Delivery.State.CANCELLED, lease_token=None, lease_until=None, end_reason=NO_LONGER_TRUE
        )
        if alert.is_breach:  # asked only now: a mail may have gone out until the line above held its row
            told = deliveries.filter(Q(state__in=HEARD) | Q(state=Delivery.State.CANCELLED, attempts__gt=0))
            _withdraw(alert, list(told), now=now)
    return untrue


def _withdraw(alert: Alert, told: Sequence[Delivery], *, now: datetime) -> None:
    """Who was told is told, as they want to hear of it; a chat in which the alert stands says so, too."""
    notice = Delivery.Notice.RETRACTED
    recipients = {one.recipient_id or one.address: Recipient(_as_told(one)) for one in told}
    [rows] = messages([Telling(alert, list(recipients.values()), Event.WITHDRAWN, notice)], now=now)
    owed = {(row.channel, row.address) for row in rows}
    for one in told:
        if one.channel == Delivery.Channel.CHAT and (one.channel, one.address) not in owed:
            rows.append(
                Delivery(
                    alert=alert,
                    client_id=alert.client_id,
                    notice=notice,
                    round=alert.round,
                    channel=one.channel,
                    endpoint_id=one.endpoint_id,
                    recipient_id=one.recipient_id,
                    role=one.role,
                    address=one.address,
                    next_attempt_at=now,
                    created_at=now,
                )
            )
    Delivery.objects.bulk_create(rows)


def _forget_levels(clock: Clock, *, now: datetime) -> None:
    """Levels that lie ahead again are due again."""
    highest = max(passed_levels(clock, now=now), default=0)
    if clock.alerted_level > highest:
        clock.alerted_level = highest
        clock.wake_at = wake_at(clock, alerted_level=highest)
        clock.save(update_fields=["alerted_level", "wake_at"])


def _as_told(delivery: Delivery) -> Candidate:
    return Candidate(role=delivery.role, user_id=delivery.recipient_id, name="", address=delivery.address)
