"""The history of a project: everything on one line, by kinds, from the last look on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from kernel.fragments import wants_fragment
from projects import operations
from projects.models import Visit
from projects.projectpage import found_project, frame_context
from projects.timeline import Entry, Kind, page_of

SIZE = 50


@login_required
@require_safe
def project_history(request: HttpRequest, slug: str) -> HttpResponse:
    """`kind` (several), `new` (from the last look on), `older` (where the page before ended), `since` (the last look,
    as the page knew it that one came from). Reading notes nothing: the page does, by `note_visit`."""
    project = found_project(request, slug)
    kinds = [Kind(one) for one in request.GET.getlist("kind") if one in Kind.values]
    since = _last_look(request, project.pk)
    only_new = since is not None and "new" in request.GET
    page = page_of(
        project,
        user=request.user,
        kinds=kinds,
        since=since if only_new else None,
        older=request.GET.get("older", ""),
        size=SIZE,
    )
    context = {
        "project": project,
        "entries": page.entries,
        "older_url": _address(kinds, since, only_new=only_new, older=page.older) if page.older else "",
        "newest_url": _address(kinds, since, only_new=only_new) if request.GET.get("older") else "",
        "kinds": [(kind, kind in kinds) for kind in Kind],
        "since": since,
        "only_new": only_new,
        "seen_from": _seen_from(page.entries, since),
        "said": _said(page.entries, since, is_first=not kinds and not request.GET.get("older"), has_more=page.older),
        "is_narrow": bool(kinds) or only_new,
    }
    if wants_fragment(request):
        response = render(request, "projects/project/_timeline.html", context)
        response["HX-Replace-Url"] = _address(kinds, since, only_new=only_new)
        return response
    return render(
        request, "projects/project/history.html", frame_context(project, request.user, tab="history") | context
    )


@login_required
@require_POST
def note_visit(request: HttpRequest, slug: str) -> HttpResponse:
    """The page asks for this once it has been looked at for a moment."""
    project = found_project(request, slug)
    operations.note_visit(user=cast(User, request.user), project=project, at=timezone.now())
    return HttpResponse(status=204) if wants_fragment(request) else redirect("project-history", slug)


def _last_look(request: HttpRequest, project_id: int) -> datetime | None:
    """While one pages and filters it stays what it was when one came."""
    if asked := request.GET.get("since", ""):
        try:
            at = parse_datetime(asked)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None:
            return at
    return Visit.objects.filter(user=cast(User, request.user), project=project_id).values_list("at", flat=True).first()


def _seen_from(entries: Sequence[Entry], since: datetime | None) -> int:
    """Before which entry of the page the line goes that parts what is new from what one has seen; -1 for nowhere."""
    if since is None or not entries or entries[0].at <= since:
        return -1
    return next((place for place, entry in enumerate(entries) if entry.at <= since), -1)


def _said(entries: Sequence[Entry], since: datetime | None, *, is_first: bool, has_more: str) -> str:
    """How much is new; only where the page shows the beginning of all kinds."""
    if since is None or not is_first:
        return ""
    new = sum(entry.at > since for entry in entries)
    if not new:
        return _("Nothing has changed since your last visit.")
    if new == len(entries) and has_more:
        return _("More than %(n)d changes since your last visit.") % {"n": new}
    return ngettext("%(n)d change since your last visit.", "%(n)d changes since your last visit.", new) % {"n": new}


def _address(kinds: Sequence[Kind], since: datetime | None, *, only_new: bool, older: str = "") -> str:
    query = QueryDict(mutable=True)
    query.setlist("kind", [kind.value for kind in kinds])
    if since is not None:
        query["since"] = since.isoformat()
    if only_new:
        query["new"] = "on"
    if older:
        query["older"] = older
    return f"?{query.urlencode()}"
