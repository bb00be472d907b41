"""The clarification loop: questions that must be answered before a request can be promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Contact, User
from departments.models import Department
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import bump
from projects.lifecycle import RequestStatus
from projects.models import ChangeRequest, Clarification
from projects.operations import telling
from projects.operations.moving import enter, locked, record

# Asked again sooner than this, nobody is reminded twice.
REMIND_AFTER = timedelta(hours=1)


@transaction.atomic
def ask(
    *,
    request: ChangeRequest,
    text: str,
    decides: str = "",
    contact: Contact | None = None,
    department: Department | None = None,
    actor: User | None,
    at: datetime,
) -> Clarification:
    """Put a question to one contact or one department; a new request is being clarified from then on."""
    if not text.strip():
        raise Invalid(_("Write the question."), field="text")
    if (contact is None) == (department is None):
        raise Invalid(_("A question goes to one contact or to one department."), field="contact")
    request = locked(request)
    if not request.is_open:
        raise Conflict(_("%(request)s is closed.") % {"request": request.reference}, extra={"current": request.status})
    if contact is not None and contact.client_id != request.client_id:
        raise Invalid(_("This contact belongs to another client."), field="contact")
    question = Clarification.objects.create(
        request=request,
        client_id=request.client_id,
        text=text.strip(),
        decides=decides,
        contact=contact,
        to_client=contact is not None,
        department=department,
        asked_by=actor,
        asked_at=at,
    )
    if request.status == RequestStatus.NEW:
        enter(request, RequestStatus.CLARIFYING, "clarifying begun", actor=actor, at=at)
    record(request, "question asked", actor=actor, at=at, text=question.text)
    telling.asked(question, request, at=at)
    return question


@transaction.atomic
def ask_all(
    *, request: ChangeRequest, texts: Sequence[str], contact: Contact, actor: User | None, at: datetime
) -> list[Clarification]:
    """Several questions to one contact, for example those of a blueprint: all of them or none."""
    return [ask(request=request, text=text, contact=contact, actor=actor, at=at) for text in texts]


@transaction.atomic
def answer(*, question: Clarification, text: str, actor: User | None, at: datetime) -> Clarification:
    """Its answer, by the addressee or written down by somebody; a later one replaces it."""
    if not text.strip():
        raise Invalid(_("Write the answer."), field="answer")
    question, request = _locked(question)
    if question.withdrawn_at is not None:
        raise Conflict(_("The question was withdrawn."))
    if question.answer == text.strip():
        return question
    question.answer = text.strip()
    question.answered_at = question.answered_at or at
    question.answered_by = actor
    bump(question)
    question.save()
    record(request, "question answered", actor=actor, at=at, text=f"{question.text} — {question.answer}")
    telling.answered(question, request, actor=actor, at=at)
    return question


@transaction.atomic
def remind(*, question: Clarification, actor: User | None, at: datetime) -> Clarification:
    """Ask again, at most once an hour."""
    question, request = _locked(question)
    if not question.is_open:
        raise Conflict(_("The question is answered or withdrawn."))
    last = question.reminded_at or question.asked_at
    if at - last < REMIND_AFTER:
        return question
    question.reminded_at = at
    bump(question)
    question.save(update_fields=["reminded_at", "version"])
    record(request, "reminded", actor=actor, at=at, text=question.text)
    telling.asked(question, request, at=at)
    return question


@transaction.atomic
def withdraw_question(*, question: Clarification, actor: User | None, at: datetime) -> Clarification:
    """It need not be answered any more."""
    question, request = _locked(question)
    if question.is_open:
        question.withdrawn_at = at
        bump(question)
        question.save(update_fields=["withdrawn_at", "version"])
        record(request, "question withdrawn", actor=actor, at=at, text=question.text)
    return question


def _locked(question: Clarification) -> tuple[Clarification, ChangeRequest]:
    """The request first: its lock is the question's, too."""
    request = locked(question.request)
    return lock(Clarification.objects.select_related("contact__user", "department")).get(pk=question.pk), request
