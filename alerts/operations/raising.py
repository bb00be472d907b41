"""Raising: the alert and what is owed because of it, as rows of one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings

from alerts.levels import loudest, wake_at
from alerts.models import Alert, Delivery
from alerts.routing import chain_of, first_recipients
from kernel import bulk, outbox
from sla.models import Clock
from sla.subjects import Candidate, owner_of


def raise_levels(clock: Clock, levels: Sequence[int], *, now: datetime) -> list[Alert]:
    """Record that these levels were passed; one of them is delivered, the others are kept as overtaken.

    The clock is locked by the caller's transaction, and its columns are true. A level that stands already is passed
    over; one that was withdrawn is raised again. Returns the alerts that are new.
    """
    standing = {alert.level: alert for alert in Alert.objects.filter(clock=clock)}
    fresh = [level for level in levels if level not in standing or standing[level].state == Alert.State.RETRACTED]
    if not fresh:
        return []
    snapshot = _snapshot(clock, now=now)
    told = loudest(fresh)
    raised = []
    for level in fresh:
        alert = standing.get(level)
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
        alert.save()
        if level == told:
            chain = chain_of(snapshot)
            recipients = first_recipients(chain, is_breach=alert.is_breach, duty_address=settings.DUTY_EMAIL)
            owe(alert, recipients, now=now)
        if level == Alert.BREACH:
            _say_breached(clock, alert, now=now)
        raised.append(alert)
    return raised


def raise_breach(clock: Clock, *, now: datetime) -> list[Alert]:
    """The breach of a clock whose alert is missing, although it was swept."""
    if clock.alerted_level < Alert.BREACH:
        clock.alerted_level = Alert.BREACH
        clock.wake_at = wake_at(clock, alerted_level=Alert.BREACH)
        clock.save(update_fields=["alerted_level", "wake_at"])
    return raise_levels(clock, [Alert.BREACH], now=now)


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
        Delivery(
            alert=alert,
            client_id=alert.client_id,
            notice=notice,
            round=round_number or alert.round,
            recipient_id=candidate.user_id,
            role=candidate.role,
            address=candidate.address,
            next_attempt_at=now,
            created_at=now,
        )
        for candidate in recipients
    )


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


def _snapshot(clock: Clock, *, now: datetime) -> dict[str, Any]:
    """What the message says and whom it could go to, as of now: later changes do not rewrite what was sent."""
    owner = owner_of(clock.subject_kind)
    return {
        "target_s": clock.target_s,
        "subject": asdict(owner.describe([clock.subject_id])[clock.subject_id]),
        "chain": [asdict(candidate) for candidate in owner.recipients(clock.subject_id, at=now)],
    }


def _say_breached(clock: Clock, alert: Alert, *, now: datetime) -> None:
    outbox.put(
        "clock.breached",
        key=f"{clock.pk}:{alert.round}",
        payload={"clock": clock.pk, "alert": alert.pk, "subject_kind": clock.subject_kind, "subject": clock.subject_id},
        at=now,
        tenant_id=clock.client_id,
    )
