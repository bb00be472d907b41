"""The page that explains a clock: it adds up, it is whole for people of the house, and tells a client what is its."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.operations import update_department
from incidents import operations
from sla.operations import set_client_policy
from tests.factories import OFFICE_HOURS, a_calendar, a_policy
from tests.web.worlds import CANARY, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


@pytest.fixture
def incident(world):
    """Held for the client for ten minutes, and passed on to the engineer of Network."""
    incident = world.incident(title="Portal down", minutes=50, department=world.unix)
    at = world.now - timedelta(minutes=30)
    operations.hold(incident=incident, reason="client", actor=world.tam, now=world.now, at=at)
    resumed = at + timedelta(minutes=10)
    operations.resume(incident=incident, actor=world.tam, now=world.now, at=resumed)
    operations.assign(
        incident=incident, department=world.network, assignee=world.engineer, actor=world.tam, now=world.now, at=resumed
    )
    return incident


def test_the_table_tells_whose_time_it_was_and_adds_up(world, incident, browse):
    html = browse(world.tam).get(f"/incidents/{incident.pk}/clocks/resolution/").content.decode()
    for words in ("Counted", "Paused", "Waiting for client", "Time by department", "Contract of Aldgate"):
        assert words in html
    assert re.search(r"Target 04:00:00 less 00:40:0\d used", html)
    assert str(world.engineer) in html


def test_the_same_stands_there_as_plain_text(world, incident, browse):
    answer = browse(world.tam).get(f"/incidents/{incident.pk}/clocks/resolution.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    text = answer.content.decode()
    assert "Waiting for client" in text
    assert "00:20:00" in text
    assert "<" not in text


def test_what_was_opened_while_hours_are_closed_says_when_they_begin(world, browse):
    """In ten hours or after the weekend; the stretch so far ends only because it is now."""
    begin = world.now + timedelta(hours=10)
    hours = {day: [[f"{begin:%H}:00", f"{begin:%H}:30"]] for day in OFFICE_HOURS}
    policy = a_policy(calendar=a_calendar(timezone="UTC", hours=hours))
    set_client_policy(client=world.client, policy=policy, actor=None, at=world.now)
    incident = world.incident(title="At night", minutes=5)
    text = browse(world.tam).get(f"/incidents/{incident.pk}/clocks/resolution.txt").text
    assert re.search(rf"Hours begin (\w+ \d+ )?{begin:%H}:00", text)


def test_a_client_reads_its_promise_and_no_name_of_the_house(world, browse):
    incident = world.secretive()
    for suffix in ("/", ".txt"):
        html = browse(world.contact).get(f"/incidents/{incident.pk}/clocks/resolution{suffix}").content.decode()
        assert CANARY not in html
        assert "Unix" not in html
        assert "Counted" in html


@pytest.mark.parametrize("kind", ["accept", "finish", "vendor"])
def test_what_departments_owe_each_other_is_no_clients_concern(world, incident, browse, kind):
    assert browse(world.contact).get(f"/incidents/{incident.pk}/clocks/{kind}/").status_code == 404


@pytest.mark.parametrize("address", ["resolution/?cycle=9", "resolution/?cycle=x", "nonsense/", "nonsense.txt"])
def test_a_clock_that_is_not_there_is_not_found(world, incident, browse, address):
    assert browse(world.tam).get(f"/incidents/{incident.pk}/clocks/{address}").status_code == 404


def test_a_stranger_finds_nothing(world, incident, browse):
    world.client.tam = None
    elsewhere = world.incident(client=world.other)
    assert browse(world.contact).get(f"/incidents/{elsewhere.pk}/clocks/resolution/").status_code == 404


def test_a_long_life_costs_no_more_queries(world, incident, browse):
    browser, address = browse(world.tam), f"/incidents/{incident.pk}/clocks/resolution/"

    def cost():
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    before = cost()
    for number in range(6):
        at = world.now - timedelta(minutes=18 - 2 * number)
        operations.hold(incident=incident, reason="vendor", actor=world.tam, now=world.now, at=at)
        at += timedelta(minutes=1)
        operations.resume(incident=incident, actor=world.tam, now=world.now, at=at)
    assert cost() == before


def test_what_ran_over_is_split_among_the_departments_that_broke_their_own_promise(world, browse):
    ola = a_policy("unix-ola", scope="department", response_s=600, resolution_s=1800)
    changes = {"ola": ola}
    unix = update_department(department=world.unix, changes=changes, actor=None, at=world.now - timedelta(days=3))
    incident = world.incident(minutes=300, department=unix)
    html = browse(world.tam).get(f"/incidents/{incident.pk}/clocks/resolution/").content.decode()
    assert "Who used too much" in html
    assert "01:00:0" in html
    assert (
        "Who used too much"
        not in browse(world.contact).get(f"/incidents/{incident.pk}/clocks/resolution/").content.decode()
    )
    finish = browse(world.tam).get(f"/incidents/{incident.pk}/clocks/finish/").content.decode()
    assert "Finished: " in finish
    assert "Try another policy" not in finish
