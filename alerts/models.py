"""What was owed to whom, and how it went. The database decides: an alert and its deliveries are rows of one commit."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Client, User
from kernel.models import Versioned
from sla.models import Clock

LEASE_SANITY = timedelta(minutes=5)


class AlertQuerySet(models.QuerySet["Alert"]):
    def to_escalate(self, at: datetime) -> AlertQuerySet:
        """Those that nobody acknowledged in time; one indexed range read."""
        return self.filter(state=Alert.State.OPEN, escalate_at__lte=at)


class Alert(models.Model):
    """A threshold or deadline that was passed; one per clock and level (percent of the target, 100 is the breach).

    `round` counts how often it was raised: one withdrawn because the deadline moved is raised again when that passes.
    `escalate_at`: unless somebody acknowledges it until then, whoever comes next is told, too. `clock_jump`: it was
    noticed right after the clock of the machine had jumped.
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
    escalate_at = models.DateTimeField(null=True)
    escalations = models.PositiveSmallIntegerField(default=0)
    clock_jump = models.BooleanField(default=False)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["clock", "level"], name="one_alert_per_clock_and_level")]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="alert_subject"),
            models.Index(fields=["client", "state", "-id"], name="alert_client_state"),
            models.Index(fields=["-id"], condition=Q(state="open"), name="alert_open"),
            models.Index(
                fields=["escalate_at"], condition=Q(state="open", escalate_at__isnull=False), name="alert_escalate"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.level} % of {self.subject_kind} {self.subject_id}"

    @property
    def is_breach(self) -> bool:
        return self.level >= self.BREACH


class Endpoint(Versioned):
    """A chat or push address of a person, or of the duty (no owner): gets what the duty mailbox gets.

    `sealed_url` is the service's address in apprise's form, encrypted, for it holds secrets; `hint` is what people see.
    """

    class Kind(models.TextChoices):
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        TELEGRAM = "telegram", "Telegram"
        MATTERMOST = "mattermost", "Mattermost"
        NTFY = "ntfy", "ntfy"
        OTHER = "other", _("Other service")

    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="endpoints")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    sealed_url = models.TextField()
    hint = models.CharField(max_length=100)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="endpoint_name_once_per_owner")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        """Whether it belongs to the duty."""
        return self.owner_id is None

    @property
    def is_on(self) -> bool:
        return self.disabled_at is None


class Preference(models.Model):
    """How one kind of message reaches a person over one channel (`endpoint` empty: mail); without a row the default of
    the roles counts (`alerts.preferences`)."""

    class Mode(models.TextChoices):
        AT_ONCE = "at_once", _("At once")
        DIGEST = "digest", _("In the digest")
        OFF = "off", _("No")

    user = models.ForeignKey(User, models.CASCADE, related_name="preferences")
    event = models.CharField(max_length=20)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, null=True, blank=True, related_name="preferences")
    mode = models.CharField(max_length=7, choices=Mode)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "event", "endpoint"], name="one_preference_per_endpoint"),
            models.UniqueConstraint(
                fields=["user", "event"], condition=Q(endpoint=None), name="one_preference_for_mail"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.event}: {self.mode}"


class NotificationHours(models.Model):
    """When a person wants to be left alone, and when the digest comes; local times of the person's zone.

    `quiet_from` to `quiet_until` may run over midnight; without them there are no quiet hours, without `digest_at` no
    daily digest. `urgent_wakes`: P1 comes through quiet hours.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="notification_hours")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    urgent_wakes = models.BooleanField(default=True)
    digest_at = models.TimeField(null=True, blank=True)
    digest_sent_on = models.DateField(null=True)
    unsubscribe_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.quiet_from} to {self.quiet_until}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> DeliveryQuerySet:
        """Pending, their time has come, no live lease. A lease far in the future was left by a clock jump: free.

        What waits for a digest is not due: the digest takes it along.
        """
        free = Q(lease_until=None) | Q(lease_until__lte=at) | Q(lease_until__gt=at + LEASE_SANITY)
        return self.filter(free, state=Delivery.State.PENDING, next_attempt_at__lte=at, in_digest=False)


class Delivery(models.Model):
    """One message owed to one recipient over one channel. Ends as sent, dead, cancelled or joined; there is no other.

    Messages about work, digests, tests of a channel and messages to the operators belong to no alert; their words stand
    in `subject` and `body` from the first. `event` and `work` are those of a message about work (`operations.telling`).
    `in_digest`: it waits for its recipient's daily digest; taken along by one, it is joined, and `joined_in` is that
    digest. `group`: those that went out in one mail, because there were many. `key`: what is told once to each place;
    to the operators once a day.
    """

    class Notice(models.TextChoices):
        RAISED = "raised", _("Alert")
        RETRACTED = "retracted", _("Alert withdrawn")
        DIGEST = "digest", _("Daily digest")
        TEST = "test", _("Test of the channel")
        OPERATOR = "operator", _("About TamHub itself")
        WORK = "work", _("About your work")

    class Channel(models.TextChoices):
        EMAIL = "email", _("Mail")
        CHAT = "chat", _("Chat")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Could not be delivered")
        CANCELLED = "cancelled", _("Cancelled")
        JOINED = "joined", _("In a digest")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alert = models.ForeignKey(Alert, models.CASCADE, null=True, related_name="deliveries")
    client = models.ForeignKey(Client, models.CASCADE, null=True, related_name="+")
    endpoint = models.ForeignKey(Endpoint, models.SET_NULL, null=True, related_name="deliveries")
    notice = models.CharField(max_length=9, choices=Notice, default=Notice.RAISED)
    round = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    recipient = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=200)
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
    in_digest = models.BooleanField(default=False)
    joined_in = models.ForeignKey("self", models.SET_NULL, null=True, related_name="joined")
    group = models.UUIDField(null=True)
    key = models.CharField(max_length=120, blank=True)
    event = models.CharField(max_length=20, blank=True)
    work = models.JSONField(default=dict, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "round", "notice", "channel", "address"], name="one_delivery_per_address_and_channel"
            ),
            models.UniqueConstraint(
                fields=["notice", "key", "channel", "address"], condition=~Q(key=""), name="one_delivery_per_key"
            ),
            models.CheckConstraint(
                name="delivery_is_about_something",
                condition=Q(alert__isnull=False, client__isnull=False)
                | Q(notice__in=["digest", "test", "operator"])
                | (Q(notice="work", alert__isnull=True) & ~Q(event="")),
            ),
            models.CheckConstraint(name="delivery_sent_when", condition=~Q(state="sent") | Q(sent_at__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="delivery_pending"),
            models.Index(fields=["client", "-id"], name="delivery_client"),
            models.Index(fields=["group"], condition=Q(group__isnull=False, state="pending"), name="delivery_group"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.address}"

    @property
    def place(self) -> str:
        """Where it goes, as people know it: an endpoint's own address is a secret."""
        return f"{self.endpoint} ({self.endpoint.hint})" if self.endpoint else self.address

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
