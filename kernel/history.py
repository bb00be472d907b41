"""Writing and reading the one history."""

from collections.abc import Mapping
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
) -> History:
    """One line of history. Call it in the transaction of the change; `changes` maps a field to [before, after]."""
    return History.objects.create(
        subject_kind=kind_of(subject),
        subject_id=subject.pk,
        tenant_id=tenant_id,
        verb=verb,
        actor=actor,
        via=getattr(actor, "via", ""),
        at=at,
        changes=dict(changes or {}),
        text=text,
    )


def of(subject: models.Model) -> QuerySet[History]:
    """The history of one object, newest first."""
    rows = History.objects.filter(subject_kind=kind_of(subject), subject_id=subject.pk)
    return rows.select_related("actor").order_by("-at", "-pk")
