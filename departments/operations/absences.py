"""Writes of absences."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from departments.models import Absence
from departments.operations.withdrawals import withdraw, withdraw_stand_in
from kernel import history
from kernel.errors import Invalid
from kernel.locking import lock
from kernel.versions import change, check


@transaction.atomic
def record_absence(
    *,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    at: datetime,
    stand_in: User | None = None,
    reason: str = "",
) -> Absence:
    """The person is away in `[starts_at, ends_at)`; alerts go to the stand-in meanwhile."""
    absence = Absence(user=user, starts_at=starts_at, ends_at=ends_at, stand_in=stand_in, reason=reason)
    _refuse_impossible(absence)
    absence.save()
    history.record(absence, "created", actor=actor, at=at)
    return absence


@transaction.atomic
def change_absence(
    *,
    absence: Absence,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Absence:
    absence = lock(Absence.objects.all()).get(pk=absence.pk)
    check(absence, expected_version)
    before = copy(absence)
    changed = change(absence, changes)
    if changed:
        if "stand_in" in changed:
            withdraw_stand_in(before, at=at)
        _refuse_impossible(absence)
        absence.save()
        history.record(absence, "changed", actor=actor, at=at, changes=changed)
    return absence


@transaction.atomic
def cancel_absence(*, absence: Absence, actor: User | None, at: datetime, expected_version: int | None = None) -> None:
    """The person is there after all."""
    absence = lock(Absence.objects.select_related("user")).get(pk=absence.pk)
    check(absence, expected_version)
    withdraw(absence, at=at)
    history.record(absence, "deleted", actor=actor, at=at, text=str(absence))
    absence.delete()


def _refuse_impossible(absence: Absence) -> None:
    if absence.ends_at <= absence.starts_at:
        raise Invalid(_("An absence ends after it begins."), field="ends_at")
    if absence.stand_in_id == absence.user_id:
        raise Invalid(_("Nobody stands in for oneself."), field="stand_in")
