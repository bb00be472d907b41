"""One step on one task from a mail, without signing in. A look changes nothing, for mail scanners look, too; the button
does it, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kernel.errors import Conflict, DomainError
from projects import operations
from projects.models import ActionLink, Check, Task
from projects.operations.issuing import digest
from projects.operations.links import refuse_unusable
from projects.queries.gates import waiting_for
from projects.queries.tasks import awaited_by, successors_held_by, with_names
from projects.taskforms import BlockForm


@dataclass(frozen=True)
class Held:
    """A task that waits for the one of the link, and for how many others besides."""

    task: Task
    others: int


@dataclass(frozen=True)
class Sight:
    """What the page of a link says. `refusal` is why it does nothing (any more), in words; `code` which kind it is."""

    link: ActionLink
    task: Task
    now: datetime
    is_done: bool = False
    refusal: str = ""
    code: str = ""
    form: BlockForm | None = None
    awaited: list[Task] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    unticked: list[Check] = field(default_factory=list)


@csrf_exempt  # the address itself proves who asks; it is read where nobody is signed in
@require_http_methods(["GET", "HEAD", "POST"])
def act_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Who knows the address is the person it was sent to: nothing is taken from whoever may be signed in here."""
    link = ActionLink.objects.select_related("user", "task").filter(digest=digest(token)).first()
    if link is None:
        return _private(render(request, "projects/link_unknown.html", status=404))
    language = link.user.language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(link.user.time_zone or settings.TIME_ZONE):
        sight = _use(request, link) if request.method == "POST" else _look(link)
        status = 409 if sight.refusal and request.method == "POST" else 422 if sight.form and sight.form.errors else 200
        return _private(render(request, "projects/link.html", {"sight": sight, "token": token}, status=status))


def _look(link: ActionLink, *, form: BlockForm | None = None) -> Sight:
    now = timezone.now()
    task = with_names(Task.objects.all()).get(pk=link.task_id)
    try:
        _refuse_used(link)
        refuse_unusable(link, at=now)
    except Conflict as error:
        return Sight(link, task, now, refusal=error.message, code=error.code)
    if form is None and link.step == ActionLink.Step.BLOCK:
        form = BlockForm(task=task, user=link.user, now=now)
    return Sight(
        link,
        task,
        now,
        form=form,
        awaited=awaited_by([task])[task.pk],
        held=_held(task),
        unticked=list(task.checks.filter(kind=_KINDS[link.step], done_at=None)) if link.step in _KINDS else [],
    )


_KINDS = {ActionLink.Step.START.value: Check.Kind.READY, ActionLink.Step.COMPLETE.value: Check.Kind.DONE}


def _use(request: HttpRequest, link: ActionLink) -> Sight:
    now = timezone.now()
    words = {"text": request.POST.get("text", "")[:500].strip()}
    if link.step == ActionLink.Step.BLOCK:
        form = BlockForm(request.POST, task=link.task, user=link.user, now=now)
        if not form.is_valid():
            return _look(link, form=form)
        words = form.arguments()
    try:
        operations.use_link(link=link, at=now, **words)
    except DomainError as error:
        task = with_names(Task.objects.all()).get(pk=link.task_id)
        return Sight(link, task, now, refusal=error.message, code=error.code, awaited=awaited_by([task])[task.pk])
    task = with_names(Task.objects.all()).get(pk=link.task_id)
    return Sight(link, task, now, is_done=True, held=_held(task))


def _held(task: Task) -> list[Held]:
    """Those that can go on with this one's step come first."""
    after = successors_held_by(task)
    waits = waiting_for(after)
    held = [Held(one, len(set(waits[one.pk]) - {task.pk})) for one in after]
    return sorted(held, key=lambda one: one.others > 0)


def _refuse_used(link: ActionLink) -> None:
    if link.used_at is not None:
        raise Conflict(_("This link has been used already."), code="used")


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a secret: no other site hears of it, no search engine keeps it, no cache holds its page."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response
