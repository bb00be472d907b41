"""The papers of a project: what they describe, who answers for them, and until when they are believed."""

from __future__ import annotations

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from kernel.models import StoredFile, Versioned
from projects.models.project import Project
from projects.models.task import Task


class Document(Versioned):
    """One line of the register. What it says stands in its versions.

    `kind` is what blueprints and tasks name when they touch it, for example "Network diagram"; `service` what
    incidents name. It is believed until `due_at`: when the review interval has passed since somebody verified it, or
    when something it describes has changed since (`suspect_at`). `told_at`: when its owner heard of its present state.
    Without an owner, the project's TAM answers for it.
    """

    class Visibility(models.TextChoices):
        INTERNAL = "internal", _("The provider's people")
        CLIENT = "client", _("The client, too")

    class State(models.TextChoices):
        CURRENT = "current", _("Current")
        SUSPECT = "suspect", _("Suspect")
        STALE = "stale", _("Stale")

    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="documents")
    title = models.CharField(_("Title"), max_length=200)
    kind = models.CharField(_("Kind"), max_length=100)
    service = models.CharField(_("Service"), max_length=100, blank=True)
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("Owner")
    )
    review_every_days = models.PositiveSmallIntegerField(
        _("Review every … days"), default=180, validators=[MinValueValidator(1), MaxValueValidator(1830)]
    )
    visibility = models.CharField(_("Who may read it"), max_length=8, choices=Visibility, default=Visibility.INTERNAL)
    verified_at = models.DateTimeField()
    verified_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField()
    suspect_at = models.DateTimeField(null=True)
    suspect_by_task = models.ForeignKey(Task, models.SET_NULL, null=True, related_name="+")
    suspect_reason = models.CharField(max_length=300, blank=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="document_is_reviewed", condition=Q(review_every_days__gte=1)),
        ]
        indexes = [
            models.Index(fields=["project", "title", "id"], name="document_register"),
            models.Index(fields=["client", "-id"], name="document_client"),
            models.Index(fields=["due_at"], condition=Q(told_at=None), name="document_to_tell"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def reference(self) -> str:
        return f"DOC-{self.pk}"

    @property
    def answerable(self) -> User | None:
        return self.owner or self.project.tam_in_charge

    def state(self, at: datetime) -> State:
        if self.suspect_at is not None:
            return self.State.SUSPECT
        return self.State.STALE if self.due_at <= at else self.State.CURRENT


class DocumentVersion(models.Model):
    """What the document said from then on: a file, Markdown or a link. Never edited, only followed by the next."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    stored = models.OneToOneField(StoredFile, models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True)
    link = models.URLField(max_length=500, blank=True)
    note = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="document_version_once"),
            models.CheckConstraint(
                name="document_version_is_one_thing",
                condition=Q(stored__isnull=False, text="", link="")
                | (Q(stored=None, link="") & ~Q(text=""))
                | (Q(stored=None, text="") & ~Q(link="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"
