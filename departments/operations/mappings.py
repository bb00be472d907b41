"""Writes of what clients' systems call a department."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Client, User
from departments.models import Department, GroupMapping
from kernel import history
from kernel.locking import lock
from kernel.versions import change, check


@transaction.atomic
def map_group(*, client: Client, group: str, department: Department, actor: User | None, at: datetime) -> GroupMapping:
    """What the client's ticketing system calls a group is this department from now on."""
    mapping = GroupMapping.objects.create(client=client, group=group, department=department)
    history.record(mapping, "created", actor=actor, at=at, tenant_id=client.pk)
    return mapping


@transaction.atomic
def change_mapping(
    *,
    mapping: GroupMapping,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> GroupMapping:
    mapping = lock(GroupMapping.objects.all()).get(pk=mapping.pk)
    check(mapping, expected_version)
    changed = change(mapping, changes)
    if changed:
        mapping.save()
        history.record(mapping, "changed", actor=actor, at=at, tenant_id=mapping.client_id, changes=changed)
    return mapping


@transaction.atomic
def unmap_group(
    *, mapping: GroupMapping, actor: User | None, at: datetime, expected_version: int | None = None
) -> None:
    """The group is unknown again: its tickets go to the first line."""
    mapping = lock(GroupMapping.objects.all()).get(pk=mapping.pk)
    check(mapping, expected_version)
    history.record(mapping, "deleted", actor=actor, at=at, tenant_id=mapping.client_id, text=mapping.group)
    mapping.delete()
