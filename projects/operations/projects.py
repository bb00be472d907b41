"""Writes of projects, and of who leads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Client, Grant, Role, User
from accounts.operations import end_grants, give_grant
from kernel import history
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import change, check
from projects.models import Project

# The people who lead a project, and the role in which each acts on it.
POSTS = {"architect": Role.ARCHITECT, "tam": Role.TAM, "deputy": Role.TAM}
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
    _refuse_double_posts(project)
    project.save(force_insert=True)
    for post in POSTS:
        _seat(project, post, getattr(project, post), at=at)
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
        project.save()
        for post in POSTS.keys() & changed.keys():
            _seat(project, post, getattr(project, post), at=at)
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
    changed = change(project, {"deputy": deputy})
    project.save()
    _seat(project, "deputy", deputy, at=max(from_at, at), until=until)
    history.record(
        project,
        "deputy appointed",
        actor=actor,
        at=at,
        tenant_id=project.client_id,
        changes={**changed, "until": [None, until.isoformat()]},
        place=project,
        text=str(deputy),
    )
    return project


def _seat(project: Project, post: str, user: User | None, *, at: datetime, until: datetime | None = None) -> None:
    """Who held the post leaves it; who takes it gets the right. Everybody else's rights stay."""
    seats = {"scope_kind": Grant.Scope.PROJECT, "scope_id": project.pk, "reason": post}
    held = Grant.objects.filter(**seats, valid_until=until).valid_at(at)
    if user is not None and held.filter(user=user).exists():
        return
    end_grants(at=at, **seats)
    if user is not None:
        give_grant(
            user=user,
            role=POSTS[post],
            scope_kind=Grant.Scope.PROJECT,
            scope_id=project.pk,
            client=project.client,
            at=at,
            until=until,
            reason=post,
        )


def _refuse_double_posts(project: Project) -> None:
    if project.tam is not None and project.tam == project.deputy:
        raise Invalid(_("Nobody stands in for oneself."), field="deputy")
