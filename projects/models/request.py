"""What a client asks for, and what has to be known before it can be promised."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Contact, User
from departments.models import Department
from kernel.models import Versioned
from projects.lifecycle import ENDED_REQUEST, RequestStatus
from projects.models.blueprint import BlueprintVersion
from projects.models.project import Project


class ChangeRequest(Versioned):
    """What the client asks for; clarified, then decomposed into tasks of departments, delivered, accepted.

    `text` is in the client's words. `promised_at` is what the client was told; nothing but a person moves it.
    """

    class Source(models.TextChoices):
        MAIL = "mail", _("Mail")
        PHONE = "phone", _("Phone")
        MEETING = "meeting", _("Meeting")
        PORTAL = "portal", _("TamHub")
        API = "api", _("API")

    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="change_requests")
    external_ref = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    source = models.CharField(max_length=8, choices=Source, default=Source.PORTAL)
    requested_by = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=12, choices=RequestStatus, default=RequestStatus.NEW)
    blueprint = models.ForeignKey(BlueprintVersion, models.PROTECT, null=True, blank=True, related_name="uses")
    wanted_on = models.DateField(null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    status_since = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    ended_reason = models.CharField(max_length=500, blank=True)
    feedback_asked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "external_ref"], condition=~Q(external_ref=""), name="request_reference_once"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="request_project"),
            models.Index(fields=["client", "status", "-id"], name="request_client_status"),
            # All that the frame of every page asks of what is open, read without the table.
            models.Index(
                fields=["-id", "status", "project", "client"],
                condition=~Q(status__in=sorted(ENDED_REQUEST)),
                name="request_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        return self.external_ref or f"CHG-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED_REQUEST

    @property
    def asker(self) -> Contact | User | None:
        """The client's person, else who wrote it down."""
        return self.requested_by or self.recorded_by

    @property
    def was_recorded_for_another(self) -> bool:
        """Somebody wrote down what somebody else asked."""
        asked = self.requested_by.user_id if self.requested_by is not None else None
        return self.recorded_by_id is not None and self.recorded_by_id != asked


class Clarification(models.Model):
    """A question that must be answered before the request can be promised; owed by a contact or by a department.

    `decides` says what hangs on it. While one to a contact is open, the time counts as waiting for the client.
    """

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="clarifications")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    decides = models.CharField(max_length=200, blank=True)
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    to_client = models.BooleanField()
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="clarification_goes_to_one",
                condition=Q(to_client=True, department=None)
                | Q(to_client=False, department__isnull=False, contact=None),
            ),
            models.CheckConstraint(
                name="clarification_answered_after_asked",
                condition=Q(answered_at=None) | Q(answered_at__gte=F("asked_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["department"], condition=Q(answered_at=None, withdrawn_at=None), name="clarification_owed"
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.withdrawn_at is None


class Draft(models.Model):
    """A decomposition as it is being typed: rows and dates as strings, right or wrong, so that nothing typed is ever
    lost."""

    request = models.OneToOneField(ChangeRequest, models.CASCADE, related_name="draft")
    rows = models.JSONField(default=list)
    dates = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    saved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft of {self.request_id}"
