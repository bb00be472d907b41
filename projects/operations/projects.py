"""Writes of projects, and of who leads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Client, User
from kernel import history
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import change, check
from projects.models import Project
from projects.operations.handovers import follow_posts, refuse_without_handover
from projects.operations.posts import POSTS, seat

# Addresses beside those of projects.
RESERVED_SLUGS = frozenset({"new"})


@transaction.atomic
def create_project(*, client: Client, slug: str, name: str, actor: User | None, at: datetime, **fields: Any) -> Project:
    """Something new that is run for a client; the people named on it get their rights at once."""
    if client.archived_at is not None:
        raise Conflict(_("The client is archived."), field="client")
    if slug in RESERVED_SLUGS:
        raise Invalid(_("This name is taken by a page; choose another."), field="slug")
    project = Project(client=client, slug=slug, name=name, **fields)
    if project.phase == Project.Phase.OPERATION:
        refuse_without_handover(project)
    _refuse_double_posts(project)
    project.save(force_insert=True)
    for post in POSTS:
        seat(project, post, getattr(project, post), at=at)
    history.record(project, "created", actor=actor, at=at, tenant_id=client.pk, place=project)
    return project


@transaction.atomic
def update_project(
    *,
    project: Project,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Project:
    """Change a project. A changed policy counts for incidents opened from now on; a new TAM, deputy or architect gets
    the rights at `at`, the former one's end then."""
    project = lock(Project.objects.select_related("client")).get(pk=project.pk)
    check(project, expected_version)
    changed = change(project, changes)
    if changed:
        _refuse_double_posts(project)
        if "phase" in changed and project.phase == Project.Phase.OPERATION:
            refuse_without_handover(project)
        project.save()
        follow_posts(project, changed)
        for post in POSTS.keys() & changed.keys():
            seat(project, post, getattr(project, post), at=at)
        history.record(
            project, "changed", actor=actor, at=at, tenant_id=project.client_id, changes=changed, place=project
        )
    return project


@transaction.atomic
def appoint_deputy(
    *, project: Project, deputy: User, from_at: datetime, until: datetime, actor: User | None, at: datetime
) -> Project:
    """Somebody stands in for the TAM in `[from_at, until)`; the rights begin and end by these dates."""
    if until <= from_at or until <= at:
        raise Invalid(_("It ends after it begins, and not in the past."), field="until")
    project = lock(Project.objects.select_related("client")).get(pk=project.pk)
    if deputy == project.tam_in_charge:
        raise Invalid(_("Nobody stands in for oneself."), field="deputy")
    changed = change(project, {"deputy": deputy}) if from_at <= at else {}
    project.save()
    seat(project, "deputy", deputy, at=max(from_at, at), until=until)
    history.record(
        project,
        "deputy appointed",
        actor=actor,
        at=at,
        tenant_id=project.client_id,
        changes={**changed, "from": [None, from_at.isoformat()], "until": [None, until.isoformat()]},
        place=project,
        text=str(deputy),
    )
    return project


@transaction.atomic
def take_over_project(*, project: Project, reason: str, actor: User | None, at: datetime) -> Project:
    """What the provider ran before TamHub was there, or took over from somebody else, is in operation without a
    handover; the history says so, and why."""
    if not reason.strip():
        raise Invalid(_("Say why there was no handover."), field="reason")
    project = lock(Project.objects.select_related("client")).get(pk=project.pk)
    if project.phase == Project.Phase.OPERATION:
        return project
    changed = change(project, {"phase": Project.Phase.OPERATION})
    project.save()
    history.record(
        project,
        "taken over",
        actor=actor,
        at=at,
        tenant_id=project.client_id,
        changes=changed,
        text=reason,
        place=project,
    )
    return project


def _refuse_double_posts(project: Project) -> None:
    if project.tam is not None and project.tam == project.deputy:
        raise Invalid(_("Nobody stands in for oneself."), field="deputy")
