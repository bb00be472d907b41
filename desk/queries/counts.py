"""How many incidents are open, how many of them need somebody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.db.models import Count, Q

from incidents.models import HoldReason, IncidentQuerySet, Status
from sla.models import Priority

URGENT = (Priority.P1, Priority.P2)
WAITS_OUTSIDE = (HoldReason.CLIENT, HoldReason.VENDOR)


def _wanted(now: datetime) -> dict[str, Count]:
    over = Q(next_due_at__lt=now)
    return {
        "open": Count("pk"),
        "over": Count("pk", filter=over),
        "urgent_over": Count("pk", filter=over & Q(priority__in=URGENT)),
        "new": Count("pk", filter=Q(status=Status.NEW)),
        "free": Count("pk", filter=Q(assignee=None)),
        "waiting": Count("pk", filter=Q(hold_reason__in=WAITS_OUTSIDE)),
        "waiting_for_client": Count("pk", filter=Q(hold_reason=HoldReason.CLIENT)),
    }


def counts_of(incidents: IncidentQuerySet, *names: str, now: datetime) -> dict[str, int]:
    """The named counts of the open ones among these; one query."""
    wanted = _wanted(now)
    return incidents.open().aggregate(**{name: wanted[name] for name in names})


def counts_by(field: str, incidents: IncidentQuerySet, *names: str, now: datetime) -> dict[int, dict[str, int]]:
    """The same for each value of `field` (a client, a department); one query."""
    wanted = _wanted(now)
    rows = incidents.open().order_by().values(field).annotate(**{name: wanted[name] for name in names})
    return {row.pop(field): row for row in cast(Iterable[dict[str, int]], rows)}
