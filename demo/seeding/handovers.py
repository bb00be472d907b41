"""How the story's projects went, and go, from their architects to their TAMs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from alerts.models import Delivery
from alerts.operations.telling import settle_past
from demo.seeding.content import load
from demo.seeding.times import instant
from projects import operations
from projects.models import Handover, Project

# The list is begun so long before the architect signs, or before today.
PREPARED_FOR = timedelta(days=10)
A_MINUTE = timedelta(minutes=1)
_SIGNED = ("signed_by_architect", "signed_by_tam")


@transaction.atomic
def seed_handovers(*, now: datetime) -> None:
    """Those that are not there yet. Of the past nobody is told."""
    last_told = Delivery.objects.aggregate(last=Max("pk"))["last"] or 0
    known = set(Handover.objects.values_list("project__slug", flat=True))
    for row in load("story")["projects"]:
        if "handover" in row and row["slug"] not in known:
            project = Project.objects.select_related("client", "architect", "tam").get(slug=row["slug"])
            _play(row["handover"], project, now=now)
    settle_past(Delivery.objects.filter(pk__gt=last_told))


def _play(row: dict[str, Any], project: Project, *, now: datetime) -> None:
    zone = project.client.time_zone
    signed = [instant(row[name], now=now, zone=zone) for name in _SIGNED if name in row]
    at = (signed[0] if signed else now) - PREPARED_FOR
    architect, tam = project.architect, project.tam
    assert architect is not None
    handover = operations.begin_handover(
        project=project, planned_on=instant(row["planned"], now=now, zone=zone).date(), actor=architect, at=at
    )
    done = {line["item"] for line in row["checklist"] if line["done"]}
    for n, item in enumerate(handover.items.select_related("handover")):
        if item.text in done:
            operations.tick_item(item=item, done=True, actor=architect, at=at + n * A_MINUTE)
    if row["state"] == "returned":
        operations.return_handover(
            handover=handover, reason=row["return_reason"], actor=tam, at=now - timedelta(days=1)
        )
    if row["state"] == "accepted":
        for person, when in zip((architect, tam), signed, strict=True):
            assert person is not None
            operations.sign(handover=handover, actor=person, at=when)
        operations.update_project(
            project=project, changes={"phase": Project.Phase.OPERATION}, actor=tam, at=max(signed)
        )
