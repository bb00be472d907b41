"""Reusable decompositions. They are data: a provider edits them, each edit is a new version."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.models import Versioned


class Blueprint(Versioned):
    """A kind of request that comes again, with the tasks it takes."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    purpose = models.TextField(blank=True)
    when_to_use = models.TextField(blank=True)
    current = models.ForeignKey("BlueprintVersion", models.PROTECT, null=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class BlueprintVersion(models.Model):
    """One state of a blueprint; never edited, only followed by the next.

    `content` has the shape of `projects.blueprints.Content`: questions, tasks with departments, ranges in working hours
    and definitions of ready and done, dependencies with lags, risks.
    """

    blueprint = models.ForeignKey(Blueprint, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["blueprint", "number"], name="blueprint_version_once")]

    def __str__(self) -> str:
        return _("%(name)s, version %(number)d") % {"name": self.blueprint.name, "number": self.number}
