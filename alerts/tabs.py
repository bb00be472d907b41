"""The tabs that the pages of alerts share."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Person, runs_service
from alerts.queries import AlertCounts


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    name: str
    count: int | None
    is_current: bool


def tabs(counts: AlertCounts, *, current: str, user: Person) -> list[Tab]:
    """Those with what counts them; `current` is the name of the page's address."""
    named = [
        (_("Now"), "alerts", counts.open),
        (_("Delivery log"), "alert-log", None),
        (_("Dead letters"), "dead-letters", counts.dead),
        (_("Preferences"), "notifications", None),
        *([(_("Operations"), "operations", None)] if runs_service(user) else []),
    ]
    return [Tab(label, name, count, name == current) for label, name, count in named]
