"""Versions by date: which one counts when, and what may be done to one that is not in force yet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.operations import run_pass
from kernel import history
from kernel.errors import Conflict, Invalid
from sla.models import Calendar, SlaPolicy
from sla.operations import (
    TargetInput,
    bring_into_force,
    policy_for,
    update_calendar,
    update_policy,
    withdraw_calendar_version,
    withdraw_policy_version,
)
from sla.versions import calendar_version_at, version_in_force
from tests.factories import MONDAY, a_calendar, a_client, a_policy

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def policy() -> SlaPolicy:
    return a_policy("gold")


def promises(policy: SlaPolicy, hours: int, *, at=MONDAY, valid_from=None) -> SlaPolicy:
    """A new version with this resolution."""
    target = TargetInput("P1", 60, hours * 3600, Calendar.objects.get(slug="always"))
    return update_policy(policy=policy, changes={"targets": [target]}, actor=None, at=at, valid_from=valid_from)


def in_force(policy: SlaPolicy, at) -> int:
    return version_in_force(policy, at).number


def numbers(policy: SlaPolicy) -> list[tuple[int, int]]:
    """(number, promised hours) of all versions in the order of their days."""
    versions = policy.versions.order_by("valid_from", "number")
    return [(v.number, v.targets.get().resolution_s // 3600) for v in versions]


def test_a_scheduled_version_counts_from_its_day_on(policy):
    promises(policy, 8, valid_from=MONDAY + 7 * DAY)
    assert in_force(policy, MONDAY) == in_force(policy, MONDAY + 7 * DAY - timedelta(seconds=1)) == 1
    assert in_force(policy, MONDAY + 7 * DAY) == 2
    policy.refresh_from_db()
    assert policy.current.number == 1


def test_before_its_first_version_a_policy_promises_what_that_one_does(policy):
    assert in_force(policy, MONDAY - 365 * DAY) == 1


def test_what_is_new_gets_the_version_in_force_and_not_the_one_pages_still_show(policy):
    promises(policy, 8, valid_from=MONDAY + DAY)
    client = a_client(policy=policy)
    assert policy_for(client=client, at=MONDAY).number == 1
    assert policy_for(client=client, at=MONDAY + DAY).number == 2
    assert policy_for(policy, client=client, at=MONDAY + DAY).number == 2


def test_the_day_of_a_version_comes_once(policy):
    promises(policy, 8, valid_from=MONDAY + DAY)
    assert bring_into_force(MONDAY + DAY - timedelta(seconds=1)) == 0
    assert bring_into_force(MONDAY + DAY) == 1
    assert bring_into_force(MONDAY + DAY) == 0
    policy.refresh_from_db()
    assert (policy.current.number, policy.version) == (2, 3)
    assert history.of(policy)[0].changes == {"version": [1, 2]}


def test_a_calendar_comes_into_force_in_the_same_way():
    calendar = a_calendar()
    update_calendar(calendar=calendar, changes={"always": True}, actor=None, at=MONDAY, valid_from=MONDAY + DAY)
    assert bring_into_force(MONDAY + 2 * DAY) == 1
    calendar.refresh_from_db()
    assert calendar.current == calendar.versions.get(number=2)
    known = [calendar_version_at(calendar.pk, at, now=MONDAY + 2 * DAY) for at in (MONDAY, MONDAY + DAY)]
    assert known == list(calendar.versions.order_by("number").values_list("pk", flat=True))


def test_what_is_remembered_of_a_calendar_never_hides_a_new_version():
    calendar = a_calendar()
    later = MONDAY + 10 * DAY
    first = calendar_version_at(calendar.pk, MONDAY, now=later)
    second = update_calendar(calendar=calendar, changes={"always": True}, actor=None, at=later).current_id
    assert calendar_version_at(calendar.pk, MONDAY, now=later) == first
    assert calendar_version_at(calendar.pk, later, now=later) == first
    assert calendar_version_at(calendar.pk, later + timedelta(seconds=1), now=later) == second


def test_hours_changed_twice_within_a_second_are_changed_once():
    calendar = a_calendar()
    for day in ("2026-03-04", "2026-03-05"):
        update_calendar(calendar=calendar, changes={"holidays": [day]}, actor=None, at=MONDAY)
    calendar.refresh_from_db()
    assert [v.extra_holidays for v in calendar.versions.order_by("number")] == [[], ["2026-03-05"]]
    assert calendar.current == calendar.versions.get(number=2)
    assert bring_into_force(MONDAY + DAY) == 0
    with pytest.raises(Conflict):
        withdraw_calendar_version(version=calendar.versions.get(number=2), actor=None, at=MONDAY)


def test_a_version_cannot_begin_in_the_past(policy):
    with pytest.raises(Invalid, match="past") as refused:
        promises(policy, 8, at=MONDAY, valid_from=MONDAY - timedelta(seconds=1))
    assert refused.value.field == "valid_from"
    with pytest.raises(Invalid, match="past"):
        update_calendar(calendar=a_calendar(), changes={"always": True}, actor=None, at=MONDAY, valid_from=MONDAY - DAY)


def test_a_scheduled_version_is_replaced_by_another_one_for_the_same_day(policy):
    promises(policy, 8, valid_from=MONDAY + DAY)
    promises(policy, 9, valid_from=MONDAY + DAY)
    assert numbers(policy) == [(1, 4), (2, 9)]


def test_numbers_go_up_with_the_days_in_whatever_order_versions_are_written(policy):
    promises(policy, 8, valid_from=MONDAY + 20 * DAY)
    promises(policy, 6, valid_from=MONDAY + 10 * DAY)
    promises(policy, 5, at=MONDAY + DAY)
    assert numbers(policy) == [(1, 4), (2, 5), (3, 6), (4, 8)]
    policy.refresh_from_db()
    assert policy.current.number == 2


def test_a_change_scheduled_for_later_builds_on_what_would_be_in_force_by_then(policy):
    promises(policy, 8, valid_from=MONDAY + 10 * DAY)
    update_policy(policy=policy, changes={"pause_on": ["client"]}, actor=None, at=MONDAY, valid_from=MONDAY + 20 * DAY)
    assert numbers(policy) == [(1, 4), (2, 8), (3, 8)]


def test_a_scheduled_version_is_withdrawn_and_the_later_ones_close_up(policy):
    promises(policy, 8, valid_from=MONDAY + 10 * DAY)
    promises(policy, 9, valid_from=MONDAY + 20 * DAY)
    withdraw_policy_version(version=policy.versions.get(number=2), actor=None, at=MONDAY + DAY)
    assert numbers(policy) == [(1, 4), (2, 9)]
    assert history.of(policy)[0].verb == "version withdrawn"


def test_what_is_in_force_cannot_be_withdrawn(policy):
    with pytest.raises(Conflict, match="in force"):
        withdraw_policy_version(version=policy.versions.get(), actor=None, at=MONDAY)
    calendar = a_calendar()
    with pytest.raises(Conflict, match="in force"):
        withdraw_calendar_version(version=calendar.versions.get(), actor=None, at=MONDAY)


@pytest.mark.parametrize(
    ("promised", "field"),
    [
        ({"reopen_within_days": 0}, "reopen_within_days"),
        ({"escalate_after_s": 5}, "escalate_after_s"),
        ({"scope": "vendor"}, "scope"),
    ],
)
def test_what_cannot_be_promised_is_refused_by_field(policy, promised, field):
    with pytest.raises((Invalid, Conflict)) as refused:
        update_policy(policy=policy, changes=promised, actor=None, at=MONDAY)
    assert refused.value.field == field


def test_the_alert_processes_see_to_it(policy):
    promises(policy, 8, valid_from=MONDAY + DAY)
    run_pass(MONDAY + DAY, process_name="alerts:test")
    assert SlaPolicy.objects.get(pk=policy.pk).current == policy.versions.get(number=2)
