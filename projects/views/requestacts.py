"""Doing something with a request or one of its questions: each act is a POST; some ask for words first."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import is_staff_member
from kernel.errors import DomainError
from kernel.fragments import leave_for, wants_fragment
from kernel.verbs import Verb
from projects.models import ChangeRequest, Clarification
from projects.permissions import clarifications_visible_to, may_answer, may_lead_request
from projects.queries.requests import request_list
from projects.requestforms import RequestForm
from projects.requestoffers import may
from projects.views.request import show
from projects.views.requestverbs import QUESTION_VERBS, TO_CLIENT, VERBS


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """GET shows the page with the act's form open, POST does it; what is typed survives an error (422)."""
    if verb not in VERBS:
        raise Http404
    found = get_object_or_404(request_list(request.user), pk=pk)
    if not may(request.user, found, verb):
        raise PermissionDenied
    words = VERBS if is_staff_member(request.user) else {**VERBS, **TO_CLIENT}
    return _asked_or_done(request, words[verb], found)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act_on_question(request: HttpRequest, pk: int, question: int, verb: str) -> HttpResponse:
    """The same for one of its questions."""
    if verb not in QUESTION_VERBS:
        raise Http404
    found = get_object_or_404(request_list(request.user), pk=pk)
    rows = clarifications_visible_to(request.user).filter(request=found)
    one = get_object_or_404(rows.select_related("request__project"), pk=question)
    is_allowed = may_answer(request.user, one) if verb == "answer" else may_lead_request(request.user, found)
    if not is_allowed:
        raise PermissionDenied
    return _asked_or_done(request, QUESTION_VERBS[verb], found, question=one)


def _asked_or_done(
    request: HttpRequest, action: Verb[RequestForm], found: ChangeRequest, *, question: Clarification | None = None
) -> HttpResponse:
    if action.form is None:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return _do(request, action, found, question)
    now = timezone.now()
    known: dict[str, Any] = {"request": found, "user": cast(User, request.user), "now": now}
    if request.method != "POST":
        initial = {"text": question.answer} if question is not None else {}
        form = action.form(initial=initial, **known)
        return show(request, found, now=now, action=action, form=form, question=question)
    form = action.form(request.POST, request.FILES, **known)
    if form.is_valid():
        try:
            return _do(request, action, found, question, **form.arguments())
        except DomainError as error:
            _refuse(form, error)
    return show(request, found, now=now, action=action, form=form, question=question, status=422)


def _do(
    request: HttpRequest,
    action: Verb[RequestForm],
    found: ChangeRequest,
    question: Clarification | None,
    **arguments: object,
) -> HttpResponse:
    subject = {"request": found} if question is None else {"question": question}
    action.perform(actor=request.user, at=timezone.now(), **subject, **arguments)
    if action.name == "start-decomposing":
        return leave_for(request, "decompose", found.pk)
    messages.success(request, str(action.done) % {"reference": found.reference})
    if not wants_fragment(request):
        return redirect("request", found.pk)
    changed = request_list(request.user).get(pk=found.pk)
    return show(request, changed, now=timezone.now(), is_changed=True)


def _refuse(form: forms.Form, error: DomainError) -> None:
    """Beside its field; an addressee is chosen in one field, whoever it is."""
    field = "to" if error.field in {"contact", "department"} and "to" in form.fields else error.field
    form.add_error(field if field in form.fields else None, error.message)
