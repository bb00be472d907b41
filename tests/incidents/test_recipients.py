"""Whom alerts about incidents may go to, and whose reports fell silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from departments.models import DutyShift
from departments.operations import record_absence, update_department
from incidents import operations
from incidents.models import Incident, IncidentEvent
from incidents.subject import IncidentClocks
from sla.models import Clock
from sla.subjects import Candidate
from tests.factories import MONDAY, OFFICE_HOURS, a_calendar, a_client, a_department, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
AT = MONDAY + HOUR


def candidates(incident: Incident, *, kind: str = "response", at=AT, named=()) -> dict[str, Candidate]:
    clock = Clock.objects.get(subject_id=incident.pk, kind="response")
    clock.kind = kind
    return {one.role: one for one in IncidentClocks().recipients([clock], at=at, named=named)[clock.pk]}


@pytest.fixture
def incident() -> Incident:
    update_department(
        department=a_department("unix"), changes={"head": a_user("head", Role.HEAD)}, actor=None, at=MONDAY
    )
    people = {"deputy": a_user("deputy", Role.TAM), "service_manager": a_user("manager", Role.MANAGER)}
    client = a_client("castor", policy=a_policy(), **people)
    made = an_incident(client=client, department=a_department("unix"))
    return operations.assign(incident=made, assignee=a_user("erik", Role.ENGINEER), actor=None, now=MONDAY + MINUTE)


@pytest.mark.parametrize(
    ("kind", "chain"),
    [
        ("response", ["tam", "deputy", "head", "service_manager"]),
        ("update", ["tam", "deputy", "head", "service_manager"]),
        ("accept", ["assignee", "head", "tam"]),
        ("finish", ["assignee", "head", "tam"]),
        ("vendor", ["assignee", "tam", "deputy", "head"]),
    ],
)
def test_each_kind_of_clock_has_its_chain_and_everybody_else_stands_behind_it(incident, kind, chain) -> None:
    found = candidates(incident, kind=kind)
    assert [role for role, one in found.items() if one.in_chain] == chain
    assert set(found) == {"assignee", "tam", "deputy", "head", "service_manager"}


def test_people_that_a_ladder_names_are_there_if_they_exist(incident) -> None:
    a_user("ada")
    found = candidates(incident, named={"ada", "nobody"})
    assert [role for role in found if role.startswith("user:")] == ["user:ada"]
    assert not found["user:ada"].in_chain


def test_who_is_on_duty_is_at_work_and_others_are_by_their_hours(incident, settings) -> None:
    settings.OFFICE_CALENDAR = a_calendar("office", timezone="UTC", hours=OFFICE_HOURS).slug
    DutyShift.objects.create(user=a_user("caller"), starts_at=MONDAY, ends_at=MONDAY + 24 * HOUR)
    by_night = candidates(incident, at=MONDAY + 10 * HOUR)
    assert (by_night["tam"].at_work, by_night["tam"].works_from) == (False, "2026-03-03T09:00:00+00:00")
    assert (by_night["on_duty"].at_work, by_night["on_duty"].in_chain) == (True, False)
    by_day = candidates(incident)
    assert (by_day["tam"].at_work, by_day["tam"].works_from) == (True, "")


def test_a_stand_in_who_is_away_too_is_replaced_by_theirs(incident) -> None:
    first, second = a_user("first"), a_user("second")
    for user, instead in ((incident.client.tam, first), (first, second)):
        record_absence(user=user, starts_at=MONDAY, ends_at=MONDAY + 24 * HOUR, stand_in=instead, actor=None, at=MONDAY)
    found = candidates(incident)
    assert (found["tam"].skipped, found["tam_stand_in"].name, found["tam_stand_in"].skipped) == ("absent", "second", "")


def test_recipients_of_many_clocks_cost_as_many_queries_as_those_of_one(incident, settings) -> None:
    settings.OFFICE_CALENDAR = a_calendar("office", timezone="UTC", hours=OFFICE_HOURS).slug
    DutyShift.objects.create(user=a_user("caller"), starts_at=MONDAY, ends_at=MONDAY + 24 * HOUR)

    def cost(count: int) -> int:
        for _ in range(count):
            an_incident(client=a_client(policy=a_policy()), department=a_department("unix"))
        with CaptureQueriesContext(connection) as queries:
            IncidentClocks().recipients(list(Clock.objects.all()), at=AT, named={"ada"})
        return len(queries)

    cost(1)
    assert cost(1) == cost(12) <= 12


def spoken(incident: Incident, *minutes: int) -> None:
    IncidentEvent.objects.bulk_create(
        IncidentEvent(incident=incident, kind="commented", at=MONDAY, recorded_at=MONDAY + n * MINUTE, via="jira")
        for n in minutes
    )


def silent(incident: Incident, minute: int) -> dict[int, object]:
    return dict(IncidentClocks().stale_since([incident.pk], at=MONDAY + minute * MINUTE))


def test_a_system_that_usually_speaks_is_silent_after_ten_minutes(incident) -> None:
    spoken(incident, *range(0, 60, 5))
    assert silent(incident, 65) == {}
    assert silent(incident, 66) == {incident.pk: MONDAY + 55 * MINUTE}


def test_one_that_speaks_now_and_then_or_all_at_once_is_not_missed(incident) -> None:
    spoken(incident, 0, 30, 60)
    assert silent(incident, 90) == {}
    spoken(incident, *[70] * 100)
    assert silent(incident, 90) == {}


def test_what_people_do_here_says_nothing_of_their_system(incident) -> None:
    spoken(incident, *range(0, 60, 5))
    IncidentEvent.objects.update(via="")
    assert silent(incident, 90) == {}
