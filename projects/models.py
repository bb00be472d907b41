"""What is run for a client."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from kernel.models import Versioned
from sla.models import SlaPolicy


class Project(Versioned):
    """A project of a client; its policy, if it names one, goes before the client's."""

    class Phase(models.TextChoices):
        DESIGN = "design", _("Design")
        IMPLEMENTATION = "implementation", _("Implementation")
        OPERATION = "operation", _("Operation")
        CLOSED = "closed", _("Closed")

    client = models.ForeignKey(Client, models.CASCADE, related_name="projects")
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    phase = models.CharField(max_length=15, choices=Phase, default=Phase.DESIGN)
    sla_policy = models.ForeignKey(SlaPolicy, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
