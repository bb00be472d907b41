"""Doing something with a task, from its page, from the drawer, from a row of a list: one address for a verb.

The answer goes where the request came from: on the page the page, in the drawer the drawer (empty once it is done), and
with `next` the list that `next` names.
"""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from kernel.errors import DomainError, Stale
from kernel.fragments import wants_fragment
from kernel.toasts import said
from projects import operations
from projects.models import Check, Task
from projects.queries.tasks import task_rows
from projects.taskforms import LONGEST_TEXT, EditForm, TaskForm
from projects.taskoffers import may, offers_for
from projects.views.taskpage import found_task, show, title_of
from projects.views.taskverbs import VERBS, TaskVerb

DRAWER = "drawer"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """GET shows the verb's form, POST does it; what is typed survives an error (422)."""
    if verb not in VERBS:
        raise Http404
    task = found_task(request, pk)
    if not may(request.user, task, verb):
        raise PermissionDenied
    action, now = VERBS[verb], timezone.now()
    if request.method != "POST":
        if verb not in offers_for(request.user, task, at=now):
            return _whole(request, task)
        return ask(request, task, action, action.asks_with(task=task, user=request.user, now=now))
    form = action.asks_with(request.POST, task=task, user=request.user, now=now)
    theirs = None
    if form.is_valid():
        try:
            action.perform(task=task, actor=request.user, at=now, **form.arguments())
        except Stale as error:
            assert isinstance(form, EditForm)
            form.read_again()
            form.add_error(None, error.message)
            theirs = form.theirs()
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return _done(request, task, action)
    return ask(request, task, action, form, theirs=theirs, status=422)


@login_required
@require_POST
def tick(request: HttpRequest, pk: int, check: int) -> HttpResponse:
    """A line of what must be there before the start or the end is seen to, or not after all."""
    task = _workable(request, pk, "tick")
    if not Check.objects.filter(pk=check, task=task).exists():
        raise Http404
    is_done = request.POST.get("is_done") == "1"
    operations.tick(check_id=check, task=task, is_done=is_done, actor=_person(request), at=timezone.now())
    return again(request, task)


@login_required
@require_POST
def package(request: HttpRequest, pk: int) -> HttpResponse:
    """What the next departments get with the work."""
    task = _workable(request, pk, "package")
    typed, was = (_plain(request.POST.get(name, "")) for name in ("text", "was"))
    kept = operations.keep_package(task=task, text=typed, was=was, actor=_person(request), at=timezone.now())
    is_merged = kept.package != typed
    said(request, _("Somebody else wrote meanwhile: both are kept") if is_merged else _("Kept for who goes on"))
    context = {"task": kept, "is_merged": is_merged}
    return render(request, "projects/_package_kept.html", context) if wants_fragment(request) else redirect("task", pk)


def _plain(text: str) -> str:
    """As it is stored: browsers send lines with two signs at their end."""
    return text.replace("\r\n", "\n")[:LONGEST_TEXT].strip()


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _workable(request: HttpRequest, pk: int, name: str) -> Task:
    task = found_task(request, pk)
    if not may(request.user, task, name):
        raise PermissionDenied
    return task


def ask(
    request: HttpRequest,
    task: Task,
    verb: TaskVerb,
    form: TaskForm,
    *,
    theirs: list[tuple[str, str]] | None = None,
    action: str = "",
    before: Task | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form where it was asked for. What a row was refused opens in the drawer. `action`: where it goes if not to
    the verb's own address; `before`: the task waited for that the form is about."""
    if not wants_fragment(request) or not (_in_drawer(request) or _next(request)):
        return show(
            request,
            task,
            now=timezone.now(),
            verb=verb,
            form=form,
            theirs=theirs,
            action=action,
            before=before,
            status=status,
        )
    context = {"task": task, "verb": verb, "form": form, "form_title": title_of(verb, task), "theirs": theirs}
    context |= {"form_action": action, "before": before}
    response = render(request, "projects/_task_sheet.html", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = f"#{DRAWER}", "innerHTML"
    return response


def _done(request: HttpRequest, task: Task, verb: TaskVerb) -> HttpResponse:
    undo = ""
    if verb.undo and may(request.user, Task.objects.select_related("project__client").get(pk=task.pk), verb.undo):
        back = urlencode({"next": _next(request) or reverse("task", args=[task.pk])})
        undo = f"{reverse('task-act', args=[task.pk, verb.undo])}?{back}"
    said(request, str(verb.done) % {"reference": task.reference}, undo_url=undo)
    return again(request, task)


def again(request: HttpRequest, task: Task) -> HttpResponse:
    """The list one came from, an empty drawer, or the page as it is now."""
    if there := _next(request):
        return HttpResponseRedirect(there, status=303)
    if wants_fragment(request) and _in_drawer(request):
        return render(request, "projects/_task_sheet_done.html")
    changed = task_rows(request.user).filter(pk=task.pk).first()
    if changed is None:  # given away to where one sees nothing
        there = reverse("my-tasks")
        return HttpResponse(headers={"HX-Redirect": there}) if wants_fragment(request) else redirect(there)
    if not wants_fragment(request):
        return redirect("task", task.pk)
    return show(request, changed, now=timezone.now(), is_changed=True)


def _whole(request: HttpRequest, task: Task) -> HttpResponse:
    """What was offered is no longer: the page says how it stands."""
    if wants_fragment(request):
        return HttpResponse(headers={"HX-Redirect": reverse("task", args=[task.pk])})
    return redirect("task", task.pk)


def _in_drawer(request: HttpRequest) -> bool:
    return request.htmx.target == DRAWER  # type: ignore[attr-defined, no-any-return]  # set by django-htmx


def _next(request: HttpRequest) -> str:
    there: str = request.POST.get("next", "") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    return there if safe else ""
