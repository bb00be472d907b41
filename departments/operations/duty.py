"""Writes of the duty roster: single shifts, and people in turn."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from departments.models import Department, DutyShift
from departments.operations.withdrawals import withdraw
from departments.queries.duty import LONGEST_SHIFT
from departments.rotation import Rotation
from kernel import history
from kernel.errors import Conflict, Invalid
from kernel.locking import exclusive, lock
from kernel.versions import change, check
from sla.models import Calendar
from sla.terms import business_calendar

FURTHEST = timedelta(days=2 * 366)
LONGEST_ROTATION = timedelta(days=366)
MAX_SHIFTS = 1500
MAX_PEOPLE = 50
LONGEST_NOTE = 200


@transaction.atomic
def plan_shift(
    *,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    at: datetime,
    department: Department | None = None,
    note: str = "",
) -> DutyShift:
    """The person is on duty in `[starts_at, ends_at)`, for a department or for the whole provider."""
    lock_roster()
    shift = DutyShift(user=user, department=department, starts_at=starts_at, ends_at=ends_at, note=one_line(note))
    refuse_impossible(shift, at=at)
    _refuse_clash(shift)
    add(shift, actor=actor, at=at)
    return shift


@transaction.atomic
def change_shift(
    *,
    shift: DutyShift,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> DutyShift:
    lock_roster()
    shift = lock(DutyShift.objects.select_related("user", "department")).get(pk=shift.pk)
    check(shift, expected_version)
    edit(shift, changes, actor=actor, at=at)
    _refuse_clash(shift)
    return shift


@transaction.atomic
def cancel_shift(*, shift: DutyShift, actor: User | None, at: datetime, expected_version: int | None = None) -> None:
    lock_roster()
    shift = lock(DutyShift.objects.select_related("user")).get(pk=shift.pk)
    check(shift, expected_version)
    remove(shift, actor=actor, at=at)


@transaction.atomic
def plan_rotation(
    *,
    users: Sequence[User],
    first_day: date,
    until: date,
    hands_over_at: time,
    zone: ZoneInfo,
    every: Literal["day", "week"],
    actor: User | None,
    at: datetime,
    department: Department | None = None,
    ends_at: time | None = None,
    outside: Calendar | None = None,
    note: str = "",
) -> list[DutyShift]:
    """People in turn (see `rotation.Rotation`); all shifts or, where one is refused, none."""
    _refuse_rotation(users, first_day, until)
    lock_roster()
    rotation = Rotation(
        people=users,
        first_day=first_day,
        until=until,
        hands_over_at=hands_over_at,
        zone=zone,
        every=every,
        ends_at=ends_at,
        outside=business_calendar(outside.current_id) if outside and outside.current_id else None,
    )
    planned = [
        DutyShift(user=user, department=department, starts_at=begins, ends_at=ends, note=one_line(note))
        for user, begins, ends in rotation.shifts()
    ]
    if not planned:
        raise Invalid(_("This leaves no shift: the calendar is open all the time."), field="outside")
    if len(planned) > MAX_SHIFTS:
        raise Invalid(
            _("This makes more than %(limit)d shifts. Plan a shorter time.") % {"limit": MAX_SHIFTS}, field="until"
        )
    held = Held(department, planned)
    for shift in planned:
        refuse_impossible(shift, at=at)
        clash = held.clash_of(shift)
        if clash is not None:
            raise Conflict(clash_message(clash), field="users", code="overlap")
        held.add(shift)
        add(shift, actor=actor, at=at)
    return planned


def _refuse_rotation(users: Sequence[User], first_day: date, until: date) -> None:
    if not users:
        raise Invalid(_("Name at least one person."), field="users")
    if len(users) > MAX_PEOPLE:
        raise Invalid(_("Name %(limit)d people at most.") % {"limit": MAX_PEOPLE}, field="users")
    if until <= first_day:
        raise Invalid(_("A rotation ends after the day it begins."), field="until")
    if until - first_day > LONGEST_ROTATION:
        raise Invalid(_("Plan a year at most; then plan the next."), field="until")


# --- what the writes of this package share: call them after `lock_roster`, in its transaction ---------------------
def lock_roster() -> None:
    """One writer of the roster at a time: whether two shifts clash is decided on what the database holds."""
    exclusive("duty roster")


def add(shift: DutyShift, *, actor: User | None, at: datetime) -> None:
    shift.save()
    history.record(shift, "created", actor=actor, at=at)


def edit(shift: DutyShift, changes: Mapping[str, Any], *, actor: User | None, at: datetime) -> bool:
    """Whether anything changed. Feeds of who had the shift until now say that it is gone."""
    before = copy(shift)
    changes = {name: one_line(value) if name == "note" else value for name, value in changes.items()}
    changed = change(shift, changes)
    if not changed:
        return False
    refuse_impossible(shift, at=at)
    if changed.keys() & {"user", "department"}:
        withdraw(before, at=at)
    shift.save()
    history.record(shift, "changed", actor=actor, at=at, changes=changed)
    return True


def remove(shift: DutyShift, *, actor: User | None, at: datetime) -> None:
    history.record(shift, "deleted", actor=actor, at=at, text=str(shift))
    withdraw(shift, at=at)
    shift.delete()


def refuse_impossible(shift: DutyShift, *, at: datetime) -> None:
    """Invalid, naming the field, for a shift that can be nobody's."""
    if shift.ends_at <= shift.starts_at:
        raise Invalid(_("A shift ends after it begins."), field="ends_at")
    if shift.ends_at - shift.starts_at > LONGEST_SHIFT:
        raise Invalid(_("A shift lasts 32 days at most. Plan several."), field="ends_at")
    if abs(shift.starts_at - at) > FURTHEST:
        raise Invalid(_("A shift begins within two years from now."), field="starts_at")
    if not shift.user.is_active:
        raise Invalid(_("%(person)s has no open account.") % {"person": shift.user}, field="user")
    if shift.department is not None and shift.department.archived_at is not None:
        raise Invalid(_("%(department)s takes nothing new.") % {"department": shift.department}, field="department")


