"""Incidents, their append-only events, and the hops between departments.

An incident's columns are what its events add up to (`incidents.lifecycle`); the event list is its history.
"""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Client, User
from departments.models import Department
from kernel.models import Versioned
from projects.models import Project
from sla.models import PolicyVersion, Priority, SlaPolicy, Vendor

# What an incident without a running clock sorts by: never null, so that cursors work.
FAR_FUTURE = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
REFERENCE_PREFIX = "INC-"
# The source of what a client's own people opened here.
PORTAL = "portal"


class Status(models.TextChoices):
    NEW = "new", _("New")
    IN_PROGRESS = "in_progress", _("In progress")
    ON_HOLD = "on_hold", _("On hold")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


OPEN_STATUSES = (Status.NEW, Status.IN_PROGRESS, Status.ON_HOLD)


class HoldReason(models.TextChoices):
    CLIENT = "client", _("Waiting for client")
    VENDOR = "vendor", _("Waiting for vendor")
    APPOINTMENT = "appointment", _("Agreed appointment")
    MAINTENANCE = "maintenance", _("Agreed maintenance")
    FORCE_MAJEURE = "force_majeure", _("Force majeure")
    PROBLEM = "problem", _("Waiting for a problem")


class ReopenReason(models.TextChoices):
    """Why it came back; only the first counts against quality."""

    NOT_FIXED = "not_fixed", _("Not fixed")
    NEW_WISH = "new_wish", _("New wish")
    CLIENT_MISTAKE = "client_mistake", _("Client's mistake")


class Side(models.TextChoices):
    """Who speaks: a public word of ours is an update for the client, one of theirs waits for an answer."""

    US = "us", _("One of us")
    CLIENT = "client", _("The client")


class IncidentQuerySet(models.QuerySet["Incident"]):
    def open(self) -> IncidentQuerySet:
        return self.filter(status__in=OPEN_STATUSES)


class Incident(Versioned):
    client = models.ForeignKey(Client, models.CASCADE, related_name="incidents")
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="incidents")
    department = models.ForeignKey(Department, models.PROTECT, related_name="incidents")
    assignee = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="incidents")
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    priority = models.CharField(max_length=2, choices=Priority)
    category = models.CharField(max_length=100, blank=True)
    service = models.CharField(max_length=100, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    is_major = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    hold_reason = models.CharField(max_length=15, choices=HoldReason, blank=True)
    vendor = models.ForeignKey(Vendor, models.PROTECT, null=True, blank=True, related_name="+")
    resolution = models.TextField(blank=True)
    source = models.CharField(max_length=40)
    external_ref = models.CharField(max_length=120, blank=True)
    opened_at = models.DateTimeField()
    responded_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopen_count = models.PositiveIntegerField(default=0)
    sla_policy = models.ForeignKey(SlaPolicy, models.PROTECT, null=True, blank=True, related_name="+")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    next_due_at = models.DateTimeField(default=FAR_FUTURE)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "source", "external_ref"],
                condition=~Q(external_ref=""),
                name="incident_external_ref_once",
            ),
            models.CheckConstraint(
                name="incident_on_hold_for_a_reason",
                condition=(Q(status="on_hold") & ~Q(hold_reason="")) | (~Q(status="on_hold") & Q(hold_reason="")),
            ),
        ]
        indexes = [
            models.Index(fields=["source", "external_ref"], name="incident_by_ref"),
            models.Index(fields=["next_due_at", "id"], name="incident_next_due"),
            models.Index(fields=["client", "next_due_at", "id"], name="incident_client_next_due"),
            models.Index(fields=["department", "next_due_at", "id"], name="incident_department_next_due"),
            models.Index(fields=["client", "opened_at"], name="incident_client_opened"),
            models.Index(fields=["opened_at", "id"], name="incident_opened"),
            models.Index(fields=["status", "next_due_at"], name="incident_status_next_due"),
            # All that the list's order, its counts and people's reach ask of what is open, read without the table.
            models.Index(
                fields=["next_due_at", "id", "status", "client", "department", "project", "assignee"],
                condition=Q(status__in=["new", "in_progress", "on_hold"]),
                name="incident_open",
            ),
            models.Index(fields=["priority", "id"], name="incident_priority"),
            models.Index(fields=["updated_at", "id"], name="incident_updated"),
            models.Index(fields=["external_ref"], condition=~Q(external_ref=""), name="incident_external_ref"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        return f"{REFERENCE_PREFIX}{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES


class EventKind(models.TextChoices):
    OPENED = "opened", _("Opened")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("of an incident", "Acknowledged")
    HELD = "held", pgettext_lazy("of an incident", "Put on hold")
    RESUMED = "resumed", _("Resumed")
    RESOLVED = "resolved", _("Resolved")
    REOPENED = "reopened", _("Reopened")
    CLOSED = "closed", _("Closed")
    PRIORITY_CHANGED = "priority_changed", _("Priority changed")
    ASSIGNED = "assigned", _("Assigned")
    EDITED = "edited", _("Edited")
    COMMENTED = "commented", _("Commented")
    POLICY_CHANGED = "policy_changed", _("SLA policy changed")
    RECALCULATED = "recalculated", _("Clocks recalculated")
    IMPORTED = "imported", _("State reported by the ticketing system")


class IncidentEvent(models.Model):
    """One thing that happened to an incident. Append-only: corrections are further events.

    Each event carries the columns it sets (empty = unchanged), so the list replays without knowing how it came about.
    `at` is when it happened (whole seconds), `recorded_at` when it became known; order is (`at`, `id`).
    `policy_version` is what is promised from here on; `ola_version` and `vendor_version` what the department and the
    vendor of this event owe us, as it was when this became known. `said_by` names the side that spoke; programs are
    neither.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=EventKind)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=12, choices=Status, blank=True)
    hold_reason = models.CharField(max_length=15, choices=HoldReason, blank=True)
    priority = models.CharField(max_length=2, choices=Priority, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    assignee_changed = models.BooleanField(default=False)
    assignee = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+")
    ola_version = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, db_index=False, related_name="+")
    vendor = models.ForeignKey(Vendor, models.PROTECT, null=True, related_name="+")
    vendor_version = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, db_index=False, related_name="+")
    reopen_reason = models.CharField(max_length=14, choices=ReopenReason, blank=True)
    text = models.TextField(blank=True)
    is_public = models.BooleanField(default=False)
    said_by = models.CharField(max_length=6, choices=Side, blank=True)
    changes = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "external_id"], condition=~Q(external_id=""), name="incident_event_once"
            ),
        ]
        indexes = [models.Index(fields=["incident", "at", "id"], name="incident_event_order")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"


class Hop(models.Model):
    """The stay of an incident with one department, in `[started_at, ended_at)`; follows from the events like the
    clocks do."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="hops")
    number = models.PositiveIntegerField()
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="hop_number_once")]

    def __str__(self) -> str:
        return f"{self.number}. {self.department_id}"
