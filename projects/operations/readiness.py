"""Writes of what a department must know or have before it can start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from departments.models import Department
from kernel import history
from kernel.errors import Invalid
from kernel.locking import lock
from kernel.versions import bump, check
from projects.models import ReadyItem

MOST_READY_ITEMS = 15
LONGEST_READY_ITEM = 200


@transaction.atomic
def define_ready(
    *,
    department: Department,
    texts: Sequence[str],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> list[str]:
    """The lines that each new task of the department begins with; tasks that stand already keep theirs."""
    new = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if len(new) > MOST_READY_ITEMS:
        raise Invalid(_("At most %(n)d lines: nobody ticks more.") % {"n": MOST_READY_ITEMS}, field="texts")
    if any(len(text) > LONGEST_READY_ITEM for text in new):
        raise Invalid(_("A line has at most %(n)d letters.") % {"n": LONGEST_READY_ITEM}, field="texts")
    department = lock(Department.objects.all()).get(pk=department.pk)
    check(department, expected_version)
    before = list(department.ready_items.values_list("text", flat=True))
    if new != before:
        department.ready_items.all().delete()
        ReadyItem.objects.bulk_create(
            ReadyItem(department=department, text=text, position=position) for position, text in enumerate(new)
        )
        bump(department)
        department.save(update_fields=["version"])
        history.record(department, "defined ready", actor=actor, at=at, changes={"ready": [before, new]})
    return new
