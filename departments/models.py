"""The provider's departments, who works in them, and who is away."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from kernel.models import Versioned
from sla.models import Calendar, SlaPolicy


class DepartmentQuerySet(models.QuerySet["Department"]):
    def active(self) -> DepartmentQuerySet:
        return self.filter(archived_at=None)


class Department(Versioned):
    """An engineering department, or the first line. Who works there stands in the grants; the head stands here as of
    today."""

    class Kind(models.TextChoices):
        ENGINEERING = "engineering", _("Engineering")
        SUPPORT = "support", _("Support")

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100, unique=True)
    short_name = models.CharField(max_length=40, blank=True)
    icon = models.CharField(max_length=40, default="building-2")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.ENGINEERING)
    head = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    calendar = models.ForeignKey(Calendar, models.PROTECT, null=True, blank=True, related_name="+")
    ola = models.ForeignKey(SlaPolicy, models.PROTECT, null=True, blank=True, related_name="departments")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def short(self) -> str:
        return self.short_name or self.name


class Absence(Versioned):
    """A person is away in `[starts_at, ends_at)`; alerts go to the stand-in, or to the next in line."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    stand_in = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=100, blank=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["user", "ends_at"], name="absence_user_end")]
        constraints = [
            models.CheckConstraint(name="absence_ends_after_it_begins", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="absence_another_stands_in", condition=Q(stand_in=None) | ~Q(stand_in=F("user"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} away until {self.ends_at:%Y-%m-%d}"

    def covers(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at

    @property
    def stand_in_uid(self) -> uuid.UUID:
        """What the stand-in's calendar knows the absence by."""
        return uuid.uuid5(self.uid, str(self.stand_in_id))


class DutyShift(Versioned):
    """A person is on duty in `[starts_at, ends_at)`, for a department or, without one, for the whole provider.

    `uid` is what calendars know the shift by, for ever. What was imported also keeps where it came from: `source`
    names the calendar, `source_uid` and `recurrence` (the instant in UTC as iCalendar writes it, empty for a single
    event) the event in it.
    """

    department = models.ForeignKey(Department, models.CASCADE, null=True, blank=True, related_name="duty_shifts")
    user = models.ForeignKey(User, models.CASCADE, related_name="duty_shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(max_length=60, blank=True, editable=False)
    source_uid = models.CharField(max_length=255, blank=True, editable=False)
    recurrence = models.CharField(max_length=20, blank=True, editable=False)

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["starts_at", "ends_at"], name="duty_shift_span"),
            models.Index(fields=["user", "ends_at"], name="duty_shift_user_end"),
        ]
        constraints = [
            models.CheckConstraint(name="duty_shift_ends_after_it_begins", condition=Q(ends_at__gt=F("starts_at"))),
            models.UniqueConstraint(
                fields=["source", "source_uid", "recurrence", "user"],
                condition=~Q(source_uid=""),
                name="duty_shift_imported_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} on duty {self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"


class WithdrawnEntry(models.Model):
    """What a calendar feed once showed and no longer does, so that subscribers are told it is cancelled.

    `user` is whose entry it was, `version` that of the row when it went.
    """

    uid = models.UUIDField()
    version = models.PositiveIntegerField()
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    department = models.ForeignKey(Department, models.CASCADE, null=True, blank=True, related_name="+")
    is_absence = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["withdrawn_at"], name="withdrawn_entry_at")]

    def __str__(self) -> str:
        return f"{self.uid} withdrawn"


class CalendarFeed(models.Model):
    """The secret address under which somebody's calendar program reads duty. Only the digest of its token is stored.

    What it shows is decided anew at each reading, with the rights that `user` has then.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("My shifts and absences")
        DEPARTMENT = "department", _("One department")
        PROVIDER = "provider", _("Everything")

    user = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds")
    kind = models.CharField(max_length=10, choices=Kind)
    department = models.ForeignKey(Department, models.CASCADE, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "department__name"]
        constraints = [
            models.CheckConstraint(
                name="calendar_feed_names_its_department",
                condition=Q(kind="department", department__isnull=False) | (~Q(kind="department") & Q(department=None)),
            ),
            models.UniqueConstraint(
                fields=["user", "kind"], condition=Q(department=None), name="one_calendar_feed_per_kind"
            ),
            models.UniqueConstraint(
                fields=["user", "department"],
                condition=Q(department__isnull=False),
                name="one_calendar_feed_per_department",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} feed of {self.user_id} ({self.hint}…)"


class GroupMapping(Versioned):
    """Which department a client's ticketing system means by a group's name."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="group_mappings")
    group = models.CharField(max_length=200)
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["client", "group"], name="group_mapped_once_per_client")]

    def __str__(self) -> str:
        return f"{self.group} → {self.department_id}"
