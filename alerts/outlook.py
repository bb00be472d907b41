"""What the next pass would do: for those who restored a backup and want to know before anything is sent. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from alerts.chores import intervals
from alerts.models import Alert, Delivery
from alerts.turns import due
from sla.models import Clock


def outlook(now: datetime) -> Iterator[str]:
    """A line for each clock that would be looked at, alert that would go on, chore, and message that would be sent."""
    for clock in Clock.objects.to_wake(now):
        until = "paused" if clock.due_at is None else f"due {_at(clock.due_at)}"
        yield f"look at the {clock.kind} clock of {clock.subject_kind} {clock.subject_id}, {until}"
    unheard = Alert.objects.to_escalate(now).filter(clock__stopped_at=None).order_by("escalate_at", "pk")
    for alert in unheard:
        yield f"escalate alert {alert.pk}: {alert}, unacknowledged since {_at(alert.detected_at)}"
    for name in sorted(due(intervals(), now=now)):
        yield f"do the {name}"
    waiting = Delivery.objects.filter(state=Delivery.State.PENDING, in_digest=False).select_related("alert")
    for delivery in waiting.order_by("next_attempt_at", "pk"):
        about = delivery.subject or (str(delivery.alert) if delivery.alert else delivery.notice)
        when = "now" if delivery.next_attempt_at <= now else f"at {_at(delivery.next_attempt_at)}"
        yield (
            f"send {delivery.notice} {delivery.pk} by {delivery.channel} to {delivery.address} {when}: {about}, "
            f"owed {_at(delivery.created_at)}, {delivery.attempts} attempts so far"
        )


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
