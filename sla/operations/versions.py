"""Versions by date: a changed policy or calendar is a new version, in force at once or from a day to come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from kernel import history
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import bump
from sla.models import Calendar, CalendarVersion, PolicyVersion, SlaPolicy
from sla.versions import calendar_in_force, version_in_force


def starts(valid_from: datetime | None, *, at: datetime) -> datetime:
    """When a new version begins: now unless told otherwise, never in the past."""
    if valid_from is None:
        return at
    if valid_from < at:
        raise Invalid(_("A version cannot begin in the past."), field="valid_from")
    return valid_from


def place(versions: QuerySet[Any], *, valid_from: datetime, at: datetime) -> int:
    """The number of a new version among those of its policy or calendar, whose row is locked.

    One that was scheduled for the same instant gives way to it; those scheduled for later move up.
    """
    replaced, _rows = versions.filter(valid_from=valid_from, valid_from__gt=at).delete()
    number = versions.filter(valid_from__lte=valid_from).count() + 1
    if not replaced:
        _shift(versions.filter(valid_from__gt=valid_from).order_by("-number"), by=1)
    return number


def _shift(versions: QuerySet[Any], *, by: int) -> None:
    """One after the other, so that no number is there twice at any moment."""
    for pk in list(versions.values_list("pk", flat=True)):
        versions.model.objects.filter(pk=pk).update(number=F("number") + by)


@transaction.atomic
def withdraw_policy_version(*, version: PolicyVersion, actor: User | None, at: datetime) -> SlaPolicy:
    """A scheduled version shall not come. Conflict once its day has come: then it is what was promised."""
    policy = lock(SlaPolicy.objects.all()).get(pk=version.policy_id)
    _withdraw(policy, policy.versions.all(), version, actor=actor, at=at)
    return policy


@transaction.atomic
def withdraw_calendar_version(*, version: CalendarVersion, actor: User | None, at: datetime) -> Calendar:
    """As `withdraw_policy_version`."""
    calendar = lock(Calendar.objects.all()).get(pk=version.calendar_id)
    _withdraw(calendar, calendar.versions.all(), version, actor=actor, at=at)
    return calendar


def _withdraw(
    owner: SlaPolicy | Calendar,
    versions: QuerySet[Any],
    version: PolicyVersion | CalendarVersion,
    *,
    actor: User | None,
    at: datetime,
) -> None:
    if version.valid_from <= at or version.pk == owner.current_id:
        raise Conflict(_("This version is in force already: it stays as it was promised."), code="in_force")
    if not versions.filter(pk=version.pk).delete()[0]:
        return
    _shift(versions.filter(valid_from__gt=version.valid_from).order_by("number"), by=-1)
    bump(owner)
    owner.save()
    changes = {"valid_from": [version.valid_from.isoformat(), None]}
    history.record(owner, "version withdrawn", actor=actor, at=at, changes=changes)


def bring_into_force(now: datetime) -> int:
    """Let `current` point to the versions whose day has come; how many that were. New subjects do not wait for it:
    they ask for the version in force."""
    due = {"versions__valid_from__lte": now, "versions__number__gt": F("current__number")}
    policies = list(SlaPolicy.objects.filter(**due).distinct().values_list("pk", flat=True))
    calendars = list(Calendar.objects.filter(**due).distinct().values_list("pk", flat=True))
    return sum(_bring_policy(pk, now=now) for pk in policies) + sum(_bring_calendar(pk, now=now) for pk in calendars)


@transaction.atomic
def _bring_policy(pk: int, *, now: datetime) -> bool:
    policy = lock(SlaPolicy.objects.select_related("current")).get(pk=pk)
    former, policy.current = policy.current, version_in_force(policy, now)
    return _brought(policy, former, policy.current, now=now)


@transaction.atomic
def _bring_calendar(pk: int, *, now: datetime) -> bool:
    calendar = lock(Calendar.objects.select_related("current")).get(pk=pk)
    former, calendar.current = calendar.current, calendar_in_force(calendar, now)
    return _brought(calendar, former, calendar.current, now=now)


def _brought(
    owner: SlaPolicy | Calendar,
    former: PolicyVersion | CalendarVersion | None,
    version: PolicyVersion | CalendarVersion,
    *,
    now: datetime,
) -> bool:
    """False where another process was here first."""
    if former == version:
        return False
    bump(owner)
    owner.save()
    before = former.number if former is not None else None
    history.record(owner, "in force", actor=None, at=now, changes={"version": [before, version.number]})
    return True
