"""What belongs to one person: links in mails, filters kept, the last look at a project."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from projects.models.project import Project
from projects.models.task import Task


class ActionLink(models.Model):
    """A link in a mail that lets one person take one step on one task, once, without signing in.

    Only the digest of its token is stored. Opening it shows, the button does: mail scanners open links.
    """

    class Step(models.TextChoices):
        START = "start", _("Start")
        COMPLETE = "complete", pgettext_lazy("button", "Done")
        BLOCK = "block", pgettext_lazy("button", "Blocked")

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, models.CASCADE, related_name="+")
    step = models.CharField(max_length=8, choices=Step)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.step} T-{self.task_id} by {self.user_id}"


class SavedFilter(models.Model):
    """A list as somebody wants to find it again: the address's parameters under a name."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_once")]

    def __str__(self) -> str:
        return self.name


class Visit(models.Model):
    """When a person last looked at a project's history, for "what changed since"."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="one_visit_per_project")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.project_id}"
