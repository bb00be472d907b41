"""What was promised and how it is measured: calendars, policies with versions, and the clock.

A version is never edited, only followed by the next: a running clock keeps the versions it started with, so editing
a policy or a calendar does not rewrite a promise.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from kernel.models import Versioned


class Priority(models.TextChoices):
    P1 = "P1", "P1"
    P2 = "P2", "P2"
    P3 = "P3", "P3"
    P4 = "P4", "P4"


class Calendar(Versioned):
    """Business time: a zone, weekly hours, holidays. The hours stand in its versions."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    current = models.ForeignKey("CalendarVersion", models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """One state of a calendar. `holidays` holds every closed date, the country's public holidays expanded at the
    time of writing: a newer holiday library never moves a deadline that was promised."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    timezone = models.CharField(max_length=60)
    hours = models.JSONField(default=dict)
    extra_holidays = models.JSONField(default=list)
    holidays = models.JSONField(default=list)
    date_hours = models.JSONField(default=dict)
    country = models.CharField(max_length=2, blank=True)
    always = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    valid_from = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_once")]

    def __str__(self) -> str:
        return f"{self.calendar_id} v{self.number}"


class SlaPolicy(Versioned):
    """What is promised per priority: to clients (a contract tier), between departments (an OLA), or by a vendor (an
    underpinning contract). At most one is the default for clients that name none.

    In an OLA the response is the time to accept a handover and the resolution the time to finish; a vendor's
    resolution is the time to answer.
    """

    class Scope(models.TextChoices):
        CLIENT = "client", _("Promise to clients")
        DEPARTMENT = "department", _("Between departments (OLA)")
        VENDOR = "vendor", _("Promise of a vendor")

    scope = models.CharField(max_length=10, choices=Scope, default=Scope.CLIENT)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    is_default = models.BooleanField(default=False)
    current = models.ForeignKey("PolicyVersion", models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_policy"),
            models.CheckConstraint(
                name="only_promises_to_clients_are_default", condition=Q(is_default=False) | Q(scope="client")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """One state of a policy, in force from `valid_from` until the next one's.

    `ladder` says who is told at which share (`sla.ladder`); empty: the default of `alerts.routing`. An alert that
    nobody acknowledges within `escalate_after_s` goes on to whoever comes next. `reopen_within_days` bounds how late
    an incident may be reopened; null: for ever.
    """

    class Update(models.TextChoices):
        EVERY = "every", _("Every so often")
        AFTER_CLIENT = "after_client", _("After each message of the client")

    class Reopen(models.TextChoices):
        CONTINUE = "continue", _("The clock goes on")
        NEW_CYCLE = "new_cycle", _("A new clock starts")

    policy = models.ForeignKey(SlaPolicy, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    pause_on = models.JSONField(default=list)
    thresholds = models.JSONField(default=list)
    reopen = models.CharField(max_length=10, choices=Reopen, default=Reopen.CONTINUE)
    reopen_within_days = models.PositiveSmallIntegerField(null=True)
    update_mode = models.CharField(max_length=12, choices=Update, default=Update.EVERY)
    ladder = models.JSONField(default=list)
    escalate_after_s = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()
    valid_from = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.number}"


class SlaTarget(models.Model):
    """Response and resolution of one priority, and how often the client hears of it, in seconds of the calendar's
    business time."""

    policy_version = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="targets")
    priority = models.CharField(max_length=2, choices=Priority)
    response_s = models.PositiveIntegerField()
    resolution_s = models.PositiveIntegerField()
    update_s = models.PositiveIntegerField(null=True)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["priority"]
        constraints = [
            models.UniqueConstraint(fields=["policy_version", "priority"], name="one_target_per_priority"),
            models.CheckConstraint(name="targets_are_positive", condition=Q(response_s__gt=0, resolution_s__gt=0)),
            models.CheckConstraint(name="response_within_resolution", condition=Q(response_s__lte=F("resolution_s"))),
        ]

    def __str__(self) -> str:
        return f"{self.priority} {self.response_s}/{self.resolution_s}"


class ClientPolicy(models.Model):
    """The policy a client's contract names. It stands here because clients know nothing of policies."""

    client = models.OneToOneField(Client, models.CASCADE, related_name="sla")
    policy = models.ForeignKey(SlaPolicy, models.PROTECT, related_name="clients")

    def __str__(self) -> str:
        return f"{self.client_id}: {self.policy_id}"


class Vendor(Versioned):
    """Whom the provider waits for; what the vendor promised (the underpinning contract) is a policy of that scope."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200, unique=True)
    email = models.EmailField(blank=True)
    policy = models.ForeignKey(SlaPolicy, models.PROTECT, null=True, blank=True, related_name="vendors")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class ClockQuerySet(models.QuerySet["Clock"]):
    def to_wake(self, at: datetime) -> ClockQuerySet:
        """Clocks on which something is owed at this instant, the longest overdue first; one indexed range read."""
        return self.filter(wake_at__lte=at).order_by("wake_at", "pk")

    def open(self) -> ClockQuerySet:
        return self.filter(stopped_at=None)


class Clock(models.Model):
    """The measurement of one target on one subject.

    It counts `elapsed_s` business seconds up to `running_since`, and goes on from there while that is set; what is
    left of the
    target gives `due_at`. All columns follow from the subject's append-only events (`sla.replay`) and can be
    computed anew.
    `late_by_change_at` is set where a changed priority or policy found the new target used up already.
    `wake_at` is the next instant at which something is owed (a threshold, then the deadline); null when nothing is:
    stopped, paused,
    or all said. `alerted_level` is the highest threshold, in percent, that the sweep has dealt with.
    """

    class Kind(models.TextChoices):
        RESPONSE = "response", _("Response")
        RESOLUTION = "resolution", _("Resolution")
        UPDATE = "update", _("Next update")
        ACCEPT = "accept", _("Acceptance by the department")
        FINISH = "finish", _("Work of the department")
        VENDOR = "vendor", _("Answer of the vendor")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        MET = "met", _("Met")
        BREACHED = "breached", _("Breached")

    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    cycle = models.PositiveIntegerField(default=1)
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    calendar_version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="+")
    target_s = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State)
    started_at = models.DateTimeField()
    elapsed_s = models.PositiveIntegerField(default=0)
    running_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    alerted_level = models.PositiveSmallIntegerField(default=0)
    wake_errors = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    late_by_change_at = models.DateTimeField(null=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "kind", "cycle"], name="one_clock_per_subject_kind_and_cycle"
            ),
            models.CheckConstraint(
                name="clock_runs_towards_a_deadline",
                condition=~Q(state="running") | Q(due_at__isnull=False, running_since__isnull=False, stopped_at=None),
            ),
            models.CheckConstraint(
                name="clock_wakes_while_something_is_owed",
                condition=Q(wake_at=None) | Q(running_since__isnull=False) | Q(state="breached", alerted_level__lt=100),
            ),
            models.CheckConstraint(
                name="clock_says_when_it_was_breached",
                condition=Q(state="breached", breached_at__isnull=False) | (~Q(state="breached") & Q(breached_at=None)),
            ),
            models.CheckConstraint(
                name="clock_met_is_stopped", condition=~Q(state="met") | Q(stopped_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["wake_at"], condition=Q(wake_at__isnull=False), name="clock_wake"),
            models.Index(fields=["client", "state", "due_at"], name="clock_client_state_due"),
            models.Index(fields=["due_at", "id"], condition=Q(state="running"), name="clock_running_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} clock of {self.subject_kind} {self.subject_id}"

    @property
    def is_promised(self) -> bool:
        """A promise to the client; the others are between us, our departments and vendors."""
        return self.kind in PROMISED


# What clients were promised and reports measure; and all that is owed to clients, in the order pages show them.
REPORTED = (Clock.Kind.RESPONSE, Clock.Kind.RESOLUTION)
PROMISED = (*REPORTED, Clock.Kind.UPDATE)
