"""What a ticketing system says of one of its tickets: create it here, or bring ours up to date. Safe to repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Client, User
from departments.models import Department
from incidents.lifecycle import ON_HOLD
from incidents.models import EventKind, Incident, Status
from incidents.operations.edit import assign, edit
from incidents.operations.open import open_incident
from incidents.operations.record import event, locked, moment, refuse_before_last_change, settle
from kernel.errors import Invalid

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@dataclass(frozen=True)
class Report:
    """The ticket as its system has it. `words` holds only the columns that were said; None elsewhere: not said."""

    source: str
    external_ref: str
    words: dict[str, Any] = field(default_factory=dict)
    opened_at: datetime | None = None
    status: str | None = None
    hold_reason: str = ""
    department: Department | None = None
    assignee: User | None = None
    at: datetime | None = None


def report(*, client: Client, ticket: Report, actor: User | None, now: datetime) -> tuple[Incident, str]:
    """The incident and what happened to it: created, updated or unchanged.

    Two reports of a new ticket at the same time make one incident: the loser of the race updates.
    """
    for _attempt in range(2):
        known = Incident.objects.filter(client=client, source=ticket.source, external_ref=ticket.external_ref).first()
        if known is not None:
            return _update(known, ticket, actor=actor, now=now)
        try:
            with transaction.atomic():
                return _create(client, ticket, actor=actor, now=now), CREATED
        except IntegrityError:
            continue
    raise Invalid(_("The ticket could not be stored."), field="external_ref")


def _create(client: Client, ticket: Report, *, actor: User | None, now: datetime) -> Incident:
    for name in ("title", "priority"):
        if not ticket.words.get(name):
            raise Invalid(_("A new incident needs this field."), field=name, code="required")
    if ticket.opened_at is None:
        raise Invalid(_("A new incident needs this field."), field="opened_at", code="required")
    incident = open_incident(
        client=client,
        opened_at=ticket.opened_at,
        actor=actor,
        now=now,
        department=ticket.department,
        assignee=ticket.assignee,
        source=ticket.source,
        external_ref=ticket.external_ref,
        **ticket.words,
    )
    return _follow_status(incident, ticket, actor=actor, now=now)


@transaction.atomic
def _update(incident: Incident, ticket: Report, *, actor: User | None, now: datetime) -> tuple[Incident, str]:
    incident = locked(incident)
    before = incident.version
    if ticket.opened_at is not None and moment(ticket.opened_at, now=now, field="opened_at") != incident.opened_at:
        raise Invalid(
            _("The incident was opened at another time: %(at)s.") % {"at": incident.opened_at.isoformat()},
            field="opened_at",
        )
    incident = edit(incident=incident, changes=ticket.words, actor=actor, now=now)
    if ticket.department is not None or ticket.assignee is not None:
        incident = assign(
            incident=incident,
            department=ticket.department,
            assignee=ticket.assignee,
            actor=actor,
            now=now,
            at=ticket.at,
        )
    incident = _follow_status(incident, ticket, actor=actor, now=now)
    return incident, UNCHANGED if incident.version == before else UPDATED


def _follow_status(incident: Incident, ticket: Report, *, actor: User | None, now: datetime) -> Incident:
    """A system reports states as they are: any status may follow any other."""
    if ticket.status is None:
        return incident
    if ticket.status == ON_HOLD and not ticket.hold_reason:
        raise Invalid(_("Say what it waits for."), field="hold_reason", code="required")
    reason = ticket.hold_reason if ticket.status == ON_HOLD else ""
    if (ticket.status, reason) == (incident.status, incident.hold_reason):
        return incident
    at = moment(ticket.at, now=now, opened_at=incident.opened_at)
    refuse_before_last_change(incident, at, now=now)
    happened = event(
        incident,
        EventKind.IMPORTED,
        at=at,
        now=now,
        actor=actor,
        status=Status(ticket.status),
        hold_reason=reason,
    )
    return settle(incident, events=[happened], now=now)
