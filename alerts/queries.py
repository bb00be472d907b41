"""Reads of alerts and deliveries for pages and the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.permissions import Person
from alerts.models import Alert, Delivery
from alerts.permissions import alerts_visible_to, deliveries_visible_to, told_to
from sla.models import PROMISED
from sla.subjects import Description, owner_of


@dataclass(frozen=True)
class AlertRow:
    """An alert with what it is about; None where the subject is gone."""

    alert: Alert
    about: Description | None


@dataclass(frozen=True)
class AlertCounts:
    """How many alerts need somebody, how many messages could not be delivered, and how many are on their way."""

    open: int
    dead: int
    pending: int


def alerts_about(subject_kind: str, subject_id: int) -> QuerySet[Alert]:
    """Alerts of one subject, the newest first, each with `deliveries` and their recipients; two queries.

    Thresholds that were overtaken by a higher one told nobody anything and are left out.
    """
    alerts = Alert.objects.filter(subject_kind=subject_kind, subject_id=subject_id).exclude(state=Alert.State.SKIPPED)
    return alerts.select_related("acked_by").prefetch_related(_deliveries()).order_by("-detected_at", "-id")


def loudest(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """Those of these that need somebody, one a clock: who deals with its breach has dealt with the warnings before it.

    Once the clock has stopped, there is nothing left to hurry for.
    """
    louder = Alert.objects.filter(clock=OuterRef("clock"), state=Alert.State.OPEN, level__gt=OuterRef("level"))
    return alerts.filter(~Exists(louder), state=Alert.State.OPEN, clock__stopped_at=None)


def open_alerts(user: Person, *, only_mine: bool = False) -> QuerySet[Alert]:
    """What nobody has taken care of yet, the newest first; `only_mine`: what this person was told."""
    told = Exists(told_to(user).filter(alert=OuterRef("pk")))  # whoever was told of one sees it
    alerts = loudest(Alert.objects.filter(told) if only_mine else alerts_visible_to(user))
    return alerts.select_related("clock").prefetch_related(_deliveries()).order_by("-detected_at", "-id")


def promises_first(alerts: QuerySet[Alert], *, most: int) -> list[Alert]:
    """The first of these: what was promised to clients before what is between us, our departments and vendors."""
    promised = list(alerts.filter(kind__in=PROMISED)[:most])
    return [*promised, *alerts.exclude(kind__in=PROMISED)[: most - len(promised)]]


def delivery_log(user: Person, *, state: str = "") -> QuerySet[Delivery]:
    """Messages with their attempts, the newest first."""
    rows = deliveries_visible_to(user)
    if state:
        rows = rows.filter(state=state)
    return rows.select_related("alert", "recipient", "endpoint").prefetch_related("attempt_log").order_by("-id")


def alert_counts(user: Person) -> AlertCounts:
    """Two queries."""
    states = Delivery.State
    sent = deliveries_visible_to(user).aggregate(
        dead=Count("pk", filter=Q(state=states.DEAD)), pending=Count("pk", filter=Q(state=states.PENDING))
    )
    return AlertCounts(open=open_alerts(user).count(), **sent)


def described(alerts: Iterable[Alert]) -> list[AlertRow]:
    """In the same order; one query for each kind of subject."""
    found = list(alerts)
    about: dict[str, Mapping[int, Description]] = {}
    for kind in {alert.subject_kind for alert in found}:
        about[kind] = owner_of(kind).describe([alert.subject_id for alert in found if alert.subject_kind == kind])
    return [AlertRow(alert, about[alert.subject_kind].get(alert.subject_id)) for alert in found]


def _deliveries() -> Prefetch[str]:
    return Prefetch("deliveries", queryset=Delivery.objects.select_related("recipient").order_by("id"))
