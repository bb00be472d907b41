"""Writes of what belongs to one person: filters kept, the last look at a project, drafts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import check
from projects.lifecycle import BEFORE_AGREEMENT
from projects.models import ChangeRequest, Draft, Project, SavedFilter, Visit

MOST_FILTERS = 30


@transaction.atomic
def save_filter(*, user: User, page: str, name: str, query: str) -> SavedFilter:
    """Keep a list's filters under a name; the same name again is replaced."""
    if not name.strip():
        raise Invalid(_("Give it a name."), field="name")
    others = SavedFilter.objects.filter(user=user, page=page).exclude(name=name.strip())
    if others.count() >= MOST_FILTERS:
        raise Conflict(_("At most %(n)d filters are kept.") % {"n": MOST_FILTERS}, field="name")
    return SavedFilter.objects.update_or_create(
        user=user, page=page, name=name.strip()[:60], defaults={"query": query[:1000]}
    )[0]


@transaction.atomic
def rename_filter(*, user: User, filter_id: int, name: str) -> SavedFilter | None:
    """Another name for a kept filter; None where it is forgotten by now. A name that another one has is refused."""
    if not name.strip():
        raise Invalid(_("Give it a name."), field="name")
    kept = lock(SavedFilter.objects.filter(user=user, pk=filter_id)).first()
    if kept is None:
        return None
    new = name.strip()[:60]
    if SavedFilter.objects.filter(user=user, page=kept.page, name=new).exclude(pk=kept.pk).exists():
        raise Conflict(_("Another filter is called “%(name)s” already.") % {"name": new}, field="name")
    kept.name = new
    kept.save(update_fields=["name"])
    return kept


@transaction.atomic
def forget_filter(*, user: User, filter_id: int) -> None:
    SavedFilter.objects.filter(user=user, pk=filter_id).delete()


@transaction.atomic
def note_visit(*, user: User, project: Project, at: datetime) -> datetime | None:
    """Remember that the person has seen the project's history now; returns when that was before."""
    visit = lock(Visit.objects.filter(user=user, project=project)).first()
    if visit is None:
        Visit.objects.create(user=user, project=project, at=at)
        return None
    before = visit.at
    visit.at = at
    visit.save(update_fields=["at"])
    return before


@transaction.atomic
def save_draft(
    *,
    request: ChangeRequest,
    rows: list[Any],
    dates: Mapping[str, str] | None = None,
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Draft:
    """Keep a decomposition as it was typed, right or wrong. Stale where somebody else has saved meanwhile."""
    request = lock(ChangeRequest.objects.all()).get(pk=request.pk)
    if request.status not in BEFORE_AGREEMENT:
        raise Conflict(_("It is agreed already: the draft is over."), extra={"current": request.status})
    draft = Draft.objects.filter(request=request).first()
    kept = dict(dates or {})
    if draft is None:
        return Draft.objects.create(request=request, rows=rows, dates=kept, saved_by=actor, saved_at=at)
    check(draft, expected_version)
    if (draft.rows, draft.dates) != (rows, kept):
        draft.rows, draft.dates, draft.saved_by, draft.saved_at = rows, kept, actor, at
        draft.version += 1
        draft.save()
    return draft
