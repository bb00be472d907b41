"""The papers of a project: the register, one document with its versions, writing, verifying."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import is_staff_member
from kernel import files
from kernel.errors import DomainError, Stale
from projects import operations
from projects.models import Document, DocumentVersion
from projects.paperforms import DocumentForm, VersionForm
from projects.paths import task_path
from projects.permissions import (
    documents_visible_to,
    may_create_documents_in,
    may_keep_document,
    may_register_document,
    projects_visible_to,
    tasks_visible_to,
)
from projects.projectpage import found_project, frame_context

FORM = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def project_documents(request: HttpRequest, slug: str) -> HttpResponse:
    """The register: what wants a look first. The client's people see what is for them, on a page of their own."""
    now = timezone.now()
    is_staff = is_staff_member(request.user)
    project = (
        found_project(request, slug)
        if is_staff
        else get_object_or_404(projects_visible_to(request.user).select_related("client"), slug=slug)
    )
    rows = documents_visible_to(request.user).filter(project=project)
    found = [(one, one.state(now)) for one in rows.select_related("owner", "project__client__tam", "project__tam")]
    found.sort(key=lambda pair: (pair[1] == Document.State.CURRENT, pair[0].due_at, pair[0].pk))
    context = {"documents": found, "project": project, "now": now}
    if not is_staff:
        return render(request, "projects/document/for_client.html", context)
    context |= frame_context(project, request.user, tab="documents", now=now)
    context["may_add"] = may_create_documents_in(request.user, project)
    return render(request, "projects/project/documents.html", context)


@login_required
@require_http_methods(FORM)
def new_document(request: HttpRequest, slug: str) -> HttpResponse:
    project = found_project(request, slug)
    user = cast(User, request.user)
    if not may_create_documents_in(user, project):
        raise PermissionDenied
    form = DocumentForm(request.POST or None, user=user)
    content = VersionForm(request.POST or None, request.FILES or None)
    if form.is_valid() and content.is_valid():
        try:
            document = operations.create_document(
                project=project, content=content.content(), actor=user, at=timezone.now(), **form.words()
            )
        except DomainError as error:
            _refuse((form, content), error)
        else:
            messages.success(request, _("%(document)s stands in the register") % {"document": document})
            return redirect("document", document.pk)
    context = {"project": project, "form": form, "content": content}
    return render(request, "projects/document/new.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """What it says now, or with `version` what it said; with `before` beside the version before that."""
    found = _found(request, pk)
    now = timezone.now()
    versions = list(found.versions.select_related("created_by", "stored"))
    shown = versions[0] if versions else None
    if "version" in request.GET:
        shown = next((one for one in versions if str(one.number) == request.GET["version"]), None)
        if shown is None:
            raise Http404
    before = next((one for one in versions if shown and one.number == shown.number - 1), None)
    context = {
        "document": found,
        "state": found.state(now),
        "cause_url": _cause_url(request, found),
        "versions": versions,
        "shown": shown,
        "before": before,
        "is_compared": before is not None and bool(before.text) and "before" in request.GET,
        "is_internal": is_staff_member(request.user),
        "may_keep": may_keep_document(request.user, found),
        "may_register": may_register_document(request.user, found),
        "may_see_project": projects_visible_to(request.user).filter(pk=found.project_id).exists(),
        "now": now,
    }
    return render(request, "projects/document/page.html", context)


@login_required
@require_http_methods(FORM)
def edit_document(request: HttpRequest, pk: int) -> HttpResponse:
    """Its line in the register. A change by somebody else in between is not overwritten."""
    found = _found(request, pk)
    user = cast(User, request.user)
    if not may_register_document(user, found):
        raise PermissionDenied
    form = DocumentForm(
        request.POST or None, user=user, instance=_found(request, pk), initial={"version": found.version}
    )
    theirs: list[tuple[str, str]] = []
    if form.is_valid():
        try:
            operations.update_document(
                document=found,
                changes=form.words(),
                actor=user,
                at=timezone.now(),
                expected_version=form.cleaned_data["version"],
            )
        except Stale as error:
            theirs = form.read_again(_found(request, pk))
            form.add_error(None, error.message)
        except DomainError as error:
            _refuse((form,), error)
        else:
            messages.success(request, _("%(document)s saved") % {"document": found.reference})
            return redirect("document", pk)
    context = {"document": found, "form": form, "theirs": theirs}
    return render(request, "projects/document/edit.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(FORM)
def new_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the next version. What somebody else wrote meanwhile is shown beside what was typed, which stays."""
    found = _found(request, pk)
    user = cast(User, request.user)
    if not may_keep_document(user, found):
        raise PermissionDenied
    newest = found.versions.select_related("created_by").first()
    typed = {"text": newest.text, "read": newest.number} if newest is not None else {"read": 0}
    form = VersionForm(request.POST or None, request.FILES or None, initial=typed)
    theirs = None
    if form.is_valid():
        try:
            version = operations.add_version(
                document=found,
                content=form.content(),
                read=form.cleaned_data["read"],
                actor=user,
                at=timezone.now(),
            )
        except Stale as error:
            theirs = newest
            form.data = {**cast(QueryDict, form.data).dict(), "read": str(newest.number if newest is not None else 0)}
            form.add_error(None, error.message)
        except DomainError as error:
            _refuse((form,), error)
        else:
            messages.success(request, _("Version %(n)d written and verified") % {"n": version.number})
            return redirect("document", pk)
    context = {"document": found, "form": form, "theirs": theirs}
    return render(request, "projects/document/version.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """One click: it is still true."""
    found = _found(request, pk)
    user = cast(User, request.user)
    if not may_keep_document(user, found):
        raise PermissionDenied
    operations.verify_document(document=found, actor=user, at=timezone.now())
    messages.success(request, _("%(document)s verified") % {"document": found})
    return redirect("document", pk)


@login_required
@require_safe
def version_file(request: HttpRequest, pk: int, number: int) -> FileResponse:
    found = _found(request, pk)
    versions = DocumentVersion.objects.filter(document=found, stored__isnull=False).select_related("stored")
    stored = get_object_or_404(versions, number=number).stored
    assert stored is not None
    return files.serve(stored)


def _found(request: HttpRequest, pk: int) -> Document:
    rows = documents_visible_to(request.user)
    people = ("owner", "verified_by", "project__client__tam", "project__tam", "suspect_by_task")
    found: Document = get_object_or_404(rows.select_related(*people), pk=pk)
    return found


def _cause_url(request: HttpRequest, found: Document) -> str:
    """The task that made it suspect, for who may see it."""
    task = found.suspect_by_task
    is_seen = task is not None and tasks_visible_to(request.user).filter(pk=task.pk).exists()
    return task_path(task) if task is not None and is_seen and is_staff_member(request.user) else ""


def _refuse(asked: tuple[forms.BaseForm, ...], error: DomainError) -> None:
    """Put the refusal to the field it is about."""
    for form in asked:
        if error.field in form.fields:
            form.add_error(error.field, error.message)
            return
    asked[0].add_error(None, error.message)
