"""The verbs that change an incident's status. Each does nothing when its target state already holds; what the table of
transitions does not allow is a Conflict."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from incidents.lifecycle import TRANSITIONS
from incidents.models import EventKind, HoldReason, Incident, Status
from incidents.operations.record import event, locked, moment, refuse_before_last_change, settle
from kernel.errors import Conflict, Invalid


@transaction.atomic
def acknowledge(*, incident: Incident, actor: User | None, now: datetime, at: datetime | None = None) -> Incident:
    """The first reaction of an engineer: stops the response clock."""
    incident = locked(incident)
    if incident.is_open and incident.status != Status.NEW:
        return incident
    return _enter(
        incident, Status.IN_PROGRESS, EventKind.ACKNOWLEDGED, actor=actor, at=at, now=now, only_from=(Status.NEW,)
    )


@transaction.atomic
def hold(*, incident: Incident, reason: str, actor: User | None, now: datetime, at: datetime | None = None) -> Incident:
    """Wait for somebody. Whether that pauses the resolution clock is in the policy."""
    if reason not in HoldReason.values:
        raise Invalid(
            _("Say what it waits for: %(reasons)s.") % {"reasons": ", ".join(HoldReason.values)}, field="reason"
        )
    incident = locked(incident)
    if incident.status == Status.ON_HOLD and incident.hold_reason == reason:
        return incident
    return _enter(incident, Status.ON_HOLD, EventKind.HELD, actor=actor, at=at, now=now, hold_reason=reason)


@transaction.atomic
def resume(*, incident: Incident, actor: User | None, now: datetime, at: datetime | None = None) -> Incident:
    """Work goes on after a hold."""
    incident = locked(incident)
    if incident.status == Status.IN_PROGRESS:
        return incident
    return _enter(
        incident, Status.IN_PROGRESS, EventKind.RESUMED, actor=actor, at=at, now=now, only_from=(Status.ON_HOLD,)
    )


@transaction.atomic
def resolve(
    *, incident: Incident, resolution: str = "", actor: User | None, now: datetime, at: datetime | None = None
) -> Incident:
    """The service works again: stops the resolution clock."""
    incident = locked(incident)
    if incident.status == Status.RESOLVED:
        return incident
    if incident.status == Status.CLOSED:
        raise _refused(incident, Status.RESOLVED)
    incident.resolution = resolution
    return _enter(
        incident, Status.RESOLVED, EventKind.RESOLVED, actor=actor, at=at, now=now, text=resolution, is_public=True
    )


@transaction.atomic
def reopen(
    *, incident: Incident, reason: str = "", actor: User | None, now: datetime, at: datetime | None = None
) -> Incident:
    """It was not fixed after all."""
    incident = locked(incident)
    if incident.status == Status.IN_PROGRESS:
        return incident
    stopped = (Status.RESOLVED, Status.CLOSED)
    return _enter(
        incident, Status.IN_PROGRESS, EventKind.REOPENED, actor=actor, at=at, now=now, text=reason, only_from=stopped
    )


@transaction.atomic
def close(*, incident: Incident, actor: User | None, now: datetime, at: datetime | None = None) -> Incident:
    """Nothing more will be done; stops the clocks if nothing stopped them before."""
    incident = locked(incident)
    if incident.status == Status.CLOSED:
        return incident
    return _enter(incident, Status.CLOSED, EventKind.CLOSED, actor=actor, at=at, now=now)


def _enter(
    incident: Incident,
    status: Status,
    kind: EventKind,
    *,
    actor: User | None,
    at: datetime | None,
    now: datetime,
    only_from: tuple[str, ...] = (),
    hold_reason: str = "",
    text: str = "",
    is_public: bool = False,
) -> Incident:
    if status not in TRANSITIONS[incident.status] or (only_from and incident.status not in only_from):
        raise _refused(incident, status)
    at = moment(at, now=now, opened_at=incident.opened_at)
    refuse_before_last_change(incident, at, now=now)
    happened = event(
        incident,
        kind,
        at=at,
        now=now,
        actor=actor,
        status=status,
        hold_reason=hold_reason,
        text=text,
        is_public=is_public,
    )
    return settle(incident, events=[happened], now=now)


def _refused(incident: Incident, status: Status) -> Conflict:
    message = _("%(reference)s is “%(status)s”: it cannot become “%(target)s” from there.")
    values = {"reference": incident.reference, "status": Status(incident.status).label, "target": status.label}
    return Conflict(message % values, code="transition", extra={"current": incident.status})
