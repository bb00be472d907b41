"""Letting a new version count for what is open: shown before, done with a reason, by those who run the service."""

from __future__ import annotations

import html
import re

import pytest

from incidents.models import EventKind
from sla.models import Calendar, Clock, SlaPolicy
from sla.operations import TargetInput, update_policy
from tests.factories import a_policy
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
ADDRESS = "/policies/gold/recalculate/"


@pytest.fixture
def world() -> World:
    return World()


def words(answer) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
    return re.sub(r"\s+", " ", text)


def test_it_is_linked_from_the_editor_for_those_who_may(world, browse):
    assert ADDRESS in browse(world.manager).get("/policies/gold/").text
    assert ADDRESS not in browse(world.tam).get("/policies/gold/").text
    assert browse(world.tam).get(ADDRESS).status_code == 403
    assert browse(world.contact).get(ADDRESS).status_code == 403
    assert browse(world.manager).get("/calendars/always/recalculate/").status_code == 200


def test_with_a_reason_the_newest_version_counts(world, browse):
    incident = world.incident(minutes=90)
    gold = SlaPolicy.objects.get(slug="gold")
    changes = {"targets": [TargetInput("P1", 1800, 3600, Calendar.objects.get(slug="always"))]}
    update_policy(policy=gold, changes=changes, actor=None, at=world.now)
    browser = browse(world.manager)
    page = words(browser.get(ADDRESS))
    assert "1 open incident counts by an older version. 1 would become late." in page
    assert re.search(r"Resolution 4 h → 1 h", page)
    assert "Becomes late" in page
    answer = browser.post(ADDRESS, {"reason": ""})
    assert answer.status_code == 422
    assert not incident.events.filter(kind=EventKind.RECALCULATED).exists()
    answer = browser.post(ADDRESS, {"reason": "The contract was amended"}, follow=True)
    assert "1 incident recalculated" in words(answer)
    assert incident.events.get(kind=EventKind.RECALCULATED).text == "The contract was amended"
    assert Clock.objects.get(subject_id=incident.pk, kind="resolution").target_s == 3600
    assert "Nothing to recalculate" in words(browser.get(ADDRESS))


def test_what_departments_owe_is_not_recalculated(world, browse):
    ola = a_policy("ola", scope="department")
    answer = browse(world.manager).get(f"/policies/{ola.slug}/recalculate/", follow=True)
    assert "begins with the next handover or hold" in words(answer)
