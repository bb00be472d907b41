"""The invariants between clocks, alerts and deliveries, as queries: `alert_audit` prints what they find.

R1 to R12 are told in docs/alerts.md. Reading only; what can be mended is mended by `operations.repair`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from alerts.levels import LONGEST_BACK_OFF
from alerts.models import LEASE_SANITY, Alert, Delivery, DeliveryAttempt
from alerts.routing import DUTY, Recipient, chain_of, next_recipients
from kernel.models import OutboxEvent
from sla.measure import Measured
from sla.models import Clock
from sla.subjects import owner_of, owners

SWEPT_WITHIN = timedelta(seconds=30)
TRIED_WITHIN = timedelta(seconds=60)
ESCALATED_WITHIN = timedelta(seconds=60)
# Messages that belong to an alert; the others stand for themselves.
ABOUT_ALERTS = (Delivery.Notice.RAISED, Delivery.Notice.RETRACTED)
SEQUENCED_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Violation:
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule} {self.text}"


def violations(now: datetime, *, stopped_too: bool = False, replayed: bool = True) -> Iterator[Violation]:
    """Everything that does not hold at `now`; `stopped_too` replays the stopped clocks as well, `replayed` False none
    (R7 is left out, which costs a replay of every open subject)."""
    for clock in overdue_unswept(now):
        yield Violation("R1", f"clock {clock.pk} was due at {clock.due_at:%Y-%m-%d %H:%M:%S} and was not swept")
    for clock in breached_without_alert():
        yield Violation("R2", f"clock {clock.pk} is breached and has no alert")
    for alert in alerts_without_delivery():
        yield Violation("R3", f"alert {alert.pk} has no delivery")
    for delivery in late_deliveries(now):
        yield Violation("R4", f"delivery {delivery.pk} was due at {delivery.next_attempt_at:%Y-%m-%d %H:%M:%S}")
    for delivery in Delivery.objects.filter(state=Delivery.State.PENDING, lease_until__gt=now + LEASE_SANITY):
        yield Violation("R5", f"delivery {delivery.pk} is leased until {delivery.lease_until:%Y-%m-%d %H:%M:%S}")
    for delivery in sent_without_attempt():
        yield Violation("R6", f"delivery {delivery.pk} is sent without an accepted attempt")
    if replayed:
        yield from differing_clocks(now, stopped_too=stopped_too)
    for delivery in dead_ends():
        yield Violation("R8", f"delivery {delivery.pk} is dead and nobody was told instead")
    for fact in OutboxEvent.objects.filter(position=None, at__lt=now - SEQUENCED_WITHIN):
        yield Violation("R9", f"outbox event {fact.pk} {fact.topic} has no position since {fact.at:%Y-%m-%d %H:%M:%S}")
    for kind, owner in owners():
        for subject_id in owner.open_without_clock():
            yield Violation("R10", f"{kind} {subject_id} is open and has no clock")
    for alert in unheard_alerts(now):
        yield Violation("R11", f"alert {alert.pk} should have gone on at {alert.escalate_at:%Y-%m-%d %H:%M:%S}")
    for delivery in misplaced_deliveries():
        yield Violation("R12", f"delivery {delivery.pk} is a {delivery.notice} and belongs to the wrong thing")


def overdue_unswept(now: datetime) -> QuerySet[Clock]:
    """R1. By the index of `wake_at`: a clock past its deadline has its time to wake behind it, but for errors."""
    running = Clock.objects.filter(wake_at__lte=now + LONGEST_BACK_OFF, state=Clock.State.RUNNING)
    return running.filter(due_at__lt=now - SWEPT_WITHIN)


def breached_without_alert() -> QuerySet[Clock]:
    """R2."""
    standing = Alert.objects.filter(clock=OuterRef("pk"), level=Alert.BREACH).exclude(state=Alert.State.RETRACTED)
    return Clock.objects.filter(~Exists(standing), state=Clock.State.BREACHED).order_by("pk")


def alerts_without_delivery() -> QuerySet[Alert]:
    """R3."""
    owed = Delivery.objects.filter(alert=OuterRef("pk"), round=OuterRef("round"), notice=Delivery.Notice.RAISED)
    return Alert.objects.filter(~Exists(owed), state=Alert.State.OPEN).order_by("pk")


def late_deliveries(now: datetime) -> QuerySet[Delivery]:
    """R4. Due for a minute, and nobody is at it."""
    return Delivery.objects.due(now).filter(next_attempt_at__lt=now - TRIED_WITHIN)


def sent_without_attempt() -> QuerySet[Delivery]:
    """R6."""
    accepted = DeliveryAttempt.objects.filter(delivery=OuterRef("pk"), outcome=DeliveryAttempt.Outcome.OK)
    return Delivery.objects.filter(~Exists(accepted), state=Delivery.State.SENT)


def dead_ends() -> list[Delivery]:
    """R8. Dead, nobody was told instead, and somebody could have been."""
    same = Delivery.objects.filter(alert=OuterRef("alert"), round=OuterRef("round"), notice=OuterRef("notice"))
    later = same.filter(created_at__gt=OuterRef("created_at"))
    is_over = Q(alert__state=Alert.State.RETRACTED) | ~Q(round=F("alert__round"))
    dead = (
        Delivery.objects.filter(~Exists(later), state=Delivery.State.DEAD, alert__isnull=False)
        .exclude(is_over, notice=Delivery.Notice.RAISED)
        .exclude(role=DUTY)
    )
    return [delivery for delivery in dead.select_related("alert") if following(delivery)]


def following(delivery: Delivery) -> list[Recipient]:
    """Who is to be told instead of the recipient of this dead delivery; empty when the whole chain was tried, and when
    another message of the same alert reaches the recipient."""
    alert = delivery.alert
    if alert is None:
        return []
    tried = list(Delivery.objects.filter(alert=alert, round=delivery.round, notice=delivery.notice))
    if any(_reaches_the_same(other, delivery) for other in tried):
        return []
    return next_recipients(
        chain_of(alert.snapshot),
        told={other.address for other in tried},
        told_users={other.recipient_id for other in tried if other.recipient_id is not None},
        duty_address=settings.DUTY_EMAIL,
    )


def _reaches_the_same(other: Delivery, dead: Delivery) -> bool:
    is_on_its_way = other.state in {Delivery.State.PENDING, Delivery.State.SENT} and not other.in_digest
    return is_on_its_way and (other.recipient_id, other.role) == (dead.recipient_id, dead.role)


def unheard_alerts(now: datetime) -> QuerySet[Alert]:
    """R11. Nobody acknowledged them in time, and nobody else was told."""
    return Alert.objects.to_escalate(now - ESCALATED_WITHIN).filter(clock__stopped_at=None).order_by("pk")


def misplaced_deliveries() -> QuerySet[Delivery]:
    """R12. Messages about an alert that name none or another client's, and others that name one."""
    about = Q(notice__in=ABOUT_ALERTS)
    wrong = (about & (Q(alert=None) | ~Q(client=F("alert__client")))) | (~about & Q(alert__isnull=False))
    return Delivery.objects.filter(wrong).order_by("pk")


