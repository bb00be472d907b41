"""What was owed to whom, and how it went. The database decides: an alert and its deliveries are rows of one commit."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Client, User
from sla.models import Clock

LEASE_SANITY = timedelta(minutes=5)


class Alert(models.Model):
    """A threshold or deadline that was passed; one per clock and level (percent of the target, 100 is the breach).

    `round` counts how often it was raised: one withdrawn because the deadline moved is raised again when that passes.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("of an alert", "Open")
        ACKED = "acked", _("Acknowledged")
        RETRACTED = "retracted", _("Retracted")
        SKIPPED = "skipped", _("Overtaken")
        PAST = "past", _("Before the import")

    BREACH = 100

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    clock = models.ForeignKey(Clock, models.CASCADE, related_name="alerts")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Clock.Kind)
    level = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    round = models.PositiveSmallIntegerField(default=1)
    snapshot = models.JSONField(default=dict)
    acked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    acked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["clock", "level"], name="one_alert_per_clock_and_level")]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="alert_subject"),
            models.Index(fields=["client", "state", "-id"], name="alert_client_state"),
            models.Index(fields=["-id"], condition=Q(state="open"), name="alert_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.level} % of {self.subject_kind} {self.subject_id}"

    @property
    def is_breach(self) -> bool:
        return self.level >= self.BREACH


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> DeliveryQuerySet:
        """Pending, their time has come, no live lease. A lease far in the future was left by a clock jump: free."""
        free = Q(lease_until=None) | Q(lease_until__lte=at) | Q(lease_until__gt=at + LEASE_SANITY)
        return self.filter(free, state=Delivery.State.PENDING, next_attempt_at__lte=at)


class Delivery(models.Model):
    """One message owed to one recipient over one channel. Ends as sent, dead or cancelled; there is no other end."""

    class Notice(models.TextChoices):
        RAISED = "raised", _("Alert")
        RETRACTED = "retracted", _("Alert withdrawn")

    class Channel(models.TextChoices):
        EMAIL = "email", _("Mail")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Could not be delivered")
        CANCELLED = "cancelled", _("Cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="deliveries")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    notice = models.CharField(max_length=9, choices=Notice, default=Notice.RAISED)
    round = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    recipient = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=20)
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    first_attempt_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "round", "notice", "channel", "address"], name="one_delivery_per_address_and_channel"
            ),
            models.CheckConstraint(name="delivery_sent_when", condition=~Q(state="sent") | Q(sent_at__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="delivery_pending"),
            models.Index(fields=["client", "-id"], name="delivery_client"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.address}"

    @property
    def took(self) -> timedelta | None:
        """From owed to sent."""
        return None if self.sent_at is None else self.sent_at - self.created_at


class DeliveryAttempt(models.Model):
    """One try of a delivery, written before sending, so that a killed process leaves a trace."""

    class Outcome(models.TextChoices):
        OK = "ok", _("Accepted")
        RETRY = "retry", _("Failed, tried again")
        PERMANENT = "permanent", _("Refused")
        UNKNOWN = "unknown", _("Not known")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempt_log")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="one_attempt_per_number")]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.outcome or 'under way'}"
