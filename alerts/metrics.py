"""The figures of the alert machinery for Prometheus, read from the database at each scrape. Labels are bounded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from alerts.beats import last_pass
from alerts.models import Alert, Delivery
from kernel.models import OutboxEvent
from sla.models import Clock


def exposition(now: datetime) -> bytes:
    """The text that /metrics answers."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(now))
    return generate_latest(registry)


class Figures(Collector):
    """Everything, as it is at `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        now = self.now
        clocks, deliveries = Clock.objects.open(), Delivery.objects.all()
        yield _counts("tamhub_open_clocks", "Clocks that were not stopped.", clocks, "kind", "state")
        yield _counts("tamhub_alerts", "Alerts.", Alert.objects.all(), "state")
        yield _counts("tamhub_deliveries", "Deliveries.", deliveries, "channel", "state")
        failing = Clock.objects.filter(wake_at__isnull=False, wake_errors__gt=0).count()
        yield _gauge("tamhub_failing_clocks", "Clocks whose last sweep failed.", failing)
        waking = Clock.objects.to_wake(now).order_by().aggregate(first=Min("wake_at"))["first"]
        yield _gauge("tamhub_sweep_lag_seconds", "How long the oldest clock waits for the sweep.", _age(waking, now))
        due = Delivery.objects.due(now).aggregate(first=Min("next_attempt_at"))["first"]
        yield _gauge("tamhub_delivery_lag_seconds", "How long the oldest due delivery waits.", _age(due, now))
        unheard = Alert.objects.to_escalate(now).aggregate(first=Min("escalate_at"))["first"]
        yield _gauge("tamhub_escalation_lag_seconds", "How long the oldest escalation waits.", _age(unheard, now))
        facts = OutboxEvent.objects.filter(position=None).aggregate(first=Min("at"))["first"]
        yield _gauge("tamhub_outbox_lag_seconds", "How long the oldest fact has no position.", _age(facts, now))
        if (ended := last_pass()) is not None:
            yield _gauge("tamhub_last_pass_age_seconds", "Since a full pass last ended.", _age(ended, now))


def _counts(name: str, text: str, rows: QuerySet[Any], *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for *values, count in rows.order_by().values_list(*labels).annotate(count=Count("pk")):
        family.add_metric(values, count)
    return family


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
