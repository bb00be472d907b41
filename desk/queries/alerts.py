"""Alerts with what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.models import Alert
from incidents.settling import SUBJECT_KIND
from sla.subjects import Description, owner_of


@dataclass(frozen=True, slots=True)
class ShownAlert:
    alert: Alert
    about: Description


def described(alerts: Sequence[Alert]) -> list[ShownAlert]:
    """These alerts of incidents with the incidents' words; one query."""
    about = owner_of(SUBJECT_KIND).describe([alert.subject_id for alert in alerts])
    return [ShownAlert(alert, about[alert.subject_id]) for alert in alerts]
