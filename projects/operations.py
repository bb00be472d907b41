"""Writes of projects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Client, User
from kernel import history
from kernel.errors import Conflict
from kernel.locking import lock
from kernel.versions import change, check
from projects.models import Project


@transaction.atomic
def create_project(*, client: Client, slug: str, name: str, actor: User | None, at: datetime, **fields: Any) -> Project:
    """Something new that is run for a client."""
    if client.archived_at is not None:
        raise Conflict(_("The client is archived."), field="client")
    project = Project.objects.create(client=client, slug=slug, name=name, **fields)
    history.record(project, "created", actor=actor, at=at, tenant_id=client.pk)
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
    """Change a project. A changed policy counts for incidents opened from now on."""
    project = lock(Project.objects.all()).get(pk=project.pk)
    check(project, expected_version)
    changed = change(project, changes)
    if changed:
        project.save()
        history.record(project, "changed", actor=actor, at=at, tenant_id=project.client_id, changes=changed)
    return project
