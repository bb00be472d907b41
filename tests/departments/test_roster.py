"""The operations of the duty roster: what is refused, what is recorded, what feeds are told."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.operations import update_user
from departments.models import DutyShift, WithdrawnEntry
from departments.operations import (
    archive_department,
    cancel_absence,
    cancel_shift,
    change_shift,
    plan_rotation,
    plan_shift,
    record_absence,
)
from kernel import history
from kernel.errors import Conflict, Invalid, Stale
from tests.factories import MONDAY, a_calendar, a_department, a_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def plan(user=None, *, starts_at=MONDAY, ends_at=MONDAY + 8 * HOUR, **fields):
    return plan_shift(user=user or a_user(), starts_at=starts_at, ends_at=ends_at, actor=None, at=MONDAY, **fields)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_at": MONDAY}, "ends_at"),
        ({"ends_at": MONDAY + timedelta(days=40)}, "ends_at"),
        ({"starts_at": MONDAY + timedelta(days=800), "ends_at": MONDAY + timedelta(days=801)}, "starts_at"),
    ],
)
def test_an_impossible_shift_is_refused_by_name(fields, field):
    with pytest.raises(Invalid) as error:
        plan(**fields)
    assert error.value.field == field
    assert not DutyShift.objects.exists()


def test_who_left_and_what_was_retired_take_no_shift():
    gone, unix = a_user(), a_department("unix")
    gone = update_user(user=gone, changes={"is_active": False}, actor=None, at=MONDAY)
    with pytest.raises(Invalid, match="no open account"):
        plan(gone)
    retired = archive_department(department=unix, actor=None, at=MONDAY)
    with pytest.raises(Invalid, match="takes nothing new"):
        plan(department=retired)


def test_nobody_is_on_duty_twice_at_once_for_the_same_but_for_two_departments_yes():
    ada, unix = a_user(), a_department("unix")
    plan(ada, department=unix)
    plan(ada)
    with pytest.raises(Conflict) as error:
        plan(ada, department=unix, starts_at=MONDAY + 7 * HOUR, ends_at=MONDAY + 9 * HOUR)
    assert (error.value.code, error.value.field) == ("overlap", "starts_at")
    plan(ada, department=unix, starts_at=MONDAY + 8 * HOUR, ends_at=MONDAY + 9 * HOUR)


def test_a_shift_may_grow_but_not_into_another_of_the_same_person():
    ada = a_user()
    first = plan(ada)
    plan(ada, starts_at=MONDAY + 10 * HOUR, ends_at=MONDAY + 12 * HOUR)
    change_shift(shift=first, changes={"ends_at": MONDAY + 9 * HOUR}, actor=None, at=MONDAY)
    with pytest.raises(Conflict):
        change_shift(shift=first, changes={"ends_at": MONDAY + 11 * HOUR}, actor=None, at=MONDAY)


def test_a_change_is_recorded_counted_and_refused_to_who_read_an_older_version():
    ada, bob = a_user("ada"), a_user("bob")
    shift = plan(ada)
    change_shift(shift=shift, changes={"user": bob}, actor=ada, at=MONDAY, expected_version=1)
    shift.refresh_from_db()
    assert (shift.user, shift.version) == (bob, 2)
    assert [line.verb for line in history.of(shift)] == ["changed", "created"]
    assert history.of(shift)[0].changes == {"user": ["ada", "bob"]}
    with pytest.raises(Stale):
        change_shift(shift=shift, changes={"user": ada}, actor=ada, at=MONDAY, expected_version=1)


def test_what_leaves_a_persons_calendar_is_kept_as_withdrawn_for_a_month():
    ada, bob = a_user(), a_user()
    shift = plan(ada)
    change_shift(shift=shift, changes={"note": "By phone"}, actor=None, at=MONDAY)
    assert not WithdrawnEntry.objects.exists()
    change_shift(shift=shift, changes={"user": bob}, actor=None, at=MONDAY)
    assert WithdrawnEntry.objects.get().user == ada
    cancel_shift(shift=shift, actor=None, at=MONDAY)
    assert list(WithdrawnEntry.objects.order_by("pk").values_list("user", "version")) == [(ada.pk, 2), (bob.pk, 3)]
    absence = record_absence(user=ada, starts_at=MONDAY, ends_at=MONDAY + HOUR, actor=None, at=MONDAY)
    cancel_absence(absence=absence, actor=None, at=MONDAY + timedelta(days=31))
    assert [entry.is_absence for entry in WithdrawnEntry.objects.all()] == [True]


def test_a_note_is_one_line_without_what_cannot_be_seen():
    assert plan(note="  By\r\nphone\x07 only ").note == "By phone only"


def rotate(users, **fields):
    fields = {
        **{"first_day": date(2026, 3, 2), "until": date(2026, 3, 16), "hands_over_at": time(8), "every": "week"},
        **fields,
    }
    return plan_rotation(users=users, zone=ZoneInfo("Europe/Vienna"), actor=None, at=MONDAY, **fields)


def test_a_rotation_is_planned_as_a_whole_or_not_at_all():
    ada, bob = a_user(), a_user()
    plan(bob, starts_at=MONDAY + timedelta(days=8), ends_at=MONDAY + timedelta(days=9))
    with pytest.raises(Conflict) as error:
        rotate([ada, bob])
    assert error.value.field == "users"
    assert DutyShift.objects.count() == 1
    rotate([bob, ada])
    assert DutyShift.objects.count() == 3


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"until": date(2026, 3, 2)}, "until"),
        ({"until": date(2028, 3, 2)}, "until"),
        ({"users": []}, "users"),
    ],
)
def test_an_impossible_rotation_is_refused_by_name(fields, field):
    with pytest.raises(Invalid) as error:
        rotate(**{"users": [a_user()], **fields})
    assert error.value.field == field


def test_outside_a_calendar_that_never_closes_there_is_nothing_to_plan():
    with pytest.raises(Invalid) as error:
        rotate([a_user()], outside=a_calendar(timezone="UTC", always=True))
    assert error.value.field == "outside"
