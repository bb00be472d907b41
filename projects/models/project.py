"""A project of a client."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from kernel.models import Versioned
from sla.models import SlaPolicy


class Project(Versioned):
    """A project of a client; its policy, if it names one, goes before the client's.

    Architect, TAM and deputy stand here as they are today; who was it when, and who will be, stands in the grants.
    Without a TAM of its own the client's TAM answers for it. `deputy_until`: a deputy without days has none.
    """

    class Phase(models.TextChoices):
        DESIGN = "design", _("Design")
        IMPLEMENTATION = "implementation", _("Implementation")
        OPERATION = "operation", _("Operation")
        CLOSED = "closed", _("Closed")

    client = models.ForeignKey(Client, models.CASCADE, related_name="projects")
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    goal = models.CharField(max_length=300, blank=True)
    phase = models.CharField(max_length=15, choices=Phase, default=Phase.DESIGN)
    architect = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    tam = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    deputy = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    deputy_until = models.DateTimeField(null=True, blank=True)
    sla_policy = models.ForeignKey(SlaPolicy, models.PROTECT, null=True, blank=True, related_name="+")
    promised_go_live = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def tam_in_charge(self) -> User | None:
        """Who answers for the project."""
        return self.tam or self.client.tam

    def stands_in(self, at: datetime) -> User | None:
        """The deputy whose days these are: asked and told instead of the TAM. One without days is only second."""
        return self.deputy if self.deputy_until is not None and at < self.deputy_until else None

    @property
    def deputy_in_charge(self) -> User | None:
        return self.deputy or self.client.deputy
