"""Owing messages: what is to be sent to whom over which channel, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts.models import User
from alerts.models import Alert, Delivery
from alerts.preferences import Event, Planned, event_of, plan_for_duty, planned, wishes_of
from alerts.routing import DUTY, ON_DUTY, Recipient, chain_of, duty_mailbox
from sla.subjects import Candidate

NOT_WANTED = "the recipient wants no messages of this kind"


@dataclass(frozen=True)
class Telling:
    """An alert, whom to tell of it, and as what they know the event (`alerts.preferences`)."""

    alert: Alert
    recipients: Sequence[Recipient]
    event: str
    notice: str = Delivery.Notice.RAISED
    round_number: int | None = None


def messages(tellings: Sequence[Telling], *, now: datetime, not_before: datetime | None = None) -> list[list[Delivery]]:
    """What each telling leads to by its recipients' wishes. Nothing is stored yet; the alerts need not be, either.

    At most seven queries. Of a breach somebody hears at once: if all its messages waited, who is on duty does, else
    the duty mailbox. `not_before` holds back every message.
    """
    ways = _Ways(tellings, now=now)
    found = []
    for telling in tellings:
        rows = [row for one in telling.recipients for row in _deliveries(telling, one, ways, now=now)]
        is_breach = telling.alert.is_breach and telling.notice == Delivery.Notice.RAISED
        if rows and is_breach and not _is_any_at_once(rows, now=now):
            known = {_place(row) for row in rows}
            called = [row for one in _at_once(telling.alert) for row in _deliveries(telling, one, ways, now=now)]
            rows += [row for row in called if _place(row) not in known]
        for row in rows:
            row.next_attempt_at = max(row.next_attempt_at, not_before or now)
        found.append(once_a_place(rows))
    return found


def owe(
    alert: Alert,
    recipients: Iterable[Recipient],
    *,
    now: datetime,
    event: str = "",
    notice: str = Delivery.Notice.RAISED,
    round_number: int | None = None,
) -> list[Delivery]:
    """Store what is to be sent to these recipients of a stored alert, of its present round unless told otherwise.
    What is owed already is not owed twice."""
    telling = Telling(alert, list(recipients), event or event_of(alert.level), notice, round_number)
    [rows] = messages([telling], now=now)
    owed = Delivery.objects.filter(alert=alert, round=round_number or alert.round, notice=notice)
    known = set(owed.values_list("channel", "address")) if rows else set()
    return Delivery.objects.bulk_create(row for row in rows if (row.channel, row.address) not in known)


def owe_operator(subject: str, body: str, *, key: str, now: datetime) -> None:
    """A message to the duty mailbox and the duty's chats; about the same `key` once a day, however often one asks."""
    rows = [
        Delivery(
            notice=Delivery.Notice.OPERATOR,
            channel=way.channel,
            endpoint=way.endpoint,
            address=way.address,
            role=DUTY,
            next_attempt_at=now,
            created_at=now,
            subject=subject[:300],
            body=body,
            key=f"{key[:100]} {now:%Y-%m-%d}",
        )
        for way in plan_for_duty(now=now)
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


class _Ways:
    """How messages reach the people of some tellings, their wishes read once for all."""

    def __init__(self, tellings: Iterable[Telling], *, now: datetime) -> None:
        everybody: set[int] = set()
        for telling in tellings:
            called = (*(one.candidate for one in telling.recipients), *_on_duty(telling.alert))
            everybody |= {candidate.user_id for candidate in called if candidate.user_id is not None}
        self._now = now
        self._wishes = wishes_of(User.objects.filter(pk__in=everybody), at=now) if everybody else {}
        self._duty: list[Planned] | None = None

    def reachable(self, candidate: Candidate) -> Candidate:
        """The candidate, or the duty mailbox instead of somebody who was deleted since the alert was raised."""
        is_there = candidate.user_id is None or candidate.user_id in self._wishes
        return candidate if is_there else duty_mailbox(settings.DUTY_EMAIL)

    def to(self, candidate: Candidate, event: str, *, priority: str) -> list[Planned]:
        if candidate.user_id is None:
            if self._duty is None:
                self._duty = plan_for_duty(now=self._now)
            return self._duty
        if candidate.role == ON_DUTY:
            event = Event.DUTY
        return planned(self._wishes[candidate.user_id], event, priority=priority, now=self._now)


def _deliveries(telling: Telling, recipient: Recipient, ways: _Ways, *, now: datetime) -> list[Delivery]:
    """One a way; if the recipient wants none, one that is cancelled from the first, so that the log says why."""
    alert, candidate = telling.alert, ways.reachable(recipient.candidate)
    not_before = recipient.not_before or now

    def delivery(way: Planned) -> Delivery:
        return Delivery(
            alert=alert,
            client_id=alert.client_id,
            notice=telling.notice,
            round=telling.round_number or alert.round,
            channel=way.channel,
            endpoint=way.endpoint,
            recipient_id=candidate.user_id,
            role=candidate.role,
            address=way.address,
            next_attempt_at=max(way.not_before, not_before),
            in_digest=way.digest,
            created_at=now,
        )

    found = [delivery(way) for way in ways.to(candidate, telling.event, priority=priority_of(alert))]
    if not found:
        unwanted = delivery(Planned(Delivery.Channel.EMAIL, None, candidate.address, now))
        unwanted.state, unwanted.end_reason = Delivery.State.CANCELLED, NOT_WANTED
        found = [unwanted]
    return found


def priority_of(alert: Alert) -> str:
    """The subject's priority when the alert was raised."""
    return str(alert.snapshot.get("subject", {}).get("priority", ""))


def _place(row: Delivery) -> tuple[str, str]:
    return row.channel, row.address.casefold()


def once_a_place(rows: Iterable[Delivery]) -> list[Delivery]:
    """Several recipients may lead to one address: the duty's, or one that people share. It gets what comes first."""
    found: dict[tuple[str, str], Delivery] = {}
    for row in rows:
        known = found.setdefault(_place(row), row)
        if _wait(row) < _wait(known):
            found[_place(row)] = row
    return list(found.values())


def _wait(row: Delivery) -> tuple[bool, bool, datetime]:
    return row.state != Delivery.State.PENDING, row.in_digest, row.next_attempt_at


def _is_any_at_once(rows: Iterable[Delivery], *, now: datetime) -> bool:
    states = Delivery.State
    return any(row.state == states.PENDING and not row.in_digest and row.next_attempt_at <= now for row in rows)


def _at_once(alert: Alert) -> list[Recipient]:
    called = _on_duty(alert) or [duty_mailbox(settings.DUTY_EMAIL)]
    return [Recipient(candidate) for candidate in called]


def _on_duty(alert: Alert) -> list[Candidate]:
    return [one for one in chain_of(alert.snapshot) if one.role == ON_DUTY and not one.skipped]
