"""Raising: the alert and what is owed because of it, as rows of one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from alerts.ladders import escalates_after, named_users, steps_of, told_level
from alerts.levels import wake_at
from alerts.models import Alert, Delivery
from alerts.operations.owing import Telling, messages, owe, priority_of
from alerts.preferences import URGENT, event_of
from alerts.routing import Recipient, chain_of, first_recipients, next_recipients
from kernel import bulk, outbox
from kernel.models import OutboxEvent
from sla.ladder import Step
from sla.models import Clock
from sla.subjects import owner_of
from sla.terms import terms_of

RAISED_AGAIN = (
    *("round", "acked_by", "acked_at", "due_at", "detected_at", "snapshot", "state", "escalate_at", "escalations"),
    "clock_jump",
)
# After the clock of the machine has jumped, messages wait so long, in case it jumps back.
SETTLES_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True)
class Passed:
    """Levels that a clock passed; `instants` has all its levels, (percent, epoch second), those ahead, too."""

    clock: Clock
    levels: Sequence[int]
    instants: Sequence[tuple[int, int]] = ()


def raise_levels(owed: Iterable[Passed], *, now: datetime, after_jump: bool = False) -> list[Alert]:
    """Record that these levels of these clocks were passed; of each clock one is told, the others are kept as
    overtaken.

    The clocks are locked by the caller's transaction, and their columns are true. A level that stands already is
    passed over; one that was withdrawn is raised again. `after_jump`: time has just jumped, so the messages wait until
    it has settled. Returns the alerts that are new. However many clocks, the number of queries is the same.
    """
    some = {passed.clock: passed for passed in owed if passed.levels}
    by_id = {clock.pk: clock for clock in some}
    standing: dict[Clock, dict[int, Alert]] = {clock: {} for clock in some}
    for alert in Alert.objects.filter(clock__in=some):
        alert.clock = by_id[alert.clock_id]
        standing[alert.clock][alert.level] = alert
    fresh: dict[Clock, list[int]] = {}
    for clock, passed in some.items():
        settled = {level for level, alert in standing[clock].items() if alert.state != Alert.State.RETRACTED}
        new = [level for level in passed.levels if level not in settled]
        if new:
            fresh[clock] = new
    if not fresh:
        return []
    snapshots = _snapshots(fresh, now=now)
    raised: list[Alert] = []
    told: list[Telling] = []
    for clock, levels in fresh.items():
        terms, instants = terms_of(clock.policy_version_id), some[clock].instants
        priority = snapshots[clock]["subject"]["priority"]
        loudest = told_level(terms, levels, instants=instants, priority=priority)
        for level in levels:
            alert = _raised(clock, level, standing[clock].get(level), snapshot=snapshots[clock], now=now)
            alert.clock_jump = after_jump
            if level == loudest:
                alert.state = Alert.State.OPEN
                steps = steps_of(terms, level, instants=instants, priority=priority)
                told.append(Telling(alert, recipients_of(alert, steps=steps), event_of(level)))
            raised.append(alert)
    rows = messages(told, now=now, not_before=now + SETTLES_WITHIN if after_jump else now)
    for telling, deliveries in zip(told, rows, strict=True):
        telling.alert.escalate_at = escalates_at(telling.alert, deliveries, now=now)
    bulk.insert([alert for alert in raised if alert.round == 1])
    bulk.update([alert for alert in raised if alert.round > 1], fields=RAISED_AGAIN)
    for telling, deliveries in zip(told, rows, strict=True):
        for delivery in deliveries:
            delivery.alert = telling.alert
    bulk.insert([delivery for deliveries in rows for delivery in deliveries])
    _take_over(told, standing)
    outbox.put_many(_breached(alert, now=now) for alert in raised if alert.level == Alert.BREACH)
    return raised


def _raised(clock: Clock, level: int, standing: Alert | None, *, snapshot: dict[str, Any], now: datetime) -> Alert:
    """The alert as it is to be stored if it is told to nobody: a new one, or the next round of one that was
    withdrawn."""
    alert = standing
    if alert is None:
        alert = _alert(clock, level)
    else:
        alert.round += 1
        alert.acked_by = alert.acked_at = alert.escalate_at = None
        alert.escalations = 0
    assert clock.due_at is not None
    alert.due_at = clock.due_at
    alert.detected_at = now
    alert.snapshot = snapshot
    alert.state = Alert.State.SKIPPED
    return alert


def _take_over(told: Iterable[Telling], standing: Mapping[Clock, Mapping[int, Alert]]) -> None:
    """What goes on to others is the loudest alert of a clock; those before it are not escalated any more."""
    waiting = [
        before.pk
        for telling in told
        for before in standing[telling.alert.clock].values()
        if before.escalate_at is not None and before is not telling.alert
    ]
    if waiting:
        Alert.objects.filter(pk__in=waiting).update(escalate_at=None)


def recipients_of(alert: Alert, *, steps: Sequence[Step]) -> list[Recipient]:
    """Whom an alert is told to first."""
    return first_recipients(
        chain_of(alert.snapshot),
        is_breach=alert.is_breach,
        duty_address=settings.DUTY_EMAIL,
        steps=steps,
        is_urgent=priority_of(alert) == URGENT,
    )


def escalates_at(
    alert: Alert, deliveries: Sequence[Delivery], *, now: datetime, told: Sequence[Delivery] = ()
) -> datetime | None:
    """When an alert of which these messages were just owed, after those `told` before, goes on to whoever comes next
    if nobody acknowledges it.

    None: never, or nobody comes next. It counts from when the first message goes out.
    """
    wait = escalates_after(
        terms_of(alert.clock.policy_version_id), alert.kind, level=alert.level, priority=priority_of(alert)
    )
    if wait is None or not next_in_line(alert, [*told, *deliveries]):
        return None
    first = [row.next_attempt_at for row in deliveries if row.state == Delivery.State.PENDING and not row.in_digest]
    return min(first, default=now) + wait


def next_in_line(alert: Alert, told: Iterable[Delivery]) -> list[Recipient]:
    """Who comes after those whom these deliveries went to, told or tried; empty when the whole chain was."""
    rows = list(told)
    return next_recipients(
        chain_of(alert.snapshot),
        told={row.address for row in rows},
        told_users={row.recipient_id for row in rows if row.recipient_id is not None},
        duty_address=settings.DUTY_EMAIL,
    )


def raise_breach(clock: Clock, *, now: datetime) -> list[Alert]:
    """The breach of a clock whose alert is missing, although it was swept."""
    if clock.alerted_level < Alert.BREACH:
        clock.alerted_level = Alert.BREACH
        clock.wake_at = wake_at(clock, alerted_level=Alert.BREACH)
        clock.save(update_fields=["alerted_level", "wake_at"])
    return raise_levels([Passed(clock, [Alert.BREACH])], now=now)


def owe_first(alert: Alert, *, now: datetime) -> list[Delivery]:
    """What an open alert should have led to and did not."""
    terms = terms_of(alert.clock.policy_version_id)
    steps = steps_of(terms, alert.level, instants=(), priority=priority_of(alert))
    return owe(alert, recipients_of(alert, steps=steps), now=now)


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
        described, stale = owner.describe(ids), owner.stale_since(ids, at=now)
        named = named_users(terms_of(clock.policy_version_id) for clock in some)
        candidates = owner.recipients(some, at=now, named=named)
        for clock in some:
            found[clock] = {
                "target_s": clock.target_s,
                "subject": asdict(described[clock.subject_id]),
                "chain": [asdict(candidate) for candidate in candidates[clock.pk]],
                "stale_since": _stored(stale.get(clock.subject_id)),
                "late_by_change_at": _stored(clock.late_by_change_at),
            }
    return found


def _stored(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


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
