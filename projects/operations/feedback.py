"""Asking the client's contact how it was, once a request is accepted."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from projects.models import ChangeRequest, Feedback
from projects.operations import telling
from projects.operations.moving import record

BEST = 5


def digest(token: str) -> str:
    return salted_hmac("projects.Feedback", token, algorithm="sha256").hexdigest()


def ask(request: ChangeRequest, *, at: datetime) -> None:
    """Owe the contact who accepted a mail with a link to one question. Whoever has no address is not asked."""
    contact = request.accepted_by
    if contact is None or not contact.email or Feedback.objects.filter(request=request).exists():
        return
    token = secrets.token_urlsafe(30)
    Feedback.objects.create(request=request, contact=contact, digest=digest(token), asked_at=at)
    request.feedback_asked_at = at
    request.save(update_fields=["feedback_asked_at"])
    record(request, "feedback asked", actor=None, at=at, text=contact.name)
    telling.feedback_asked(request, contact, token, at=at)


@transaction.atomic
def give_feedback(*, feedback: Feedback, score: int, comment: str, at: datetime) -> Feedback:
    """The contact's answer; the first one counts."""
    if not 1 <= score <= BEST:
        raise Invalid(_("Choose one of the five."), field="score")
    feedback = lock(Feedback.objects.select_related("request__project", "contact")).get(pk=feedback.pk)
    if feedback.answered_at is not None:
        raise Conflict(_("You have answered already. Thank you."), code="used")
    feedback.score, feedback.comment, feedback.answered_at = score, comment.strip(), at
    feedback.save()
    record(feedback.request, "feedback given", actor=None, at=at, text=f"{score}/{BEST}")
    return feedback
