"""Handing a project over: the checklist, the brief, both signatures."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from kernel.errors import DomainError, Stale
from kernel.numbers import number_in
from projects import operations
from projects.models import Handover, Project
from projects.paperforms import BeginHandoverForm, BriefForm, LineForm, ReturnForm, TakeOverForm
from projects.permissions import (
    handovers_visible_to,
    may_begin_handover,
    may_prepare_handover,
    may_return_handover,
    may_sign,
    may_take_over_projects,
    may_withdraw_handover,
)
from projects.projectpage import found_project, frame_context
from projects.queries.brief import brief_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_handover(request: HttpRequest, slug: str) -> HttpResponse:
    """The handover under way, else the last one; POST begins one."""
    project = found_project(request, slug)
    user = cast(User, request.user)
    form = BeginHandoverForm(request.POST or None, user=user)
    if request.method != "POST":
        return _show(request, project)
    if form.is_valid():
        words = form.cleaned_data
        if not may_begin_handover(user, project, kind=words["kind"]):
            raise PermissionDenied
        now = timezone.now()
        brief = brief_of(project, at=now) if words["kind"] == Handover.Kind.CHANGE else ""
        try:
            operations.begin_handover(project=project, brief=brief, actor=user, at=now, **words)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("The handover has begun"))
            return redirect("project-handover", slug)
    return _show(request, project, begin=form, status=422)


@login_required
@require_POST
def take_over(request: HttpRequest, slug: str) -> HttpResponse:
    """It is in operation without a handover, because it was before TamHub was there; the history says why."""
    project = found_project(request, slug)
    user = cast(User, request.user)
    if not may_take_over_projects(user):
        raise PermissionDenied
    form = TakeOverForm(request.POST)
    if form.is_valid():
        try:
            operations.take_over_project(
                project=project, reason=form.cleaned_data["reason"], actor=user, at=timezone.now()
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("%(project)s is in operation") % {"project": project})
            return redirect("project-handover", slug)
    return _show(request, project, taking_over=form, status=422)


@login_required
@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One of the verbs below; a refusal is said on the page, what was typed stays."""
    handover = get_object_or_404(
        handovers_visible_to(request.user).select_related("project__client", "giver", "receiver"), pk=pk
    )
    if verb not in VERBS:
        raise Http404
    may, perform = VERBS[verb]
    if not may(request.user, handover):
        raise PermissionDenied
    return perform(request, handover)


def _tick(request: HttpRequest, handover: Handover) -> HttpResponse:
    number = number_in(request.POST.get("item", ""))
    item = handover.items.filter(pk=number).select_related("handover").first()
    if item is None:
        raise Http404
    try:
        done = request.POST.get("done") == "1"
        operations.tick_item(item=item, done=done, actor=_person(request), at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("project-handover", handover.project.slug)


def _line(request: HttpRequest, handover: Handover) -> HttpResponse:
    form = LineForm(request.POST)
    if form.is_valid():
        try:
            text = form.cleaned_data["text"]
            operations.add_item(handover=handover, text=text, actor=_person(request), at=timezone.now())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("Line added"))
            return redirect("project-handover", handover.project.slug)
    return _show(request, _framed(request, handover), line=form, status=422)


def _sign(request: HttpRequest, handover: Handover) -> HttpResponse:
    try:
        operations.sign(handover=handover, actor=_person(request), at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Signed"))
    return redirect("project-handover", handover.project.slug)


def _return(request: HttpRequest, handover: Handover) -> HttpResponse:
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            operations.return_handover(handover=handover, reason=reason, actor=_person(request), at=timezone.now())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("Returned, with what is missing"))
            return redirect("project-handover", handover.project.slug)
    return _show(request, _framed(request, handover), returning=form, status=422)


