"""Who is called: the department's own shift, else the provider's; stand-ins for who is away; hours of work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Grant, Role
from accounts.operations import update_user
from departments.models import DutyShift
from departments.operations import record_absence, set_departments, update_department
from departments.queries import at_work, next_at_work, on_duty
from tests.factories import MONDAY, a_calendar, a_department, a_user, grant

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
AT = MONDAY + HOUR


def shift(user, department=None, *, starts_at=MONDAY, ends_at=MONDAY + 8 * HOUR):
    return DutyShift.objects.create(user=user, department=department, starts_at=starts_at, ends_at=ends_at)


def away(user, *, stand_in=None, starts_at=MONDAY, ends_at=MONDAY + 24 * HOUR):
    record_absence(user=user, starts_at=starts_at, ends_at=ends_at, stand_in=stand_in, actor=None, at=MONDAY)


def test_a_departments_own_shift_wins_and_the_providers_counts_for_the_rest():
    network, unix = a_department("network"), a_department("unix")
    own, everywhere = a_user("own"), a_user("everywhere")
    shift(own, network)
    shift(everywhere)
    assert on_duty(AT, [network.pk, unix.pk]) == {None: [everywhere], network.pk: [own], unix.pk: [everywhere]}


def test_a_shift_begins_at_its_beginning_and_is_over_at_its_end():
    early, late = a_user(), a_user()
    shift(early, ends_at=AT)
    shift(late, starts_at=AT)
    assert on_duty(AT - timedelta(seconds=1), []) == {None: [early]}
    assert on_duty(AT, []) == {None: [late]}


def test_two_on_duty_are_both_named_the_one_who_came_first_in_front():
    second, first = a_user(), a_user()
    shift(second, starts_at=MONDAY)
    shift(first, starts_at=MONDAY - HOUR)
    assert on_duty(AT, [])[None] == [first, second]


def test_the_stand_in_is_called_for_who_is_away_and_theirs_for_them():
    away_one, stand_in, second = a_user(), a_user(), a_user()
    shift(away_one)
    away(away_one, stand_in=stand_in)
    assert on_duty(AT, []) == {None: [stand_in]}
    away(stand_in, stand_in=second)
    assert on_duty(AT, []) == {None: [second]}


def test_who_is_away_without_a_stand_in_leaves_it_to_the_provider():
    network, gone, everywhere = a_department("network"), a_user(), a_user()
    shift(gone, network)
    shift(everywhere)
    away(gone)
    assert on_duty(AT, [network.pk])[network.pk] == [everywhere]


def test_stand_ins_in_a_circle_are_nobody_and_so_is_a_closed_account():
    one, other, closed = a_user(), a_user(), a_user()
    for person in (one, closed):
        shift(person)
    away(one, stand_in=other)
    away(other, stand_in=one)
    update_user(user=closed, changes={"is_active": False}, actor=None, at=MONDAY)
    assert on_duty(AT, []) == {None: []}


def test_who_is_on_duty_costs_the_same_for_one_department_and_for_all(django_assert_num_queries):
    departments = [a_department(slug) for slug in ("network", "unix", "dba", "backup", "support")]
    for department in departments:
        person = a_user()
        shift(person, department)
        away(person, stand_in=a_user())
    for asked in (departments[:1], departments):
        with django_assert_num_queries(2):
            on_duty(AT, [department.pk for department in asked])


def in_hours(*, slug="network", **fields):
    """A member of a department with office hours in UTC."""
    user, department = a_user("", Role.ENGINEER), a_department(slug)
    update_department(department=department, changes={"calendar": a_calendar(**fields)}, actor=None, at=MONDAY)
    set_departments(user=user, departments=[department], actor=None, at=MONDAY - 24 * HOUR)
    return user


def test_at_work_is_who_is_within_the_departments_hours_and_not_away():
    worker, gone, free = in_hours(), in_hours(slug="unix"), a_user()
    away(gone, starts_at=MONDAY, ends_at=MONDAY + 2 * HOUR)
    everybody = [worker.pk, gone.pk, free.pk]
    assert at_work(everybody, MONDAY + HOUR) == {worker.pk, free.pk}
    assert at_work(everybody, MONDAY + 2 * HOUR) == set(everybody)
    assert at_work(everybody, MONDAY + 8 * HOUR) == {free.pk}


def test_one_open_department_of_several_is_enough():
    worker = in_hours()
    update_department(
        department=a_department("unix"),
        changes={"calendar": a_calendar(timezone="UTC", always=True)},
        actor=None,
        at=MONDAY,
    )
    assert at_work([worker.pk], MONDAY + 10 * HOUR) == set()
    grant(worker, Role.HEAD, Grant.Scope.DEPARTMENT, a_department("unix").pk)
    assert at_work([worker.pk], MONDAY + 10 * HOUR) == {worker.pk}


def test_at_work_costs_the_same_for_one_person_and_for_many():
    people = [in_hours(slug=slug).pk for slug in ("network", "unix", "dba")]
    at_work(people, AT)

    def cost(asked):
        with CaptureQueriesContext(connection) as queries:
            at_work(asked, AT)
        return len(queries)

    assert cost(people[:1]) == cost(people) == 4


def test_next_at_work_is_the_next_opening_after_the_absence():
    worker = in_hours()
    assert next_at_work(worker, AT) == AT
    assert next_at_work(worker, datetime(2026, 3, 6, 17, 0, tzinfo=UTC)) == datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    away(worker, starts_at=datetime(2026, 3, 7, 0, 0, tzinfo=UTC), ends_at=datetime(2026, 3, 9, 12, 0, tzinfo=UTC))
    away(worker, starts_at=datetime(2026, 3, 9, 11, 0, tzinfo=UTC), ends_at=datetime(2026, 3, 10, 0, 0, tzinfo=UTC))
    assert next_at_work(worker, datetime(2026, 3, 6, 17, 0, tzinfo=UTC)) == datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def test_without_a_calendar_one_is_next_at_work_when_the_absence_ends():
    free = a_user()
    away(free, ends_at=MONDAY + 5 * HOUR)
    assert next_at_work(free, AT) == MONDAY + 5 * HOUR


def test_hours_that_never_come_are_never():
    worker = in_hours(timezone="UTC", date_hours={"2026-03-01": [["09:00", "10:00"]]})
    assert next_at_work(worker, AT) is None
    assert at_work([worker.pk], AT) == set()
