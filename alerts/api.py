"""REST: alerts, and the messages they led to."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.viewsets import ViewSetMixin

from alerts import operations
from alerts.filters import INCIDENT, AlertFilter, DeliveryFilter
from alerts.models import Alert, Delivery
from alerts.permissions import (
    acknowledges,
    alerts_visible_to,
    deliveries_visible_to,
    may_acknowledge,
    may_requeue,
    reads_alerts,
    requeues,
)
from kernel.api.fields import ScopedIdRelatedField, ScopedSlugRelatedField
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import ResourceViewSet, verb

# More than the longest chain has people.
MOST_ESCALATIONS = 100


class AlertSerializer(StrictModelSerializer):
    incident = serializers.SerializerMethodField()
    client = ScopedSlugRelatedField()
    acked_by = ScopedSlugRelatedField("username")

    class Meta:
        model = Alert
        fields = [
            *("id", "incident", "client", "kind", "level", "due_at", "detected_at", "state", "acked_by", "acked_at"),
            *("escalate_at", "escalations", "clock_jump"),
        ]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.INT64)
    def get_incident(self, alert: Alert) -> int | None:
        return alert.subject_id if alert.subject_kind == INCIDENT else None


class AlertViewSet(ResourceViewSet):
    """Thresholds and deadlines that were passed: `level` is percent of the target, 100 the breach. The newest first."""

    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    ordering_fields = ["id", "detected_at", "due_at"]
    ordering = ["-id"]
    permissions = {
        "list": reads_alerts,
        "retrieve": reads_alerts,
        "acknowledge": (acknowledges, may_acknowledge),
    }

    def scope(self, user: Any) -> QuerySet[Alert]:
        return alerts_visible_to(user).select_related("client", "acked_by")

    def version_of(self, alert: Alert) -> int:
        """Within a round an alert comes into each state once, and changes only with its state and its escalations."""
        stage = alert.round * len(Alert.State) + Alert.State.values.index(alert.state)
        return 2 * (stage * MOST_ESCALATIONS + alert.escalations) + (alert.escalate_at is None)

    @verb()
    def acknowledge(self, alert: Alert, _data: dict[str, Any]) -> None:
        """Somebody has seen it and takes care, also of the open warnings of the same clock before it."""
        operations.acknowledge_alert(alert, actor=self.actor, at=self.now)


class DeliverySerializer(StrictModelSerializer):
    alert = ScopedIdRelatedField()
    client = ScopedSlugRelatedField()
    recipient = ScopedSlugRelatedField("username", help_text="Null for the duty mailbox and a client's contact.")

    class Meta:
        model = Delivery
        fields = [
            *("id", "alert", "client", "notice", "event", "subject", "channel", "recipient", "address", "state"),
            *("attempts", "next_attempt_at", "sent_at", "end_reason"),
        ]
        read_only_fields = fields


class DeliveryViewSet(ResourceViewSet):
    """Messages owed because of alerts and of work, to whom, and how they went: `sent`, `dead` and `cancelled` are ends.

    `event` says what a message about work is about; those of alerts have an `alert`.
    """

    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    ordering_fields = ["id", "next_attempt_at"]
    ordering = ["-id"]
    permissions = {"list": reads_alerts, "retrieve": reads_alerts, "requeue": (requeues, may_requeue)}

    def scope(self, user: Any) -> QuerySet[Delivery]:
        return deliveries_visible_to(user).select_related("client", "recipient")

    def version_of(self, delivery: Delivery) -> int:
        """An attempt under way is told from one that has ended by its lease."""
        stage = 2 * Delivery.State.values.index(delivery.state) + (delivery.lease_token is None)
        return delivery.attempts * 2 * len(Delivery.State) + stage

    @verb()
    def requeue(self, delivery: Delivery, _data: dict[str, Any]) -> None:
        """A message that could not be delivered is tried once more, at once."""
        operations.requeue_delivery(delivery, actor=self.actor, at=self.now)


routes: list[tuple[str, type[ViewSetMixin]]] = [("alerts", AlertViewSet), ("deliveries", DeliveryViewSet)]
