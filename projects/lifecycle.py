"""Which state may follow which, for requests and tasks; shown in docs/architecture.md."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RequestStatus(models.TextChoices):
    NEW = "new", pgettext_lazy("of a change request", "New")
    CLARIFYING = "clarifying", _("Clarifying")
    DECOMPOSING = "decomposing", _("Decomposing")
    AGREED = "agreed", _("Agreed")
    IN_WORK = "in_work", _("In work")
    DELIVERED = "delivered", _("Delivered")
    ACCEPTED = "accepted", pgettext_lazy("of a change request", "Accepted")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


R = RequestStatus
ENDED_REQUEST = frozenset({R.ACCEPTED.value, R.REJECTED.value, R.WITHDRAWN.value})
BEFORE_AGREEMENT = frozenset({R.NEW.value, R.CLARIFYING.value, R.DECOMPOSING.value})
# Of a request that is not agreed yet nobody is told: its tasks may still change.
BINDING = frozenset({R.AGREED.value, R.IN_WORK.value})
# From delivered back to in work: the client did not accept.
REQUEST_TRANSITIONS: Mapping[str, frozenset[str]] = {
    R.NEW: frozenset({R.CLARIFYING, R.DECOMPOSING, R.AGREED, R.IN_WORK, R.REJECTED, R.WITHDRAWN}),
    R.CLARIFYING: frozenset({R.DECOMPOSING, R.AGREED, R.IN_WORK, R.REJECTED, R.WITHDRAWN}),
    R.DECOMPOSING: frozenset({R.CLARIFYING, R.AGREED, R.IN_WORK, R.REJECTED, R.WITHDRAWN}),
    R.AGREED: frozenset({R.IN_WORK, R.DELIVERED, R.WITHDRAWN}),
    R.IN_WORK: frozenset({R.DELIVERED, R.WITHDRAWN}),
    R.DELIVERED: frozenset({R.ACCEPTED, R.IN_WORK}),
    R.ACCEPTED: frozenset(),
    R.REJECTED: frozenset(),
    R.WITHDRAWN: frozenset(),
}


class TaskStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    IN_PROGRESS = "in_progress", _("In progress")
    BLOCKED = "blocked", _("Blocked")
    DONE = "done", pgettext_lazy("of a task", "Done")
    CANCELLED = "cancelled", pgettext_lazy("of a task", "Cancelled")


T = TaskStatus
ENDED_TASK = frozenset({T.DONE.value, T.CANCELLED.value})
OPEN_TASK = frozenset({T.PLANNED.value, T.IN_PROGRESS.value, T.BLOCKED.value})
TASK_TRANSITIONS: Mapping[str, frozenset[str]] = {
    T.PLANNED: frozenset({T.IN_PROGRESS, T.BLOCKED, T.DONE, T.CANCELLED}),
    T.IN_PROGRESS: frozenset({T.BLOCKED, T.DONE, T.PLANNED, T.CANCELLED}),
    T.BLOCKED: frozenset({T.IN_PROGRESS, T.PLANNED, T.DONE, T.CANCELLED}),
    T.DONE: frozenset({T.IN_PROGRESS}),
    T.CANCELLED: frozenset({T.PLANNED}),
}


class BlockReason(models.TextChoices):
    """What a blocked task needs."""

    CLIENT = "client", _("The client")
    ACCESS_OR_LICENCE = "access_or_licence", _("Access or a licence")
    VENDOR = "vendor", _("A vendor")
    DEPARTMENT = "department", _("Another department")
    UNCLEAR = "unclear", _("It is unclear")
    OTHER = "other", _("Something else")
