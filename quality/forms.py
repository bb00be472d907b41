"""The filters of the quality page, as they stand in its address."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import Client
from kernel.errors import Invalid
from quality.parameters import client_named
from quality.periods import Period, period_named
from sla.models import REPORTED, Clock, Priority

DEFAULT_PERIOD = "12-months"


@dataclass(frozen=True)
class Filters:
    """What the address asks for. `clock` is the kind that the page looks at where only one can be shown."""

    period: Period
    client: Client | None = None
    priority: str = ""
    clock: str = Clock.Kind.RESOLUTION.value

    def address(self, **changes: str) -> str:
        """The filters as the query of an address, with changes."""
        asked = {
            "period": self.period.slug,
            "client": self.client.slug if self.client else "",
            "priority": self.priority,
            "clock": self.clock,
            **changes,
        }
        return urlencode({name: value for name, value in asked.items() if value})

    def incidents_url(self, **narrower: str) -> str:
        """The list of the incidents behind a number."""
        asked = {
            "view": "all",
            "opened_after": self.period.since.isoformat() if self.period.since else "",
            "opened_before": self.period.until.isoformat() if self.period.until else "",
            "client": self.client.slug if self.client else "",
            "priority": self.priority,
            **narrower,
        }
        return f"{reverse('incidents')}?{urlencode({name: value for name, value in asked.items() if value})}"


def filters_from(asked: QueryDict, *, clients: QuerySet[Client], now: datetime) -> Filters:
    """Raises Invalid naming the filter that is not understood."""
    return Filters(
        period=period_named(asked.get("period") or DEFAULT_PERIOD, now=now),
        client=client_named(asked.get("client"), among=clients),
        priority=_one_of(asked.get("priority") or "", ("", *Priority.values), field="priority"),
        clock=_one_of(asked.get("clock") or Clock.Kind.RESOLUTION.value, REPORTED, field="clock"),
    )


def _one_of(value: str, known: Collection[str], *, field: str) -> str:
    if value not in known:
        raise Invalid(_("“%(value)s” is none of the choices.") % {"value": value[:40]}, field=field)
    return value
