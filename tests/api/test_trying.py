"""A rule tried over REST: in the words of a policy, on what one answers for, and nothing is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sla.models import PolicyVersion, SlaPolicy
from tests.api.world import a_world

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/sla-policies/try/"
TARGETS = [{"priority": "P1", "response_s": 60, "resolution_s": 120}]


@pytest.fixture
def world():
    return a_world()


def days():
    today = timezone.localdate()
    return {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=2))}


def test_a_draft_in_the_words_of_a_policy_is_tried_and_stored_nowhere(world, api):
    versions = PolicyVersion.objects.count()
    body = {"draft": {"targets": TARGETS, "pause_on": []}, "client": "acme", **days()}
    found = api(world.people["tam"]).post(ADDRESS, body).json()
    assert found["incidents"] == 2
    assert {one["kind"] for one in found["changed"]} == {"response", "resolution"}
    assert found["newly_missed"] == 4
    assert found["clocks"][0]["before"] == {"met": 0, "missed": 0, "running": 2, "share": None}
    assert PolicyVersion.objects.count() == versions


def test_what_the_editor_sends_is_taken_as_it_is(world, api):
    """All fields that `sla-policies/` answers with, but for those that are its own."""
    program = api(world.people["manager"])
    policy = program.get("/api/v1/sla-policies/gold/").json()
    draft = {name: value for name, value in policy.items() if name not in {"id", "version"}}
    found = program.post(ADDRESS, {"draft": draft, "client": "acme", **days()})
    assert found.status_code == 200, found.json()
    assert found.json()["changed"] == []


def test_another_ladder_and_another_calendar_are_tried(world, api):
    program = api(world.people["manager"])
    ladder = [{"level": 50, "to": ["head", "tam"]}]
    assert program.post(ADDRESS, {"ladder": ladder, **days()}).json()["incidents"] == 4
    assert program.post(ADDRESS, {"calendar": "always", **days()}).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "policy"),
        ({"policy": "gold", "draft": {"targets": TARGETS}}, "draft"),
        ({"draft": {"targets": []}}, "draft.targets"),
        ({"draft": {}}, "draft.targets"),
        ({"policy": "nonsense"}, "policy"),
        ({"policy": "gold", "from": "yesterday"}, "from"),
        ({"policy": "gold", "until": "2026-01-01"}, "until"),
        ({"policy": "gold", "client": "globex"}, "client"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(world, api, body, field):
    answer = api(world.people["tam"]).post(ADDRESS, body)
    assert answer.status_code == 400
    assert field in {error["field"] for error in answer.json()["errors"]}


def test_a_tam_tries_on_the_own_clients_alone(world, api):
    body = {"policy": "gold", **days()}
    assert api(world.people["tam"]).post(ADDRESS, body).json()["incidents"] == 2
    assert api(world.people["manager"]).post(ADDRESS, body).json()["incidents"] == 4
    assert SlaPolicy.objects.filter(slug="gold").exists()