def _brief(request: HttpRequest, handover: Handover) -> HttpResponse:
    form, theirs = BriefForm(request.POST), ""
    if form.is_valid():
        try:
            operations.update_handover(
                handover=handover,
                changes={"brief": form.cleaned_data["brief"]},
                actor=_person(request),
                at=timezone.now(),
                expected_version=form.cleaned_data["version"],
            )
        except Stale as error:
            handover.refresh_from_db()
            form.data = {**cast(QueryDict, form.data).dict(), "version": str(handover.version)}
            form.add_error(None, error.message)
            theirs = handover.brief
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Brief saved"))
            return redirect("project-handover", handover.project.slug)
    return _show(request, _framed(request, handover), brief=form, theirs=theirs, status=422)


def _withdraw(request: HttpRequest, handover: Handover) -> HttpResponse:
    try:
        operations.withdraw_handover(handover=handover, actor=_person(request), at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Handover withdrawn"))
    return redirect("project-handover", handover.project.slug)


VERBS = {
    "tick": (may_prepare_handover, _tick),
    "line": (may_prepare_handover, _line),
    "brief": (may_prepare_handover, _brief),
    "sign": (may_sign, _sign),
    "return": (may_return_handover, _return),
    "withdraw": (may_withdraw_handover, _withdraw),
}


def _show(
    request: HttpRequest,
    project: Project,
    *,
    begin: BeginHandoverForm | None = None,
    brief: BriefForm | None = None,
    theirs: str = "",
    returning: ReturnForm | None = None,
    line: LineForm | None = None,
    taking_over: TakeOverForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = cast(User, request.user)
    handovers = list(project.handovers.select_related("giver", "receiver", "project__client"))
    current = next((one for one in handovers if one.is_open), None)
    shown = current or next((one for one in handovers if one.status == Handover.Status.ACCEPTED), None)
    items = list(shown.items.select_related("done_by")) if shown is not None else []
    may_prepare = current is not None and may_prepare_handover(user, current)
    is_editable = current is not None and may_prepare and not current.is_signed_by_one
    if (
        brief is None
        and is_editable
        and current is not None
        and (current.brief or current.kind == Handover.Kind.CHANGE)
    ):
        brief = BriefForm(initial={"brief": current.brief, "version": current.version})
    kinds = [kind for kind in Handover.Kind if may_begin_handover(user, project, kind=kind)]
    if begin is None and kinds:
        is_live = project.phase == Project.Phase.OPERATION
        begin = BeginHandoverForm(
            user=user, initial={"kind": Handover.Kind.CHANGE if is_live else Handover.Kind.GO_LIVE}
        )
    context = {
        **frame_context(project, user, tab="handover"),
        "handover": shown,
        "items": items,
        "items_done": sum(item.done_at is not None for item in items),
        "others": [one for one in handovers if one != shown],
        "is_editable": is_editable,
        "may_sign": current is not None and may_sign(user, current) and not _has_signed(user, current),
        "may_return": current is not None and may_return_handover(user, current),
        "may_withdraw": current is not None and may_withdraw_handover(user, current),
        "begin": begin if current is None and kinds else None,
        "brief": brief,
        "theirs": theirs,
        "returning": returning or ReturnForm(),
        "line": line or LineForm(),
        "taking_over": _taking_over(user, project, taking_over),
        "now": timezone.now(),
    }
    return render(request, "projects/project/handover.html", context, status=status)


def _taking_over(user: User, project: Project, form: TakeOverForm | None) -> TakeOverForm | None:
    is_ahead = project.phase in {Project.Phase.DESIGN, Project.Phase.IMPLEMENTATION}
    return (form or TakeOverForm()) if is_ahead and may_take_over_projects(user) else None


def _has_signed(user: User, handover: Handover) -> bool:
    return (handover.giver_signed_at if user.pk == handover.giver_id else handover.receiver_signed_at) is not None


def _framed(request: HttpRequest, handover: Handover) -> Project:
    return found_project(request, handover.project.slug)


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)
