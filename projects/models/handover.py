"""Handing a project over: by the architect to the TAM at go-live, and by one TAM to the next."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from kernel.models import Versioned
from projects.models.project import Project


class ChecklistItem(models.Model):
    """A line of the checklist that every handover at go-live begins with; the provider edits it."""

    text = models.CharField(max_length=200, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text


class Handover(Versioned):
    """Who gives the project, who takes it, what has to be in order before; it is done when both have signed.

    `brief` is what the one who takes it must know, as Markdown, open to changes until somebody signs.
    """

    class Kind(models.TextChoices):
        GO_LIVE = "go_live", _("Go-live")
        CHANGE = "change_of_tam", _("Change of TAM")

    class Status(models.TextChoices):
        OPEN = "open", _("In preparation")
        RETURNED = "returned", _("Returned")
        ACCEPTED = "accepted", _("Signed by both")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="handovers")
    kind = models.CharField(max_length=13, choices=Kind, default=Kind.GO_LIVE)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    giver = models.ForeignKey(User, models.PROTECT, related_name="+")
    receiver = models.ForeignKey(User, models.PROTECT, related_name="+")
    planned_on = models.DateField(null=True, blank=True)
    brief = models.TextField(blank=True)
    begun_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    begun_at = models.DateTimeField()
    giver_signed_at = models.DateTimeField(null=True)
    receiver_signed_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    return_reason = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(status__in=["open", "returned"]), name="one_handover_at_a_time"
            ),
            models.CheckConstraint(
                name="handover_accepted_is_signed",
                condition=~Q(status="accepted") | Q(giver_signed_at__isnull=False, receiver_signed_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["project", "kind", "status"], name="handover_project")]

    def __str__(self) -> str:
        words = _("%(kind)s: %(giver)s → %(receiver)s")
        return str(words % {"kind": self.get_kind_display(), "giver": self.giver, "receiver": self.receiver})

    @property
    def is_open(self) -> bool:
        return self.status in {self.Status.OPEN, self.Status.RETURNED}

    @property
    def is_signed_by_one(self) -> bool:
        return self.giver_signed_at is not None or self.receiver_signed_at is not None


class HandoverItem(models.Model):
    """One thing that has to be in order, and who saw to it."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="items")
    text = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text
