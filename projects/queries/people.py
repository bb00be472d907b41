"""Who had which seat on a project, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Grant, User
from projects.models import Project

SEATS: dict[str, str | Promise] = {
    "architect": _("Architect"),
    "tam": _("TAM"),
    "deputy": _("Deputy"),
    "takes over": _("Takes over as TAM"),
}


@dataclass(frozen=True)
class Seat:
    label: str | Promise
    is_deputy: bool
    person: User
    began_at: datetime
    ends_at: datetime | None
    is_now: bool
    is_to_come: bool


def seats_of(project: Project, *, at: datetime) -> list[Seat]:
    """Now, then to come, then before, each the newest first; one query."""
    rows = Grant.objects.filter(scope_kind=Grant.Scope.PROJECT, scope_id=project.pk, reason__in=SEATS)
    found = [
        Seat(
            label=SEATS[grant.reason],
            is_deputy=grant.reason == "deputy",
            person=grant.user,
            began_at=grant.valid_from,
            ends_at=grant.valid_until,
            is_now=grant.valid_from <= at and (grant.valid_until is None or grant.valid_until > at),
            is_to_come=grant.valid_from > at,
        )
        for grant in rows.select_related("user").order_by("-valid_from", "-pk")
        if grant.valid_until is None or grant.valid_until > grant.valid_from
    ]
    return sorted(found, key=lambda seat: (not seat.is_now, not seat.is_to_come))