def differing_clocks(now: datetime, *, stopped_too: bool) -> Iterator[Violation]:
    """R7. Stored clocks that are not what their events say; looked at twice, for events go on meanwhile."""
    clocks = Clock.objects.all() if stopped_too else Clock.objects.open()
    subjects = clocks.order_by("subject_kind", "subject_id").values_list("subject_kind", "subject_id").distinct()
    for kind, subject_id in subjects.iterator():
        found: list[Violation] = []
        for _look in range(2):
            found = list(_differences(kind, subject_id, now=now))
            if not found:
                break
        yield from found


def _differences(kind: str, subject_id: int, *, now: datetime) -> Iterator[Violation]:
    stored = {(c.kind, c.cycle): c for c in Clock.objects.filter(subject_kind=kind, subject_id=subject_id)}
    for measured in owner_of(kind).replay([subject_id], now=now).get(subject_id, []):
        clock = stored.pop((measured.kind, measured.cycle), None)
        if clock is None:
            yield Violation("R7", f"{kind} {subject_id} lacks its {measured.kind} clock {measured.cycle}")
            continue
        for column in _wrong_columns(clock, measured, now=now):
            yield Violation("R7", f"clock {clock.pk} of {kind} {subject_id}: {column} is not what its events say")
    for clock in stored.values():
        yield Violation("R7", f"clock {clock.pk} of {kind} {subject_id} has no events")


def _wrong_columns(clock: Clock, measured: Measured, *, now: datetime) -> Iterable[str]:
    columns = measured.columns(alerted_level=clock.alerted_level)
    if clock.state == Clock.State.RUNNING and clock.alerted_level < Alert.BREACH:
        # Its deadline may have passed a moment ago; if that is longer ago and nobody noticed, it is R1.
        columns |= {"state": clock.state, "breached_at": None}
    due = columns.pop("wake_at")
    wrong = [column for column, value in columns.items() if getattr(clock, column) != value]
    is_put_off = clock.wake_errors > 0 and clock.wake_at is not None and clock.wake_at <= now + LONGEST_BACK_OFF
    if clock.wake_at != due and not is_put_off:
        wrong.append("wake_at")
    return wrong
