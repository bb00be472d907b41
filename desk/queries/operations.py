"""Does the system run? What those who keep it running want to see at a glance; a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef
from django.utils import timezone

from alerts import audit
from alerts.beats import HEARTBEAT, PASS_MUST_END_WITHIN, PREFIX, REPAIR
from alerts.chores import PREFIX as CHORE
from alerts.chores import intervals
from alerts.filters import INCIDENT
from alerts.health import vitals
from alerts.levels import LONGEST_BACK_OFF
from alerts.models import Alert, Delivery, NotificationHours
from incidents.models import EventKind, IncidentEvent
from kernel.clock import database_now
from kernel.models import IdempotencyKey, OutboxCursor, OutboxEvent, ProcessBeat
from quality.operations import CONSUMER
from sla.models import Clock
from sla.subjects import Description, owner_of

# What was late is looked for among so many of the newest alerts.
NEWEST = 10_000
LATE = timedelta(seconds=60)
SINCE = timedelta(days=30)
MOST_POISONED = 10
MOST_VIOLATIONS = 50
# So many open clocks are replayed while somebody waits for the page.
MOST_REPLAYED = 2000


@dataclass(frozen=True)
class Process:
    """The pulse of a process, or of a chore, done `every` so often. `figures` are what its last pass saw and did."""

    name: str
    kind: str
    last_end: datetime | None
    took: timedelta | None
    figures: dict[str, Any]
    every: timedelta | None = None


@dataclass(frozen=True)
class Poisoned:
    """A clock that could not be dealt with, again and again."""

    clock: Clock
    about: Description | None


@dataclass(frozen=True)
class Operations:
    """Ages in seconds, 0 where nothing waits. `drift_s`: how much the database's clock is ahead of this machine's."""

    now: datetime
    overdue_s: int
    pending_s: int
    drift_s: float
    late_alerts: int
    dead: int
    pending: int
    processes: tuple[Process, ...]
    unplaced: int
    unplaced_s: int
    rollups_behind: int
    rollups_behind_s: int
    oldest_key_at: datetime | None
    last_digest_on: date | None
    poisoned: tuple[Poisoned, ...]

    @property
    def last_pass(self) -> datetime | None:
        """When any alert process ended a full pass."""
        return max((one.last_end for one in self.processes if one.kind == "alerts" and one.last_end), default=None)

    @property
    def last_pass_s(self) -> int | None:
        return None if self.last_pass is None else age(self.last_pass, self.now)

    @property
    def has_passes(self) -> bool:
        return self.last_pass is not None and self.now - self.last_pass <= PASS_MUST_END_WITHIN


@dataclass(frozen=True)
class Audit:
    """What the audit found; `is_cut`: there is more; `replayed`: open clocks were computed anew, too."""

    violations: tuple[str, ...]
    is_cut: bool
    replayed: bool


def operations_now() -> Operations:
    """A constant number of queries, each by an index or over a bounded number of rows."""
    before = timezone.now()
    now = database_now()
    after = timezone.now()
    seen = vitals(now)
    states = Delivery.State
    waiting = Delivery.objects.filter(state=states.PENDING, in_digest=False)
    facts = OutboxEvent.objects.filter(position=None)
    first_unplaced = facts.aggregate(at=Min("at"))["at"]
    last = OutboxEvent.objects.aggregate(last=Max("position"))["last"] or 0
    reached = OutboxCursor.objects.filter(consumer=CONSUMER).values_list("position", flat=True).first() or 0
    unread = OutboxEvent.objects.filter(position__gt=reached).order_by("position").values_list("at", flat=True).first()
    return Operations(
        now=now,
        overdue_s=seen["oldest_overdue_s"],
        pending_s=seen["oldest_pending_s"],
        drift_s=(now - (before + (after - before) / 2)).total_seconds(),
        late_alerts=late_alerts(now),
        dead=Delivery.objects.filter(state=states.DEAD).count(),
        pending=waiting.count(),
        processes=tuple(_processes()),
        unplaced=facts.count(),
        unplaced_s=age(first_unplaced, now),
        rollups_behind=max(last - reached, 0),
        rollups_behind_s=age(unread, now),
        oldest_key_at=IdempotencyKey.objects.aggregate(at=Min("created_at"))["at"],
        last_digest_on=NotificationHours.objects.aggregate(on=Max("digest_sent_on"))["on"],
        poisoned=tuple(_poisoned(now)),
    )


def late_alerts(now: datetime) -> int:
    """Breaches of the last 30 days, among the newest alerts, that were noticed more than 60 s after the deadline. Of an
    incident that was reported after its deadline, nobody could notice it before."""
    newest = Alert.objects.filter(pk__in=Alert.objects.order_by("-pk").values("pk")[:NEWEST])
    breaches = newest.filter(level=Alert.BREACH, round=1, clock_jump=False).exclude(state=Alert.State.PAST)
    late = breaches.filter(detected_at__gte=now - SINCE, detected_at__gt=F("due_at") + LATE)
    opened = IncidentEvent.objects.filter(incident=OuterRef("subject_id"), kind=EventKind.OPENED)
    reported_late = opened.filter(recorded_at__gte=OuterRef("due_at"))
    return late.exclude(Exists(reported_late), subject_kind=INCIDENT).count()


def run_audit(now: datetime) -> Audit:
    """The rules of docs/alerts.md, cut at a number that one can read; clocks are replayed where they are few."""
    few = Clock.objects.open()[: MOST_REPLAYED + 1].count() <= MOST_REPLAYED
    found = [str(one) for one in islice(audit.violations(now, replayed=few), MOST_VIOLATIONS + 1)]
    return Audit(tuple(found[:MOST_VIOLATIONS]), is_cut=len(found) > MOST_VIOLATIONS, replayed=few)


def age(since: datetime | None, now: datetime) -> int:
    return 0 if since is None else max(round((now - since).total_seconds()), 0)


def _processes() -> Iterable[Process]:
    every = intervals()
    kinds = {REPAIR: "repair", HEARTBEAT: "heartbeat", **dict.fromkeys(every, "chore")}
    for beat in ProcessBeat.objects.order_by("name"):
        kind = "alerts" if beat.name.startswith(PREFIX) else kinds.get(beat.name, "")
        took = beat.pass_finished - beat.pass_started if beat.pass_finished and beat.pass_started else None
        yield Process(
            name=beat.name.removeprefix(PREFIX).removeprefix(CHORE),
            kind=kind,
            last_end=beat.pass_finished or beat.pass_started,
            took=took if took is not None and took >= timedelta() else None,
            figures=beat.figures,
            every=every.get(beat.name),
        )


def _poisoned(now: datetime) -> Iterable[Poisoned]:
    """By the index of `wake_at`: what fails is put off by a minute at most."""
    failing = Clock.objects.filter(wake_at__lte=now + LONGEST_BACK_OFF, wake_errors__gt=0)
    clocks = list(failing.order_by("-wake_errors", "pk")[:MOST_POISONED])
    about = {
        kind: owner_of(kind).describe([clock.subject_id for clock in clocks if clock.subject_kind == kind])
        for kind in {clock.subject_kind for clock in clocks}
    }
    return [Poisoned(clock, about[clock.subject_kind].get(clock.subject_id)) for clock in clocks]
