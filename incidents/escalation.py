"""The escalation of an incident: who was told of which clock and when, and who is told next. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.ladders import named_users, steps_of, told_level
from alerts.models import Alert, Delivery
from alerts.operations.raising import next_in_line
from alerts.routing import DUTY, Recipient, first_recipients
from alerts.words import role_label
from departments.models import Department
from incidents.clocknames import clock_name
from incidents.models import Incident
from incidents.recipients import candidates_of
from kernel.templatetags.ui import duration
from sla.measure import epoch, instant
from sla.models import Clock, Priority
from sla.replay import wake_instants
from sla.subjects import Candidate
from sla.terms import business_calendar, terms_of


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody on a rung. `delivery` is how the message went; without one it is still to come, at `at`."""

    name: str
    role: str
    at: datetime | None
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """A level of a clock, reached or to come (`is_ahead`), or the next in line after nobody took an alert."""

    label: str
    at: datetime
    people: tuple[Told, ...]
    is_ahead: bool = False
    acked_by: User | None = None
    is_retracted: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one clock, from the first to the last."""

    name: str
    rungs: tuple[Rung, ...]
    is_paused: bool
    is_promised: bool


def ladders_of(
    incident: Incident,
    clocks: Sequence[Clock],
    alerts: Iterable[Alert],
    *,
    hops: Mapping[int, Department],
    now: datetime,
) -> list[Ladder]:
    """Of each promise that is open or had an alert, and of what departments and vendors owe us while it is open.
    `alerts` are all of the incident's, with their deliveries.

    Who is told next costs a constant number of queries, and none where nothing is to come.
    """
    clocks = [clock for clock in clocks if clock.is_promised or clock.stopped_at is None]
    by_clock: dict[int, list[Alert]] = {}
    for alert in alerts:
        by_clock.setdefault(alert.clock_id, []).append(alert)
    ahead = {clock.pk: _levels_ahead(clock, incident.priority, now=now) for clock in clocks}
    coming = [clock for clock in clocks if ahead[clock.pk]]
    named = named_users(terms_of(clock.policy_version_id) for clock in coming)
    chains = candidates_of(coming, at=now, named=named) if coming else {}
    found = []
    for clock in clocks:
        rungs = [*_rungs_told(by_clock.get(clock.pk, ()))]
        rungs += _rungs_ahead(clock, incident.priority, ahead[clock.pk], chains.get(clock.pk, ()))
        if rungs:
            is_paused = clock.state == Clock.State.PAUSED
            rungs.sort(key=lambda one: one.at)
            found.append(Ladder(clock_name(clock, hops), tuple(rungs), is_paused, clock.is_promised))
    return found


def _rungs_told(alerts: Iterable[Alert]) -> Iterator[Rung]:
    """What was told, and whoever is next if nobody takes it."""
    for alert in alerts:
        deliveries = list(alert.deliveries.all())
        people = tuple(
            Told(str(one.recipient or _mailbox(one.address)), role_label(one.role), one.sent_at, one)
            for one in deliveries
            if one.notice == Delivery.Notice.RAISED
        )
        yield Rung(
            label=f"{alert.level}%",
            at=alert.detected_at,
            people=people,
            acked_by=alert.acked_by,
            is_retracted=alert.state == Alert.State.RETRACTED,
        )
        if alert.state == Alert.State.OPEN and alert.escalate_at is not None:
            following = next_in_line(alert, deliveries)
            yield Rung(
                label=_("+%(time)s") % {"time": duration(alert.escalate_at - alert.detected_at)},
                at=alert.escalate_at,
                people=tuple(_to_be_told(one, alert.escalate_at) for one in following),
                is_ahead=True,
            )


def _levels_ahead(clock: Clock, priority: str, *, now: datetime) -> list[tuple[int, int]]:
    """(level, epoch second) of what a counting clock has yet to pass and somebody is told of."""
    if clock.running_since is None or clock.due_at is None:
        return []
    instants = _instants(clock)
    terms = terms_of(clock.policy_version_id)
    return [
        (level, at)
        for level, at in instants
        if at > epoch(now) and told_level(terms, [level], instants=instants, priority=priority) is not None
    ]


def _rungs_ahead(
    clock: Clock, priority: str, levels: Sequence[tuple[int, int]], chain: Sequence[Candidate]
) -> Iterator[Rung]:
    terms, instants = terms_of(clock.policy_version_id), _instants(clock) if levels else []
    for level, at in levels:
        recipients = first_recipients(
            chain,
            is_breach=level >= Alert.BREACH,
            duty_address=settings.DUTY_EMAIL,
            steps=steps_of(terms, level, instants=instants, priority=priority),
            is_urgent=priority == Priority.P1,
        )
        people = tuple(_to_be_told(one, instant(at)) for one in recipients)
        yield Rung(label=f"{level}%", at=instant(at), people=people, is_ahead=True)


def _instants(clock: Clock) -> list[tuple[int, int]]:
    assert clock.running_since is not None
    assert clock.due_at is not None
    return wake_instants(
        running_since=epoch(clock.running_since),
        elapsed_s=clock.elapsed_s,
        target_s=clock.target_s,
        due_at=epoch(clock.due_at),
        thresholds=terms_of(clock.policy_version_id).thresholds,
        calendar=business_calendar(clock.calendar_version_id),
    )


def _to_be_told(recipient: Recipient, at: datetime) -> Told:
    candidate = recipient.candidate
    waits = recipient.not_before
    later = waits if waits is not None and waits > at else at
    name = candidate.name or _mailbox(candidate.address)
    return Told(name, "" if candidate.role == DUTY else role_label(candidate.role), later)


def _mailbox(address: str) -> str:
    return address or _("Duty mailbox")
