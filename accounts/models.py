"""People and whom they work for: users, dated grants, tokens; clients and their contacts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.models import Versioned


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not an IANA time zone, for example Europe/Vienna."), params={"name": name})


NAME_FIELDS = ("first_name", "last_name", "username")  # what a person's `str` reads


class User(AbstractUser):
    """A person or a system that signs in. What a user may do stands in the grants, not here."""

    time_zone = models.CharField(max_length=60, blank=True, validators=[validate_time_zone])
    language = models.CharField(max_length=5, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    # Set by authentication: the clients that the token in use is limited to, and what to call it in the history.
    token_client_ids: frozenset[int] | None = None
    via: str = ""

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint("email", condition=~Q(email=""), name="user_email_once"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Role(models.TextChoices):
    ADMIN = "admin", _("Administrator")
    MANAGER = "manager", _("Service manager")
    TAM = "tam", _("TAM")
    ENGINEER = "engineer", _("Engineer")
    HEAD = "head", _("Department head")
    ARCHITECT = "architect", _("Architect")
    CONTACT = "contact", _("Contact")
    INTEGRATION = "integration", _("Integration")


class GrantQuerySet(models.QuerySet["Grant"]):
    def valid_at(self, at: datetime) -> GrantQuerySet:
        return self.filter(Q(valid_from__lte=at), Q(valid_until=None) | Q(valid_until__gt=at))


class Grant(models.Model):
    """One dated right: `user` acts as `role` within a scope. Every `visible_to(user)` reads this table and nothing
    else.

    Valid in `[valid_from, valid_until)`; rights end by date, without anything to clean up.
    """

    class Scope(models.TextChoices):
        ALL = "all", _("Everything")
        CLIENT = "client", _("One client")
        PROJECT = "project", _("One project")
        DEPARTMENT = "department", _("One department")
        OWN = "own", _("Own assignments")

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=12, choices=Role)
    client = models.ForeignKey("Client", models.CASCADE, null=True, blank=True, related_name="grants")
    scope_kind = models.CharField(max_length=10, choices=Scope)
    scope_id = models.BigIntegerField(null=True, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=60, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="grant_names_what_it_is_for",
                condition=Q(scope_kind__in=["all", "own"], scope_id=None)
                | Q(scope_kind__in=["client", "project", "department"], scope_id__isnull=False),
            ),
            models.CheckConstraint(
                name="grant_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "valid_until"], name="grant_of_user"),
            models.Index(fields=["scope_kind", "scope_id", "role"], name="grant_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} on {self.scope_kind} {self.scope_id or ''}".strip()


class ClientQuerySet(models.QuerySet["Client"]):
    def active(self) -> ClientQuerySet:
        return self.filter(archived_at=None)


class Client(Versioned):
    """A company served. TAM, deputy and service manager stand here as they are today; their rights are dated grants."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200, unique=True)
    industry = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=100, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    note = models.TextField(blank=True)
    tam = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    deputy = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    service_manager = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ClientQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Contact(Versioned):
    """A person at the client; one who may sign in has a `user`."""

    class Kind(models.TextChoices):
        TECHNICAL_EXPERT = "technical_expert", _("Technical expert")
        DECISION_MAKER = "decision_maker", _("Decision maker")

    client = models.ForeignKey(Client, models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.TECHNICAL_EXPERT)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=5, blank=True)
    user = models.OneToOneField(User, models.PROTECT, null=True, blank=True, related_name="contact")

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("client", "email", condition=~Q(email=""), name="contact_email_once_per_client"),
        ]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A key for programs. Only its digest and the first characters are stored; the token itself is shown once."""

    class TokenScope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and write")

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=5, choices=TokenScope, default=TokenScope.READ)
    clients = models.ManyToManyField(Client, blank=True, related_name="+")
    hint = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
