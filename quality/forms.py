"""The filters of the quality page, as they stand in its address."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Client
from kernel.errors import Invalid
from quality.page import Filters
from quality.parameters import client_named
from quality.periods import period_named
from sla.models import Clock, Priority

DEFAULT_PERIOD = "12-months"


def filters_from(asked: QueryDict, *, clients: QuerySet[Client], now: datetime) -> Filters:
    """Raises Invalid naming the filter that is not understood."""
    return Filters(
        period=period_named(asked.get("period") or DEFAULT_PERIOD, now=now),
        client=client_named(asked.get("client"), among=clients),
        priority=_one_of(asked.get("priority") or "", ("", *Priority.values), field="priority"),
        clock=_one_of(asked.get("clock") or Clock.Kind.RESOLUTION.value, Clock.Kind.values, field="clock"),
    )


def _one_of(value: str, known: tuple[str, ...] | list[str], *, field: str) -> str:
    if value not in known:
        raise Invalid(_("“%(value)s” is none of the choices.") % {"value": value[:40]}, field=field)
    return value
