"""Writes of departments, and of who works in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Grant, Role, User
from accounts.operations import end_grants, give_grant
from departments.models import Department
from kernel import history
from kernel.errors import Conflict
from kernel.locking import lock
from kernel.versions import bump, change, check
from sla.models import SlaPolicy
from sla.operations import refuse_other_scope

HEAD, MEMBER = "head", "member"


@transaction.atomic
def create_department(*, slug: str, name: str, actor: User | None, at: datetime, **fields: Any) -> Department:
    """A new entry of the catalogue; its head gets the rights at once."""
    refuse_other_scope(fields.get("ola"), SlaPolicy.Scope.DEPARTMENT, field="ola")
    department = Department.objects.create(slug=slug, name=name, **fields)
    _seat_head(department, at=at)
    history.record(department, "created", actor=actor, at=at)
    return department


@transaction.atomic
def update_department(
    *,
    department: Department,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Department:
    """Change a department. A new head gets the rights at `at`, the former one's end then."""
    refuse_other_scope(changes.get("ola"), SlaPolicy.Scope.DEPARTMENT, field="ola")
    department = lock(Department.objects.all()).get(pk=department.pk)
    check(department, expected_version)
    changed = change(department, changes)
    if changed:
        department.save()
        if "head" in changed:
            _seat_head(department, at=at)
        history.record(department, "changed", actor=actor, at=at, changes=changed)
    return department


def set_head(*, department: Department, head: User | None, actor: User | None, at: datetime) -> Department:
    return update_department(department=department, changes={"head": head}, actor=actor, at=at)


def _seat_head(department: Department, *, at: datetime) -> None:
    seat = {"scope_kind": Grant.Scope.DEPARTMENT, "scope_id": department.pk, "reason": HEAD}
    end_grants(at=at, **seat)
    if department.head is not None:
        give_grant(
            user=department.head,
            role=Role.HEAD,
            scope_kind=Grant.Scope.DEPARTMENT,
            scope_id=department.pk,
            at=at,
            reason=HEAD,
        )


@transaction.atomic
def archive_department(
    *, department: Department, actor: User | None, at: datetime, expected_version: int | None = None
) -> Department:
    """It takes nothing new; what it did stays readable. The first line cannot be retired: incidents arrive there."""
    department = lock(Department.objects.all()).get(pk=department.pk)
    check(department, expected_version)
    if department.archived_at is not None:
        return department
    if department.kind == Department.Kind.SUPPORT:
        raise Conflict(_("Incidents arrive at the first line: it cannot be retired."), code="in_use")
    department.archived_at = at
    bump(department)
    department.save()
    history.record(department, "archived", actor=actor, at=at)
    return department


@transaction.atomic
def set_departments(*, user: User, departments: Iterable[Department], actor: User | None, at: datetime) -> None:
    """Where a person works from `at` on; the right to see what lies with a department left ends then."""
    user = lock(User.objects.all()).get(pk=user.pk)
    wanted = {department.pk: department for department in departments}
    membership = {"user": user, "scope_kind": Grant.Scope.DEPARTMENT, "reason": MEMBER}
    held = set(Grant.objects.filter(**membership).valid_at(at).values_list("scope_id", flat=True))
    if held == wanted.keys():
        return
    end_grants(at=at, **membership, scope_id__in=held - wanted.keys())
    for pk in wanted.keys() - held:
        give_grant(user=user, role=Role.ENGINEER, scope_kind=Grant.Scope.DEPARTMENT, scope_id=pk, at=at, reason=MEMBER)
    bump(user)
    user.save(update_fields=["version"])
    slugs = sorted(department.slug for department in wanted.values())
    history.record(user, "departments set", actor=actor, at=at, text=", ".join(slugs))
