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
from projects.operations import telling
from projects.operations.handovers import follow_posts, refuse_without_handover, withdraw_go_live
from projects.operations.posts import POSTS, seat, seat_deputy, unseat_deputy

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
    project = _locked(project)
    check(project, expected_version)
    former = project.tam_in_charge
    changed = change(project, changes)
    if changed:
        if "deputy" in changed:
            project.deputy_until = None
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
        if "tam" in changed:
            telling.tam_named(project, former=former, actor=actor, at=at)
    return project


@transaction.atomic
def appoint_deputy(
    *, project: Project, deputy: User, from_at: datetime, until: datetime, actor: User | None, at: datetime
) -> Project:
    """Somebody stands in for the TAM in `[from_at, until)`; the rights begin and end by these dates."""
    if until <= from_at or until <= at:
        raise Invalid(_("It ends after it begins, and not in the past."), field="until")
    project = _locked(project)
    if deputy == project.tam_in_charge:
        raise Invalid(_("Nobody stands in for oneself."), field="deputy")
    changed = change(project, {"deputy": deputy, "deputy_until": until}) if from_at <= at else {}
    changed.pop("deputy_until", None)
    project.save()
    seat_deputy(project, deputy, from_at=max(from_at, at), until=until)
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
    telling.deputy_appointed(project, deputy, from_at=from_at, until=until, actor=actor, at=at)
    return project


@transaction.atomic
def dismiss_deputy(*, project: Project, deputy: User, actor: User | None, at: datetime) -> Project:
    """Nobody needs the deputy any more: the days end now, those to come do not begin."""
    project = _locked(project)
    if not unseat_deputy(project, deputy, at=at):
        return project
    is_now = project.deputy_id == deputy.pk
    changed = change(project, {"deputy": None, "deputy_until": None}) if is_now else {}
    changed.pop("deputy_until", None)
    project.save()
    history.record(
        project,
        "deputy dismissed",
        actor=actor,
        at=at,
        tenant_id=project.client_id,
        changes=changed,
        place=project,
        text=str(deputy),
    )
    telling.deputy_dismissed(project, deputy, actor=actor, at=at)
    return project


@transaction.atomic
def take_over_project(*, project: Project, reason: str, actor: User | None, at: datetime) -> Project:
    """What the provider ran before TamHub was there, or took over from somebody else, is in operation without a
    handover; the history says so, and why."""
    if not reason.strip():
        raise Invalid(_("Say why there was no handover."), field="reason")
    project = _locked(project)
    if project.phase == Project.Phase.OPERATION:
        return project
    changed = change(project, {"phase": Project.Phase.OPERATION})
    project.save()
    withdraw_go_live(project, actor=actor, at=at)
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


def _locked(project: Project) -> Project:
    return lock(Project.objects.select_related("client__tam", "client__service_manager", "tam", "deputy")).get(
        pk=project.pk
    )


def _refuse_double_posts(project: Project) -> None:
    if project.tam is not None and project.tam == project.deputy:
        raise Invalid(_("Nobody stands in for oneself."), field="deputy")
