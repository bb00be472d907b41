"""Blueprints to choose from, and one of them: its tasks, how they hang together, its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import is_staff_member
from departments.models import Department
from projects import operations
from projects.blueprints import Content, Piece, parse
from projects.chaincheck import flow_of
from projects.drafting import Line, Words, read, rows_from
from projects.models import Blueprint, BlueprintVersion
from projects.permissions import blueprints_visible_to, may_change_blueprint, may_keep_blueprints
from projects.queries.blueprint_list import blueprint_list
from projects.views.sheet import totals, words_now


@dataclass(frozen=True)
class Offer:
    """A blueprint in the list, with what its present version comes to."""

    blueprint: Blueprint
    tasks: int
    hours: float
    departments: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A task of the blueprint as it stands in the table."""

    line: Line
    piece: Piece


@login_required
@require_safe
def blueprints(request: HttpRequest) -> HttpResponse:
    _refuse_strangers(request)
    short = {slug: short or name for slug, short, name in Department.objects.values_list("slug", "short_name", "name")}
    offers = [_offer(one, short) for one in blueprint_list(request.user)]
    context = {
        "offers": [one for one in offers if one.blueprint.archived_at is None],
        "archived": [one for one in offers if one.blueprint.archived_at is not None],
        "may_edit": may_keep_blueprints(request.user),
    }
    return render(request, "projects/blueprints/list.html", context)


def _offer(blueprint: Blueprint, short: dict[str, str]) -> Offer:
    content = content_in(blueprint)
    slugs = dict.fromkeys(piece.department for piece in content.tasks)
    return Offer(
        blueprint,
        tasks=len(content.tasks),
        hours=sum(piece.estimate_h.likely for piece in content.tasks),
        departments=tuple(short.get(slug, slug) for slug in slugs),
    )


@login_required
@require_safe
def blueprint(request: HttpRequest, slug: str) -> HttpResponse:
    """As it is now, or an earlier version of it: `?version=2`."""
    found = found_blueprint(request, slug)
    version = _version(request, found)
    content = parse(version.content)
    now = timezone.now()
    words, suggestions = words_now(now)
    names = {one.slug: one.short for one in suggestions.departments}
    reading = read(rows_from(content, version=version.pk, names=names), Words(words.departments, words.people))
    context = {
        "blueprint": found,
        "version": version,
        "is_current": version.pk == found.current_id,
        "content": content,
        "rows": [Shown(line, piece) for line, piece in zip(reading.lines, content.tasks, strict=True)],
        "totals": totals(reading),
        "flow": flow_of(reading, now=now),
        "versions": list(found.versions.select_related("created_by")),
        "may_edit": may_change_blueprint(request.user, found),
    }
    return render(request, "projects/blueprints/blueprint.html", context)


@login_required
@require_POST
def archive_blueprint(request: HttpRequest, slug: str) -> HttpResponse:
    found = found_blueprint(request, slug)
    if not may_change_blueprint(request.user, found):
        raise PermissionDenied
    operations.archive_blueprint(blueprint=found, actor=cast(User, request.user), at=timezone.now())
    messages.success(request, _("%(name)s is offered no longer") % {"name": found.name})
    return redirect("blueprints")


def found_blueprint(request: HttpRequest, slug: str) -> Blueprint:
    """One that has a version; for a client's people there are none."""
    _refuse_strangers(request)
    rows = blueprints_visible_to(request.user).filter(current__isnull=False).select_related("current")
    return get_object_or_404(rows, slug=slug)


def content_in(blueprint: Blueprint) -> Content:
    """What it says now."""
    assert blueprint.current is not None
    return parse(blueprint.current.content)


def _version(request: HttpRequest, found: Blueprint) -> BlueprintVersion:
    asked = request.GET.get("version", "")
    if not asked:
        assert found.current is not None
        return found.current
    if not (asked.isdecimal() and len(asked) < 10):
        raise Http404
    return get_object_or_404(found.versions.all(), number=int(asked))


def _refuse_strangers(request: HttpRequest) -> None:
    if not is_staff_member(request.user):
        raise Http404
