"""The verbs that change an incident's status. Each does nothing when its target state already holds; what the table of
transitions does not allow is a Conflict."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from incidents.lifecycle import TRANSITIONS
from incidents.models import EventKind, HoldReason, Incident, ReopenReason, Status
from incidents.operations.record import event, locked, moment, refuse_before_last_change, settle, side_of
from kernel.errors import Conflict, Invalid
from projects.operations import suspect_by_incident
from sla.models import Vendor
from sla.terms import terms_of
from sla.versions import version_in_force


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
def hold(
    *,
    incident: Incident,
    reason: str,
    text: str = "",
    vendor: Vendor | None = None,
    actor: User | None,
    now: datetime,
    at: datetime | None = None,
) -> Incident:
    """Wait for somebody. Whether that pauses the resolution clock is in the policy.

    `text` is the question, which the client reads where it is the client who is waited for, or the number of a ticket.
    """
    if reason not in HoldReason.values:
        raise Invalid(
            _("Say what it waits for: %(reasons)s.") % {"reasons": ", ".join(HoldReason.values)}, field="reason"
        )
    if vendor is not None and reason != HoldReason.VENDOR:
        raise Invalid(_("Only who waits for a vendor names one."), field="vendor")
    incident = locked(incident)
    is_same_vendor = vendor is None or vendor.pk == incident.vendor_id
    if incident.status == Status.ON_HOLD and incident.hold_reason == reason and is_same_vendor:
        return incident
    if vendor is not None and vendor.archived_at is not None:
        raise Conflict(_("The vendor is archived."), field="vendor")
    policy = vendor.policy if vendor is not None else None
    return _enter(
        incident,
        Status.ON_HOLD,
        EventKind.HELD,
        actor=actor,
        at=at,
        now=now,
        hold_reason=reason,
        text=text,
        is_public=bool(text) and reason == HoldReason.CLIENT,
        vendor=vendor,
        vendor_version=version_in_force(policy, now) if policy is not None else None,
    )


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
    resolved = _enter(
        incident, Status.RESOLVED, EventKind.RESOLVED, actor=actor, at=at, now=now, text=resolution, is_public=True
    )
    suspect_by_incident(
        client=resolved.client,
        project=resolved.project,
        names={resolved.service, resolved.category} - {""},
        reason=f"{resolved.reference} {resolved.title}",
        actor=actor,
        at=now,
    )
    return resolved


@transaction.atomic
def reopen(
    *,
    incident: Incident,
    reason: str = "",
    reopen_reason: str = ReopenReason.NOT_FIXED,
    actor: User | None,
    now: datetime,
    at: datetime | None = None,
) -> Incident:
    """It was not fixed after all, or something came up; `reason` is told in words.

    Conflict where it was resolved longer ago than the policy lets an incident come back.
    """
    if reopen_reason not in ReopenReason.values:
        raise Invalid(_("Say why: %(reasons)s.") % {"reasons": ", ".join(ReopenReason.values)}, field="reopen_reason")
    incident = locked(incident)
    if incident.status == Status.IN_PROGRESS:
        return incident
    _refuse_late(incident, at=moment(at, now=now))
    return _enter(
        incident,
        Status.IN_PROGRESS,
        EventKind.REOPENED,
        actor=actor,
        at=at,
        now=now,
        text=reason,
        reopen_reason=reopen_reason,
        only_from=(Status.RESOLVED, Status.CLOSED),
    )


def _refuse_late(incident: Incident, *, at: datetime) -> None:
    days = terms_of(incident.policy_version_id).reopen_within_days
    if days is None or incident.resolved_at is None or at <= incident.resolved_at + timedelta(days=days):
        return
    message = _(
        "%(reference)s was resolved more than %(days)d days ago: open a new incident and name this one as its parent."
    )
    raise Conflict(message % {"reference": incident.reference, "days": days}, code="too_late")


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
    **sets: Any,
) -> Incident:
    """`sets` are further columns of the event."""
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
        said_by=side_of(actor) if sets.get("is_public") else "",
        **sets,
    )
    return settle(incident, events=[happened], now=now)


def _refused(incident: Incident, status: Status) -> Conflict:
    message = _("%(reference)s is “%(status)s”: it cannot become “%(target)s” from there.")
    values = {"reference": incident.reference, "status": Status(incident.status).label, "target": status.label}
    return Conflict(message % values, code="transition", extra={"current": incident.status})
