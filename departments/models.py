"""The provider's departments, who works in them, and who is away."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from kernel.models import Versioned
from sla.models import Calendar


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
