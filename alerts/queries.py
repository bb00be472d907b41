"""Reads of alerts and deliveries for pages and the API."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from alerts.models import Alert, Delivery


def alerts_about(subject_kind: str, subject_id: int) -> QuerySet[Alert]:
    """Alerts of one subject, the newest first, each with `deliveries` and their recipients; two queries.

    Thresholds that were overtaken by a higher one told nobody anything and are left out.
    """
    deliveries = Delivery.objects.select_related("recipient").order_by("id")
    return (
        Alert.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
        .exclude(state=Alert.State.SKIPPED)
        .select_related("acked_by")
        .prefetch_related(Prefetch("deliveries", queryset=deliveries))
        .order_by("-detected_at", "-id")
    )
