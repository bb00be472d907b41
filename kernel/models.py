"""What every room may use: versioned rows, the history, the outbox, idempotency keys, files, the pulse of processes.

`tenant_id` is the id of whom a row belongs to, so that histories and feeds can be scoped without knowing the rooms
above.
"""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Versioned(models.Model):
    """A row that people edit: `version` is its ETag and grows with every write."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class History(models.Model):
    """Who did what to which object, when. Append-only; written by operations in the transaction of the change.

    `place` is the larger thing in which it happened, as `kind:id`, for example a project: its timeline is one read.
    """

    subject_kind = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    tenant_id = models.BigIntegerField(null=True, db_index=True)
    verb = models.CharField(max_length=60)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()
    changes = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    place = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name_plural = "histories"
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "at"], name="history_subject"),
            models.Index(fields=["place", "-at", "-id"], condition=~Q(place=""), name="history_place"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id} {self.verb}"


class OutboxEvent(models.Model):
    """A fact that others may want to know: webhooks, roll-ups, the change feed. Never alerts.

    `position` is given after the commit by `outbox.sequence`, in one row of writers, so a reader that has seen a
    position has
    seen everything before it. Ids alone cannot promise that: a transaction with a lower id may commit later.
    """

    topic = models.CharField(max_length=80)
    key = models.CharField(max_length=160)
    tenant_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField()
    position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "key"], name="outbox_each_fact_once")]
        indexes = [models.Index(fields=["id"], condition=Q(position__isnull=True), name="outbox_without_position")]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class OutboxCursor(models.Model):
    """How far a consumer has come in the outbox; moved in the transaction of its work."""

    consumer = models.CharField(max_length=60, primary_key=True)
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.consumer} at {self.position}"


class IdempotencyKey(models.Model):
    """The answer to a write that carried an Idempotency-Key, kept for 24 hours so that a repeated request repeats
    nothing."""

    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    lease_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"


def _unguessable(_stored: "StoredFile", _name: str) -> str:
    """Where a file is kept says nothing of what it is; 256 folders, so that none grows large."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name}"


class StoredFile(models.Model):
    """A file that somebody uploaded, as `kernel.files` found it. Whose it is, and who may read it, says the row of the
    room that points here. It never changes: another version is another file."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=_unguessable)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} ({self.token})"


class ProcessBeat(models.Model):
    """The pulse of a periodic process: when it last began and finished a full pass, and what it saw."""

    name = models.CharField(max_length=80, primary_key=True)
    pid = models.PositiveIntegerField()
    pass_started = models.DateTimeField(null=True)
    pass_finished = models.DateTimeField(null=True)
    figures = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
