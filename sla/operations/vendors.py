"""Writes of vendors: whom the provider waits for, and what they promised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from kernel import history
from kernel.locking import lock
from kernel.versions import change, check
from sla.models import SlaPolicy, Vendor
from sla.operations.clients import refuse_other_scope


@transaction.atomic
def create_vendor(
    *, slug: str, name: str, actor: User | None, at: datetime, email: str = "", policy: SlaPolicy | None = None
) -> Vendor:
    refuse_other_scope(policy, SlaPolicy.Scope.VENDOR, field="policy")
    vendor = Vendor.objects.create(slug=slug, name=name, email=email, policy=policy)
    history.record(vendor, "created", actor=actor, at=at)
    return vendor


@transaction.atomic
def update_vendor(
    *, vendor: Vendor, changes: Mapping[str, Any], actor: User | None, at: datetime, expected_version: int | None = None
) -> Vendor:
    """`changes` may hold name, email, policy, archived_at; holds that began keep the promise that held then."""
    vendor = lock(Vendor.objects.all()).get(pk=vendor.pk)
    check(vendor, expected_version)
    refuse_other_scope(changes.get("policy"), SlaPolicy.Scope.VENDOR, field="policy")
    changed = change(vendor, changes)
    if changed:
        vendor.save()
        history.record(vendor, "changed", actor=actor, at=at, changes=changed)
    return vendor
