"""Writing and reading the one history."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import QuerySet

from kernel.models import History


def kind_of(subject: models.Model | type[models.Model]) -> str:
    """The name under which a model's rows stand in the history, for example `sla.slapolicy`."""
    return subject._meta.label_lower


def record(
    subject: models.Model,
    verb: str,
    *,
    actor: Any,
    at: datetime,
    tenant_id: int | None = None,
    changes: Mapping[str, Any] | None = None,
    text: str = "",
    place: models.Model | None = None,
) -> History:
    """One line of history. Call it in the transaction of the change; `changes` maps a field to [before, after]."""
    line = entry(subject, verb, actor=actor, at=at, tenant_id=tenant_id, changes=changes, text=text, place=place)
    line.save()
    return line


def entry(
    subject: models.Model,
    verb: str,
    *,
    actor: Any,
    at: datetime,
    tenant_id: int | None = None,
    changes: Mapping[str, Any] | None = None,
    text: str = "",
    place: models.Model | None = None,
) -> History:
    """A line that is not stored yet; for `record_many`."""
    return History(
        subject_kind=kind_of(subject),
        subject_id=subject.pk,
        tenant_id=tenant_id,
        verb=verb,
        actor=actor,
        via=getattr(actor, "via", ""),
        at=at,
        changes=dict(changes or {}),
        text=text,
        place=place_of(place) if place is not None else "",
    )


def record_many(lines: Iterable[History]) -> None:
    """Many lines at once."""
    History.objects.bulk_create(lines, batch_size=500)


def place_of(larger: models.Model) -> str:
    """How the history names the larger thing in which something happened."""
    return f"{kind_of(larger)}:{larger.pk}"


def in_place(larger: models.Model) -> QuerySet[History]:
    """Everything that happened in it, newest first."""
    return History.objects.filter(place=place_of(larger)).select_related("actor").order_by("-at", "-pk")


def of(subject: models.Model) -> QuerySet[History]:
    """The history of one object, newest first."""
    rows = History.objects.filter(subject_kind=kind_of(subject), subject_id=subject.pk)
    return rows.select_related("actor").order_by("-at", "-pk")
