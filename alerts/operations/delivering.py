"""Delivering: claim by lease, send without a transaction, record with a fence.

A process that dies between claim and record costs the delivery one lease; then another takes it up, under the same
Message-ID.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from alerts import audit, channels, mail
from alerts.models import Alert, Delivery, DeliveryAttempt
from alerts.operations.owing import owe
from alerts.retries import gives_up, wait_after
from alerts.routing import DUTY
from kernel.clock import Clock, going_on_from
from kernel.failpoints import failpoint
from kernel.locking import lock

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
# As many due deliveries are looked at for one claim: with several senders the first are often taken already.
CANDIDATES = 10
Outcome = DeliveryAttempt.Outcome


@dataclass(frozen=True)
class DeliverResult:
    """How many deliveries were claimed, and how they went; what is neither sent nor dead is tried again."""

    claimed: int = 0
    sent: int = 0
    dead: int = 0


def deliver(now: datetime, *, limit: int = 50) -> DeliverResult:
    """Send up to `limit` deliveries whose time has come. No transaction is open while a mail server is spoken to."""
    clock = going_on_from(now)
    ends: list[str] = []
    while len(ends) < limit and (delivery := claim(clock())) is not None:
        ends.append(_attempt(delivery, clock=clock))
    states = Delivery.State
    return DeliverResult(claimed=len(ends), sent=ends.count(states.SENT), dead=ends.count(states.DEAD))


def claim(at: datetime) -> Delivery | None:
    """Take one due delivery for this worker alone until its lease ends; first attempts go before repeated ones."""
    due = Delivery.objects.due(at)
    for delivery_id in due.order_by("attempts", "next_attempt_at", "pk").values_list("pk", flat=True)[:CANDIDATES]:
        delivery = _take(delivery_id, at=at)
        if delivery is not None:
            return delivery
    return None


@transaction.atomic
def _take(delivery_id: int, *, at: datetime) -> Delivery | None:
    token = uuid.uuid4()
    taken = (
        Delivery.objects.due(at)
        .filter(pk=delivery_id)
        .update(
            lease_token=token,
            lease_until=at + LEASE,
            attempts=F("attempts") + 1,
            first_attempt_at=Coalesce("first_attempt_at", at),
        )
    )
    if not taken:
        return None
    delivery = Delivery.objects.select_related("alert__client", "recipient", "endpoint").get(pk=delivery_id)
    if delivery.attempts > 1:  # whoever did not record an end was killed, or its answer got lost
        earlier = DeliveryAttempt.objects.filter(delivery=delivery, ended_at=None)
        earlier.update(ended_at=at, outcome=Outcome.UNKNOWN)
    DeliveryAttempt.objects.create(delivery=delivery, number=delivery.attempts, started_at=at)
    return delivery


def _attempt(delivery: Delivery, *, clock: Clock) -> str:
    """Send and record; answers the state in which the delivery is left."""
    content = None
    try:
        if delivery.recipient is not None and not delivery.recipient.is_active:
            raise mail.NotSent("the recipient no longer works here", mail.Failure.PERMANENT)
        content = channels.render(delivery)
        failpoint("after_claim_before_send")
        channels.send(delivery, content)
        failpoint("after_send_before_commit")
    except mail.NotSent as error:
        return _failed(delivery, content, error, at=clock())
    except Exception as error:
        log.exception("Delivery %s could not be prepared", delivery.pk)
        return _failed(delivery, content, mail.NotSent(repr(error)), at=clock())
    at = clock()
    return _finish(delivery, content, Outcome.OK, at=at, state=Delivery.State.SENT, sent_at=at)


def _failed(delivery: Delivery, content: mail.Mail | None, failed: mail.NotSent, *, at: datetime) -> str:
    error, is_permanent = str(failed), failed.failure.is_permanent
    is_last = delivery.role == DUTY and delivery.channel == Delivery.Channel.EMAIL  # after it comes nobody
    outcome = Outcome.PERMANENT if is_permanent else Outcome.RETRY
    if (is_permanent and not is_last) or gives_up(created_at=delivery.created_at, at=at):
        log.warning("Delivery %s is dead: %s", delivery.pk, error)
        return _finish(
            delivery, content, outcome, at=at, error=error, state=Delivery.State.DEAD, end_reason=error[:200]
        )
    again_at = at + max(wait_after(delivery.attempts), failed.retry_after or timedelta(0))
    return _finish(
        delivery, content, outcome, at=at, error=error, state=Delivery.State.PENDING, next_attempt_at=again_at
    )


@transaction.atomic
def _finish(
    delivery: Delivery,
    content: mail.Mail | None,
    outcome: DeliveryAttempt.Outcome,
    *,
    at: datetime,
    state: str,
    error: str = "",
    **columns: Any,
) -> str:
    """The fence: only who still holds the lease records an end; whoever lost it cannot know how it ended."""
    if content is not None:
        columns |= {"subject": content.subject, "body": content.text}
    if state == Delivery.State.DEAD and delivery.alert_id:  # alert before delivery: it may be withdrawn at this moment
        delivery.alert = lock(Alert.objects.filter(pk=delivery.alert_id)).get()
    ours = Delivery.objects.filter(pk=delivery.pk, lease_token=delivery.lease_token, state=Delivery.State.PENDING)
    if not ours.update(state=state, lease_token=None, lease_until=None, **columns):
        outcome, state = Outcome.UNKNOWN, Delivery.State.PENDING
    attempt = DeliveryAttempt.objects.filter(delivery=delivery, number=delivery.attempts)
    attempt.update(ended_at=at, outcome=outcome, error=error[:500])
    if state == Delivery.State.DEAD and delivery.alert_id:
        escalate(delivery, now=at)
    return state


def escalate(delivery: Delivery, *, now: datetime) -> list[Delivery]:
    """A dead delivery: whoever comes next in the alert's chain is told at once; the duty mailbox in the end."""
    alert = delivery.alert
    is_over = alert.state == Alert.State.RETRACTED or alert.round != delivery.round
    if is_over and delivery.notice == Delivery.Notice.RAISED:
        return []
    return owe(alert, audit.following(delivery), now=now, notice=delivery.notice, round_number=delivery.round)
