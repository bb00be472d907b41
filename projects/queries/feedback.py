"""Feedback, found by the secret of its address."""

from __future__ import annotations

from projects.models import Feedback
from projects.operations.feedback import digest


def feedback_behind(token: str) -> Feedback | None:
    rows = Feedback.objects.select_related("request__client", "request__project", "contact")
    return rows.filter(digest=digest(token)).first()