def one_line(note: str) -> str:
    """Without line breaks and control characters, at most 200 characters: no way through a calendar changes it."""
    text = "".join(letter for letter in note if letter.isspace() or unicodedata.category(letter) not in {"Cc", "Cs"})
    return " ".join(text.split())[:LONGEST_NOTE].strip()


class Held:
    """Which spans of one department's roster are taken, by whom: nobody is on duty twice at once for the same."""

    def __init__(self, department: Department | None, shifts: Iterable[DutyShift], *, without: Iterable[int] = ()):
        """As it stands around these shifts, except for the rows `without`; one query."""
        shifts = list(shifts)
        self._taken: dict[int, list[DutyShift]] = {}
        if not shifts:
            return
        rows = DutyShift.objects.filter(
            department=department,
            user__in={shift.user_id for shift in shifts},
            starts_at__lt=max(shift.ends_at for shift in shifts),
            ends_at__gt=min(shift.starts_at for shift in shifts),
        ).exclude(pk__in=list(without))
        for row in rows.select_related("user"):
            self.add(row)

    def add(self, shift: DutyShift) -> None:
        self._taken.setdefault(shift.user_id, []).append(shift)

    def clash_of(self, shift: DutyShift) -> DutyShift | None:
        """What the person has there already."""
        for other in self._taken.get(shift.user_id, ()):
            if other.starts_at < shift.ends_at and shift.starts_at < other.ends_at:
                return other
        return None


def clash_message(shift: DutyShift) -> str:
    return _("%(person)s is on duty there already from %(from)s to %(to)s UTC.") % {
        "person": shift.user,
        "from": f"{shift.starts_at:%Y-%m-%d %H:%M}",
        "to": f"{shift.ends_at:%Y-%m-%d %H:%M}",
    }


def _refuse_clash(shift: DutyShift) -> None:
    clash = Held(shift.department, [shift], without=[shift.pk] if shift.pk else ()).clash_of(shift)
    if clash is not None:
        raise Conflict(clash_message(clash), field="starts_at", code="overlap")
