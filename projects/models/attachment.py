"""Files that belong to a request."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel.models import StoredFile
from projects.models.request import ChangeRequest


class Attachment(models.Model):
    """A file beside a request, and how far it may be shown. What the client's people add, they see."""

    class Visibility(models.TextChoices):
        INTERNAL = "internal", _("Those who lead it")
        DEPARTMENTS = "departments", _("Departments, too")
        CLIENT = "client", _("The client, too")

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="attachments")
    stored = models.OneToOneField(StoredFile, models.PROTECT, related_name="+")
    visibility = models.CharField(max_length=11, choices=Visibility, default=Visibility.DEPARTMENTS)
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.stored.name
