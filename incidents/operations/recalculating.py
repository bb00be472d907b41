"""Bringing running clocks to the newest version of a policy or calendar: previewed, asked for with a reason, audited.

Without it a clock keeps the terms it started with, whatever is changed after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from accounts.models import User
from incidents.models import EventKind, Incident, IncidentEvent, IncidentQuerySet
from incidents.operations.record import event, locked, moment, settle
from incidents.settling import SUBJECT_KIND, calendars, measured, story_of
from kernel import history
from kernel.errors import Conflict, Invalid
from sla.measure import Measured, instant
from sla.models import REPORTED, Calendar, Clock, PolicyVersion, SlaPolicy
from sla.versions import calendar_in_force, version_in_force

# So many incidents are looked at by one call, and changed by one transaction.
MOST, BATCH = 500, 50


@dataclass(frozen=True, slots=True)
class Standing:
    """How a clock stands by some terms."""

    target_s: int
    state: str
    elapsed_s: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A clock that stands otherwise by the newest terms. Without a `before` it starts, without an `after` it ends."""

    kind: str
    cycle: int
    before: Standing | None
    after: Standing | None

    @property
    def becomes_late(self) -> bool:
        return _is_late(self.after) and not _is_late(self.before)

    @property
    def is_saved(self) -> bool:
        return _is_late(self.before) and not _is_late(self.after)


@dataclass(frozen=True, slots=True)
class Recalculated:
    """One incident with the clocks that move; none of them may."""

    incident: Incident
    clocks: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Recalculation:
    """What was found, and applied unless it was a dry run. Not `is_all`: more have older terms, call again."""

    incidents: tuple[Recalculated, ...]
    is_all: bool

    @property
    def becoming_late(self) -> int:
        return sum(any(clock.becomes_late for clock in one.clocks) for one in self.incidents)

    @property
    def saved(self) -> int:
        return sum(any(clock.is_saved for clock in one.clocks) for one in self.incidents)


def recalculate(
    subject: SlaPolicy | Calendar,
    *,
    reason: str,
    actor: User | None,
    now: datetime,
    dry_run: bool = False,
    among: IncidentQuerySet | None = None,
) -> Recalculation:
    """Let the newest terms count for open incidents that have older ones, from their opening on, pauses kept.

    At most `MOST` incidents a call, of all or of those `among`. Each gets one event that says why; whoever is stopped
    half-way has whole batches, and repeats the call. What departments and vendors owe us stays as it was when they got
    it.
    """
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason", code="required")
    if isinstance(subject, SlaPolicy) and subject.scope != SlaPolicy.Scope.CLIENT:
        raise Conflict(_("What departments and vendors owe us begins with the next handover or hold."), code="scope")
    outdated = _outdated(subject, among=Incident.objects.all() if among is None else among, now=now)
    ids = list(outdated.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    found: list[Recalculated] = []
    for start in range(0, min(len(ids), MOST), BATCH):
        batch = outdated.filter(pk__in=ids[start : min(start + BATCH, MOST)])
        if dry_run:
            found += _previewed(batch, subject, now=now)
        else:
            found += _apply(batch, subject, reason=reason, actor=actor, now=now)
    return Recalculation(tuple(found), is_all=len(ids) <= MOST)


def _outdated(subject: SlaPolicy | Calendar, *, among: IncidentQuerySet, now: datetime) -> IncidentQuerySet:
    """Open incidents to which an older version counts."""
    if isinstance(subject, SlaPolicy):
        newest = version_in_force(subject, now)
        return among.open().filter(policy_version__policy=subject).exclude(policy_version=newest)
    clocks = Clock.objects.filter(subject_kind=SUBJECT_KIND, kind__in=REPORTED, calendar_version__calendar=subject)
    older = clocks.exclude(calendar_version=calendar_in_force(subject, now))
    return among.open().filter(pk__in=older.values("subject_id"))


@transaction.atomic
def _apply(
    incidents: IncidentQuerySet, subject: SlaPolicy | Calendar, *, reason: str, actor: User | None, now: datetime
) -> list[Recalculated]:
    done = []
    for pk in incidents.order_by("pk").values_list("pk", flat=True):
        row = locked(Incident(pk=pk))
        seen = next(_previewed(incidents.filter(pk=pk), subject, now=now), None)
        if seen is None:  # it was closed, or brought up to date, before it was ours
            continue
        before, version = row.policy_version, _version(subject, row, now=now)
        happened = event(
            row,
            EventKind.RECALCULATED,
            at=moment(None, now=now),
            now=now,
            actor=actor,
            policy_version=version,
            text=reason,
            changes={"version": [before.number, version.number]},
        )
        settle(row, events=[happened], now=now)
        done.append(seen)
    if done:
        changes = {"incidents": [None, len(done)]}
        history.record(subject, "recalculated", actor=actor, at=now, changes=changes, text=reason)
    return done


def _version(subject: SlaPolicy | Calendar, incident: Incident, *, now: datetime) -> PolicyVersion:
    """The newest of the policy; a newer calendar leaves the policy as it is."""
    return version_in_force(subject, now) if isinstance(subject, SlaPolicy) else incident.policy_version


def _previewed(incidents: IncidentQuerySet, subject: SlaPolicy | Calendar, *, now: datetime) -> Iterator[Recalculated]:
    events = Prefetch("events", IncidentEvent.objects.order_by("at", "pk"))
    lookup = calendars(now=now)
    for incident in incidents.select_related("client", "policy_version").prefetch_related(events).order_by("pk"):
        told = list(incident.events.all())
        at = max([moment(None, now=now), *(e.at for e in told if e.at <= now)])
        version = _version(subject, incident, now=now)
        then = IncidentEvent(kind=EventKind.RECALCULATED.value, at=at, recorded_at=now, policy_version=version)
        before = measured(incident, story_of(incident, told, until=now), now=now, calendar_version=lookup)
        after = measured(incident, story_of(incident, [*told, then], until=now), now=now, calendar_version=lookup)
        yield Recalculated(incident, tuple(_moved(_standings(before), _standings(after))))


def _standings(clocks: Sequence[Measured]) -> dict[tuple[str, int], Standing]:
    return {(m.kind, m.cycle): _standing(m) for m in clocks}


def _standing(m: Measured) -> Standing:
    due = m.state.due_at
    return Standing(m.target_s, m.state.state, m.state.elapsed_s, None if due is None else instant(due))


def _moved(before: Mapping[tuple[str, int], Standing], after: Mapping[tuple[str, int], Standing]) -> Iterator[Moved]:
    for key in [*before, *(key for key in after if key not in before)]:
        if before.get(key) != after.get(key):
            yield Moved(*key, before.get(key), after.get(key))


def _is_late(standing: Standing | None) -> bool:
    return standing is not None and standing.state == Clock.State.BREACHED
