"""Which client a ticket belongs to, and what its system says of it, from validated input to the operation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Client, User
from accounts.permissions import clients_led_by
from incidents.api.serializers import TOLD, WORDS
from incidents.models import Incident
from incidents.operations.report import CREATED, Report, report
from kernel.errors import Conflict, Invalid

__all__ = ["CREATED", "ambiguous", "upsert"]


def upsert(ticket: Mapping[str, Any], *, actor: User, now: datetime) -> tuple[Incident, str]:
    """The incident, and whether it was created, updated or unchanged."""
    said = Report(
        source=ticket["source"],
        external_ref=ticket["external_ref"],
        words={name: value for name, value in ticket.items() if name in WORDS},
        hold_reason=ticket.get("hold_reason") or "",
        **{name: value for name, value in ticket.items() if name in TOLD},
    )
    return report(client=client_of(ticket, actor=actor), ticket=said, actor=actor, now=now)


def client_of(ticket: Mapping[str, Any], *, actor: User) -> Client:
    """The one it names, the only one the caller answers for, or the one that has this ticket already.

    Raises Conflict where several have it, Invalid where nothing says whose it is.
    """
    named: Client | None = ticket.get("client")
    if named is not None:
        return named
    led = clients_led_by(actor)
    only = list(led[:2])
    if len(only) == 1:
        return only[0]
    known = Incident.objects.filter(
        client__in=led, source=ticket["source"], external_ref=ticket["external_ref"]
    ).select_related("client")[:2]
    match list(known):
        case [incident]:
            return incident.client
        case []:
            raise Invalid(_("Say whose ticket it is."), field="client", code="required")
    raise ambiguous()


def ambiguous() -> Conflict:
    return Conflict(_("Several clients have this ticket: add ?client=SLUG."), field="client", code="ambiguous")
