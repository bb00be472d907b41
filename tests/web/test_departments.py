"""The catalogue of departments and the queue of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.operations import record_absence
from tests.factories import a_calendar, a_project, a_task, a_user
from tests.web.worlds import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def test_the_catalogue_names_head_people_and_what_is_open_with_the_own_department_first(world, browse):
    world.network.head = world.head
    world.network.save()
    world.incident(minutes=40)
    world.incident(assignee=world.engineer)
    a_task(a_project(client=world.client))
    page = browse(world.engineer).get("/departments/").text
    first = page.split("<tbody>")[1].split("</tr>")[0]
    assert "Network" in first
    assert "Yours" in first
    assert str(world.head) in first
    assert [cell.split(">")[1].split("<")[0] for cell in first.split("<td")[3:]] == ["3", "1", "0", "2", "1", "1"]


def test_a_queue_shows_what_nobody_has_above_what_is_in_hand(world, browse):
    world.incident(title="In good hands", assignee=world.colleague)
    world.incident(title="Free to take")
    page = browse(world.engineer).get("/departments/network/").text
    assert "2 incidents are open. Nobody has 1 of them." in page
    assert page.index("Free to take") < page.index("In good hands")
    assert "Take it" in page


def test_who_is_away_is_named_with_the_day_of_return(world, browse):
    record_absence(
        user=world.colleague,
        starts_at=world.now - timedelta(days=1),
        ends_at=world.now + timedelta(days=9),
        actor=None,
        at=world.now,
    )
    page = browse(world.engineer).get("/departments/network/").text
    assert "Away until" in page


def test_taking_on_the_queue_brings_the_queue_back(world, browse):
    incident = world.incident(title="Free to take")
    answer = browse(world.engineer).post(
        f"/act/{incident.pk}/take/", {"next": "/departments/network/"}, headers={"HX-Request": "true"}, follow=True
    )
    assert 'id="board"' in answer.text
    assert "<html" not in answer.text
    assert f"You took {incident.reference}" in answer.text
    assert "Take it" not in answer.text


def test_the_week_of_the_departments_calendar_is_told_in_its_own_zone(world, browse):
    browser = browse(world.engineer)
    assert "No calendar of its own" in browser.get("/departments/network/").text
    hours = {"mon": [["09:00", "12:30"], ["13:00", "18:00"]]}
    world.network.calendar = a_calendar("vienna", timezone="Europe/Vienna", hours=hours)
    world.network.save()
    page = browser.get("/departments/network/").text
    assert "09:00–12:30, 13:00–18:00" in page
    assert "Europe/Vienna" in page
    world.network.calendar = a_calendar("day-and-night", timezone="UTC", always=True)
    world.network.save()
    assert "Around the clock" in browser.get("/departments/network/").text


def test_somebody_of_another_department_sees_the_people_but_not_the_incidents(world, browse):
    world.incident(title="Not theirs")
    page = browse(world.architect).get("/departments/network/").text
    assert str(world.engineer) in page
    assert "Not theirs" not in page


@pytest.mark.parametrize("path", ["/departments/", "/departments/network/"])
def test_whoever_has_no_role_finds_no_department(world, browse, path):
    assert browse(a_user()).get(path).status_code == 404


def test_an_unknown_department_is_not_found(world, browse):
    assert browse(world.engineer).get("/departments/nowhere/").status_code == 404


def test_a_queue_costs_the_same_for_one_incident_and_for_twenty(world, browse):
    def cost(incidents: int) -> int:
        for _number in range(incidents):
            world.incident()
            world.incident(assignee=world.engineer)
        browser = browse(world.engineer)
        browser.get("/departments/network/")
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/departments/network/").status_code == 200
        return len(queries)

    assert cost(1) == cost(20)
