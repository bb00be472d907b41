"""Delivering: claim by lease, send without a transaction, record with a fence.

A process that dies between claim and record costs the delivery one lease; then another takes it up, under the same
Message-ID. More than 20 that wait for their first attempt at one mail address go out as one mail, and stay one row
each.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from alerts import channels, grouping, mail
from alerts.models import Alert, Delivery, DeliveryAttempt, DeliveryQuerySet
from alerts.operations.endpoints import after_failure
from alerts.operations.escalating import tell_instead
from alerts.operations.operators import tell_of_unreachable_duty
from alerts.operations.sweeping import measure_anew_if_possible
from alerts.retries import gives_up, wait_after
from alerts.routing import DUTY
from kernel import retrying
from kernel.clock import Clock, going_on_from
from kernel.failpoints import failpoint
from kernel.locking import lock

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
INSISTS_S = 8.0  # a mail takes 20 s at most; until the lease ends, nobody else touches the delivery
# As many due deliveries are tried for one claim: with several senders the first are often taken already.
CANDIDATES = 10
# As many first attempts at one address go out one by one; if there are more, they share a mail, up to so many in one.
MOST_ALONE = 20
MOST_IN_ONE = 200
# A server that does not answer must not hold up a pass that does other things, too.
LONGEST = timedelta(seconds=60)
SHARED = frozenset({Delivery.Notice.RAISED, Delivery.Notice.WORK})
Outcome = DeliveryAttempt.Outcome


@dataclass(frozen=True)
class DeliverResult:
    """How many deliveries were claimed, and how they went; what is neither sent nor dead is tried again."""

    claimed: int = 0
    sent: int = 0
    dead: int = 0


def deliver(now: datetime, *, limit: int = 50, channel: str | None = None) -> DeliverResult:
    """Send deliveries whose time has come, of one channel or of all, until there are none, `limit` were claimed, or a
    minute has gone; what shares a mail counts for itself. No transaction is open while a mail server is spoken to."""
    clock = going_on_from(now)
    ends: list[str] = []
    while len(ends) < limit and clock() - now < LONGEST and (deliveries := claim(clock(), channel=channel)):
        ends += _attempt(deliveries, clock=clock)
    states = Delivery.State
    return DeliverResult(claimed=len(ends), sent=ends.count(states.SENT), dead=ends.count(states.DEAD))


def claim(at: datetime, *, channel: str | None = None) -> list[Delivery]:
    """Take one due delivery, or those that share a mail, for this worker alone until the lease ends. Empty when nothing
    is due.

    First attempts go before repeated ones; of all channels chat before mail, whose server may hang for longer.
    """
    due = _due(at) if channel is None else _due(at).filter(channel=channel)
    found = list(due.order_by("channel", "attempts", "next_attempt_at", "pk")[: MOST_ALONE + 1])
    is_crowded = len(found) > MOST_ALONE
    for first in found[:CANDIDATES]:
        some = _sharing(first, at=at, is_crowded=is_crowded)
        _settle_after_jump(some, at=at)
        if deliveries := _take(some, group=first.group, at=at):
            return deliveries
    return []


def _due(at: datetime) -> DeliveryQuerySet:
    """With as much of each as claiming needs."""
    columns = "attempts", "group", "channel", "notice", "address", "alert__clock_id", "alert__clock_jump"
    return Delivery.objects.due(at).select_related("alert").only(*columns)


def _sharing(first: Delivery, *, at: datetime, is_crowded: bool) -> list[Delivery]:
    """The deliveries that share a mail with this one, known by one `group`; this one alone, if none do."""
    due = _due(at)
    if first.group is not None:
        return list(due.filter(group=first.group).order_by("pk"))
    is_shared = first.channel == Delivery.Channel.EMAIL and first.notice in SHARED
    if is_crowded and is_shared and first.attempts == 0:
        same = due.filter(attempts=0, group=None, channel=first.channel, notice=first.notice, address=first.address)
        some = list(same.order_by("next_attempt_at", "pk")[:MOST_IN_ONE])
        if len(some) > MOST_ALONE and first in some:
            first.group = uuid.uuid4()
            return some
    return [first]


def _settle_after_jump(some: Sequence[Delivery], *, at: datetime) -> None:
    """Before an alert that was noticed right after a jump of the clock is first told, its clock is measured anew: if it
    is not due any more, the alert is withdrawn, and its messages with it. One that cannot be measured is told."""
    clocks = {one.alert.clock_id for one in some if one.attempts == 0 and one.alert and one.alert.clock_jump}
    measure_anew_if_possible(clocks, now=at)


@transaction.atomic
def _take(some: Sequence[Delivery], *, group: uuid.UUID | None, at: datetime) -> list[Delivery]:
    token = uuid.uuid4()
    mine = Delivery.objects.due(at).filter(pk__in=[one.pk for one in some])
    if len(some) > 1:  # locked in one order, so that two who want the same rows do not wait for each other
        free = lock(mine.order_by("pk"), skip_locked=True)
        mine = Delivery.objects.due(at).filter(pk__in=list(free.values_list("pk", flat=True)))
    taken = mine.update(
        lease_token=token,
        lease_until=at + LEASE,
        attempts=F("attempts") + 1,
        first_attempt_at=Coalesce("first_attempt_at", at),
        group=group,
    )
    if not taken:
        return []
    found = Delivery.objects.filter(pk__in=[one.pk for one in some], lease_token=token)
    deliveries = list(found.select_related("alert__client", "recipient", "endpoint").order_by("pk"))
    repeated = [delivery.pk for delivery in deliveries if delivery.attempts > 1]
    if repeated:  # whoever did not record an end was killed, or its answer got lost
        earlier = DeliveryAttempt.objects.filter(delivery__in=repeated, ended_at=None)
        earlier.update(ended_at=at, outcome=Outcome.UNKNOWN)
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(delivery=delivery, number=delivery.attempts, started_at=at) for delivery in deliveries
    )
    return deliveries


def _attempt(deliveries: Sequence[Delivery], *, clock: Clock) -> list[str]:
    """Send and record; answers the states in which the deliveries are left."""
    envelope = deliveries[0]
    content = None
    try:
        if envelope.recipient is not None and not envelope.recipient.is_active:
            raise mail.NotSent("the recipient no longer works here", mail.Failure.PERMANENT)
        if len(deliveries) > 1:
            envelope = grouping.envelope(deliveries)
        content = channels.render(envelope)
        failpoint("after_claim_before_send")
        channels.send(envelope, content)
        failpoint("after_send_before_commit")
    except mail.NotSent as error:
        return _failed(deliveries, content, error, at=clock())
    except Exception as error:
        if retrying.is_away(error):
            raise
        log.exception("Delivery %s could not be prepared", envelope.pk)
        return _failed(deliveries, content, mail.NotSent(repr(error)), at=clock())
    at = clock()
    sent = partial(_finish, content=content, outcome=Outcome.OK, at=at, state=Delivery.State.SENT, sent_at=at)
    # What is gone cannot be called back: to give up at once because the database is away would send it twice.
    return [retrying.insist(partial(sent, delivery), for_s=INSISTS_S) for delivery in deliveries]


def _failed(
    deliveries: Sequence[Delivery], content: mail.Mail | None, failed: mail.NotSent, *, at: datetime
) -> list[str]:
    """What waits again waits as long for all that share a mail, so that they share the next one, too."""
    longest = max(delivery.attempts for delivery in deliveries)
    again_at = at + max(wait_after(longest), failed.retry_after or timedelta(0))
    is_permanent = failed.failure.is_permanent
    outcome = Outcome.PERMANENT if is_permanent else Outcome.RETRY
    ends = []
    for delivery in deliveries:
        is_last = delivery.role == DUTY and delivery.channel == Delivery.Channel.EMAIL  # after it comes nobody
        columns: dict[str, Any] = {"state": Delivery.State.PENDING, "next_attempt_at": again_at}
        if (is_permanent and not is_last) or gives_up(created_at=delivery.created_at, at=at):
            log.warning("Delivery %s is dead: %s", delivery.pk, failed)
            columns = {"state": Delivery.State.DEAD, "end_reason": str(failed)[:200]}
        ends.append(_finish(delivery, content, outcome, at=at, error=str(failed), **columns))
        after_failure(delivery, failed, is_over=columns["state"] == Delivery.State.DEAD, at=at)
    return ends


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
    if content is not None and delivery.alert_id is not None:  # the words of the others stand from the first
        columns |= {"subject": content.subject, "body": content.text}
    if state == Delivery.State.DEAD and delivery.alert_id:  # alert before delivery: it may be withdrawn at this moment
        delivery.alert = lock(Alert.objects.filter(pk=delivery.alert_id)).get()
    ours = Delivery.objects.filter(pk=delivery.pk, lease_token=delivery.lease_token, state=Delivery.State.PENDING)
    attempt = DeliveryAttempt.objects.filter(delivery=delivery, number=delivery.attempts)
    if not ours.update(state=state, lease_token=None, lease_until=None, **columns):
        outcome, state = Outcome.UNKNOWN, Delivery.State.PENDING
        attempt = attempt.filter(ended_at=None)  # or it is on record already, and only the answer to that was lost
    attempt.update(ended_at=at, outcome=outcome, error=error[:500])
    if state == Delivery.State.DEAD and delivery.alert is not None:
        tell_instead(delivery, delivery.alert, now=at)
        if delivery.role == DUTY and delivery.channel == Delivery.Channel.EMAIL:
            tell_of_unreachable_duty(delivery.address, error, now=at)
    return state
