"""The page of one change request: what was asked, what is unclear, how far it is, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import is_staff_member
from kernel.conditional import conditional
from kernel.fragments import wants_fragment
from kernel.verbs import Verb
from projects.clientwords import client_words
from projects.lifecycle import BEFORE_AGREEMENT, RequestStatus
from projects.models import Attachment, ChangeRequest, Clarification, Feedback, Task
from projects.permissions import (
    attachments_visible_to,
    clarifications_visible_to,
    may_lead_request,
    may_remove_attachment,
    tasks_visible_to,
)
from projects.queries.hours import client_hours
from projects.queries.requests import request_list
from projects.queries.tasks import with_row_names
from projects.requestforms import RequestForm, addressees
from projects.requesthistory import lines_of, not_accepted
from projects.requestoffers import offers_for, primary
from projects.requestpage import facts_of, questions_of, spent_on, steps_of
from projects.views.requestverbs import IN_THE_HEAD, QUESTION_VERBS, TO_CLIENT, VERBS
from projects.views.work import asked_view, work_context

# Waits grow: the page is drawn anew once a minute, though nothing happened.
REDRAW_S = 60
# More than these no eye takes in at once, and no phone draws.
MOST_DRAWN = 400


@dataclass(frozen=True)
class Button:
    verb: Verb[RequestForm]
    is_primary: bool


@login_required
@require_safe
def request_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page, or what changes on it, which is not sent again while it did not."""
    now = timezone.now()
    found = get_object_or_404(request_list(request.user), pk=pk)
    parts = _parts(request, found)
    return conditional(
        request,
        lambda: show(request, found, now=now, parts=parts),
        seen=(_mark(found, parts, now=now), asked_view(request)),
    )


@dataclass(frozen=True)
class Parts:
    """What belongs to a request, as far as the person may see it; of very many tasks (`is_cut`) the first open ones."""

    questions: list[Clarification]
    attachments: list[Attachment]
    tasks: list[Task]
    is_cut: bool


def show(
    request: HttpRequest,
    found: ChangeRequest,
    *,
    now: datetime,
    parts: Parts | None = None,
    form: RequestForm | None = None,
    action: Verb[RequestForm] | None = None,
    question: Clarification | None = None,
    is_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The page with an action's form open, or without; `is_changed`: this request has just done something."""
    user = request.user
    parts = parts or _parts(request, found)
    is_internal = is_staff_member(user)
    hours = client_hours(found, now=now)
    to_client = [one for one in parts.questions if one.to_client]
    questions = questions_of(found, parts.questions, user, hours=hours, now=now)
    open_questions = sum(one.is_open for one in parts.questions)
    # An open form stands alone: another action beside it would throw away what is typed.
    offers = offers_for(user, found, has_tasks=bool(found.tasks_all)) if form is None else frozenset()  # type: ignore[attr-defined]
    verbs = VERBS if is_internal else {**VERBS, **TO_CLIENT}
    next_one = primary(
        found,
        open_questions=open_questions,
        open_tasks=found.tasks_all - found.tasks_done,  # type: ignore[attr-defined]
    )
    facts = facts_of(found, parts.questions) if is_internal else []
    is_early = found.status in BEFORE_AGREEMENT
    context = {
        "found": found,
        "form": form,
        "action": action,
        "action_title": str(action.title) % {"reference": found.reference} if action else "",
        "question": question,
        "offers": offers,
        "verbs": verbs,
        "question_verbs": QUESTION_VERBS,
        "buttons": _buttons(offers, verbs, next_one),
        "is_internal": is_internal,
        "is_early": is_early,
        "may_decompose": found.status == RequestStatus.DECOMPOSING and form is None and may_lead_request(user, found),
        "not_accepted": not_accepted(found) if is_internal else None,
        "is_delivered": found.status == RequestStatus.DELIVERED,
        "steps": steps_of(found, open_questions=open_questions),
        "questions": questions,
        "open_questions": open_questions,
        "addressees": addressees(found, user) if "ask" in offers else (),
        "seen": client_words(found, to_client, hours=hours, now=now),
        "spent": spent_on(found, to_client, hours=hours, now=now),
        "facts": facts,
        "known": sum(fact.is_known for fact in facts),
        "attachments": [(one, may_remove_attachment(user, one)) for one in parts.attachments],
        "tasks": parts.tasks,
        "is_cut": parts.is_cut,
        "most": MOST_DRAWN,
        "feedback": Feedback.objects.filter(request=found, answered_at__isnull=False).first(),
        "lines": lines_of(found, is_internal=is_internal),
        "is_changed": is_changed,
    }
    if is_internal and not is_early:
        context |= work_context(found, parts.tasks, user, asked_view(request), now)
    template = "projects/request/_request_changed.html" if wants_fragment(request) else "projects/request/request.html"
    return render(request, template, context, status=status)


def _parts(request: HttpRequest, found: ChangeRequest) -> Parts:
    user = request.user
    questions = clarifications_visible_to(user).filter(request=found, withdrawn_at=None)
    attachments = attachments_visible_to(user).filter(request=found)
    tasks = tasks_visible_to(user).filter(change_request=found).order_by("position", "pk")
    some = list(with_row_names(tasks)[: MOST_DRAWN + 1])
    is_cut = len(some) > MOST_DRAWN
    parts = Parts(
        list(questions.select_related("contact__user", "department__calendar", "answered_by")),
        list(attachments.select_related("stored", "uploaded_by")),
        list(with_row_names(tasks.open())[:MOST_DRAWN]) if is_cut else some,
        is_cut,
    )
    for question in parts.questions:
        question.request = found
    for attachment in parts.attachments:
        attachment.request = found
    return parts


def _buttons(offers: frozenset[str], verbs: dict[str, Verb[RequestForm]], next_one: str) -> Sequence[Button]:
    names = sorted((name for name in IN_THE_HEAD if name in offers), key=lambda name: name == next_one)
    return [Button(verbs[name], name == next_one) for name in names]


def _mark(found: ChangeRequest, parts: Parts, *, now: datetime) -> Any:
    """What makes the page look different when it changes."""
    asked = [(one.pk, one.answered_at, one.reminded_at, one.answer) for one in parts.questions]
    files = [(one.pk, one.visibility) for one in parts.attachments]
    tasks = [(one.pk, one.version) for one in parts.tasks]
    return found.pk, found.version, asked, files, tasks, int(now.timestamp()) // REDRAW_S
