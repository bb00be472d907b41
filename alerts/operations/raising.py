"""Raising: the alert and what is owed because of it, as rows of one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings

from alerts.levels import loudest, wake_at
from alerts.models import Alert, Delivery
from alerts.routing import chain_of, first_recipients
from kernel import bulk, outbox
from kernel.models import OutboxEvent
from sla.models import Clock
from sla.subjects import Candidate, owner_of

RAISED_AGAIN = ("round", "acked_by", "acked_at", "due_at", "detected_at", "snapshot", "state")


def raise_levels(owed: Iterable[tuple[Clock, Sequence[int]]], *, now: datetime) -> list[Alert]:
    """Record that these levels of these clocks were passed; of each clock one is delivered, the others are kept as
    overtaken.

    The clocks are locked by the caller's transaction, and their columns are true. A level that stands already is
    passed over; one that was withdrawn is raised again. Returns the alerts that are new. However many clocks, the
    number of queries is the same.
    """
    levels_of = {clock: levels for clock, levels in owed if levels}
    standing: dict[tuple[int, int], Alert] = {
        (alert.clock_id, alert.level): alert for alert in Alert.objects.filter(clock__in=levels_of)
    }
    fresh: dict[Clock, list[int]] = {}
    for clock, levels in levels_of.items():
        known = (standing.get((clock.pk, level)) for level in levels)
        new = [
            level
            for level, alert in zip(levels, known, strict=True)
            if alert is None or alert.state == Alert.State.RETRACTED
        ]
        if new:
            fresh[clock] = new
    if not fresh:
        return []
    snapshots = _snapshots(fresh, now=now)
    raised = [
        _raised(clock, level, standing.get((clock.pk, level)), snapshot=snapshots[clock], told=loudest(levels), now=now)
        for clock, levels in fresh.items()
        for level in levels
    ]
    bulk.insert([alert for alert in raised if alert.pk is None])
    bulk.update([alert for alert in raised if alert.round > 1], fields=RAISED_AGAIN)
    bulk.insert([delivery for alert in raised if alert.state == Alert.State.OPEN for delivery in _owed(alert, now=now)])
    outbox.put_many(_breached(alert, now=now) for alert in raised if alert.level == Alert.BREACH)
    return raised


def _raised(
    clock: Clock, level: int, standing: Alert | None, *, snapshot: dict[str, Any], told: int, now: datetime
) -> Alert:
    """The alert as it is to be stored: a new one, or the next round of one that was withdrawn."""
    alert = standing
    if alert is None:
        alert = _alert(clock, level)
    else:
        alert.round += 1
        alert.acked_by = alert.acked_at = None
    assert clock.due_at is not None
    alert.due_at = clock.due_at
    alert.detected_at = now
    alert.snapshot = snapshot
    alert.state = Alert.State.OPEN if level == told else Alert.State.SKIPPED
    return alert


def _owed(alert: Alert, *, now: datetime) -> list[Delivery]:
    """What is to be sent because of a new alert."""
    chain = chain_of(alert.snapshot)
    recipients = first_recipients(chain, is_breach=alert.is_breach, duty_address=settings.DUTY_EMAIL)
    return _deliveries(alert, recipients, now=now, notice=Delivery.Notice.RAISED, round_number=alert.round)


def raise_breach(clock: Clock, *, now: datetime) -> list[Alert]:
    """The breach of a clock whose alert is missing, although it was swept."""
    if clock.alerted_level < Alert.BREACH:
        clock.alerted_level = Alert.BREACH
        clock.wake_at = wake_at(clock, alerted_level=Alert.BREACH)
        clock.save(update_fields=["alerted_level", "wake_at"])
    return raise_levels([(clock, [Alert.BREACH])], now=now)


def owe(
    alert: Alert,
    recipients: Iterable[Candidate],
    *,
    now: datetime,
    notice: str = Delivery.Notice.RAISED,
    round_number: int | None = None,
) -> list[Delivery]:
    """One delivery for each recipient, to be sent at once; of the alert's present round unless told otherwise."""
    return Delivery.objects.bulk_create(
        _deliveries(alert, recipients, now=now, notice=notice, round_number=round_number or alert.round)
    )


def _deliveries(
    alert: Alert, recipients: Iterable[Candidate], *, now: datetime, notice: str, round_number: int
) -> list[Delivery]:
    return [
        Delivery(
            alert=alert,
            client_id=alert.client_id,
            notice=notice,
            round=round_number,
            recipient_id=candidate.user_id,
            role=candidate.role,
            address=candidate.address,
            next_attempt_at=now,
            created_at=now,
        )
        for candidate in recipients
    ]


def record_past(clocks: Iterable[Clock], *, detected_at: datetime) -> None:
    """Breaches from before an import: recorded, so that nothing is owed for them any more, and never sent.

    Takes stored clocks; those that are not breached are passed over. Repeating changes nothing.
    """
    past = {clock.pk: clock for clock in clocks if clock.state == Clock.State.BREACHED}
    standing = Alert.objects.filter(clock__in=past, level=Alert.BREACH)
    for withdrawn in standing.filter(state=Alert.State.RETRACTED):  # true after all, but nobody is told any more
        _lay_in_the_past(withdrawn, past[withdrawn.clock_id], detected_at=detected_at).save()
    known = set(standing.values_list("clock_id", flat=True))
    fresh = [_alert(clock, Alert.BREACH) for clock in past.values() if clock.pk not in known]
    bulk.insert([_lay_in_the_past(alert, past[alert.clock_id], detected_at=detected_at) for alert in fresh])


def _lay_in_the_past(alert: Alert, clock: Clock, *, detected_at: datetime) -> Alert:
    assert clock.due_at is not None
    alert.due_at = clock.due_at
    alert.detected_at = detected_at
    alert.state = Alert.State.PAST
    return alert


def _alert(clock: Clock, level: int) -> Alert:
    return Alert(
        client_id=clock.client_id,
        clock=clock,
        subject_kind=clock.subject_kind,
        subject_id=clock.subject_id,
        kind=clock.kind,
        level=level,
    )


def _snapshots(clocks: Iterable[Clock], *, now: datetime) -> dict[Clock, dict[str, Any]]:
    """What the messages say and whom they could go to, as of now: later changes do not rewrite what was sent."""
    by_kind: dict[str, list[Clock]] = defaultdict(list)
    for clock in clocks:
        by_kind[clock.subject_kind].append(clock)
    found = {}
    for kind, some in by_kind.items():
        owner = owner_of(kind)
        ids = sorted({clock.subject_id for clock in some})
        described = {pk: asdict(about) for pk, about in owner.describe(ids).items()}
        chains = {pk: [asdict(one) for one in chain] for pk, chain in owner.recipients(some, at=now).items()}
        for clock in some:
            about, chain = described[clock.subject_id], chains[clock.pk]
            found[clock] = {"target_s": clock.target_s, "subject": about, "chain": chain}
    return found


def _breached(alert: Alert, *, now: datetime) -> OutboxEvent:
    return outbox.event(
        "clock.breached",
        key=f"{alert.clock_id}:{alert.round}",
        payload={
            "clock": alert.clock_id,
            "alert": alert.pk,
            "subject_kind": alert.subject_kind,
            "subject": alert.subject_id,
        },
        at=now,
        tenant_id=alert.client_id,
    )
