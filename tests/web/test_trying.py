"""The page that tries a rule on the past: for who answers for a promise, from the address or from the editor."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sla.ladder import Step
from sla.models import PolicyVersion
from tests.factories import a_policy
from tests.web.worlds import CANARY, World

pytestmark = pytest.mark.django_db
ADDRESS = "/policies/try/"
DRAFT = {"name": "Gold", "targets": [{"priority": "P1", "response_s": 60, "resolution_s": 120}], "pause_on": []}


@pytest.fixture
def world():
    return World()


def period(world):
    return {"since": str((world.now - timedelta(days=2)).date()), "until": str((world.now + timedelta(days=2)).date())}


def test_it_asks_first(world, browse):
    html = browse(world.manager).get(ADDRESS).content.decode()
    assert "Choose what to try" in html
    assert "Nothing is saved" in html


def test_another_policy_lists_each_incident_that_would_change_and_why(world, browse):
    a_policy("strict", response_s=60, resolution_s=120)
    incident = world.incident(title="Portal down", minutes=50)
    html = browse(world.manager).get(ADDRESS, {"policy": "strict", **period(world)}).content.decode()
    assert f"/incidents/{incident.pk}/clocks/resolution/" in html
    assert "Portal down" in html
    assert "Target 2\u00a0min, not 4\u00a0h" in html
    assert "counted anew in" in html


def test_the_editors_draft_is_tried_and_kept_for_the_next_try(world, browse):
    world.incident(minutes=50)
    versions = PolicyVersion.objects.count()
    sent = {"draft": json.dumps(DRAFT), **period(world)}
    html = browse(world.manager).post(ADDRESS, sent).content.decode()
    assert "Draft of Gold" in html
    assert "Newly missed" in html
    assert 'name="draft"' in html
    assert PolicyVersion.objects.count() == versions


@pytest.mark.parametrize(
    "sent",
    [
        {"draft": "{"},
        {"draft": "[]"},
        {"draft": json.dumps({"targets": []})},
        {"draft": json.dumps({**DRAFT, "nonsense": 1})},
        {"policy": "nonsense"},
        {"policy": "gold", "since": "2026-03-02", "until": "2026-03-01"},
        {"policy": "gold", "since": "0001-01-01"},
        {"policy": "gold", "client": "nonsense"},
        {"draft": "[" * 40_000},
    ],
)
def test_what_makes_no_sense_is_said(world, browse, sent):
    answer = browse(world.manager).post(ADDRESS, sent)
    assert answer.status_code == 422
    assert "notice--red" in answer.content.decode()


def test_a_tam_tries_it_on_the_own_clients(world, browse):
    world.incident(minutes=50)
    world.incident(minutes=50, client=world.other, title=f"Elsewhere {CANARY}")
    a_policy("strict", response_s=60, resolution_s=120)
    sent = {"calendar": "always", "policy": "gold", **period(world)}
    html = browse(world.tam).get(ADDRESS, sent).content.decode()
    assert CANARY not in html


@pytest.mark.parametrize("name", ["engineer", "head", "contact", "architect"])
def test_who_answers_for_no_promise_tries_none(world, browse, name):
    assert browse(getattr(world, name)).get(ADDRESS).status_code == 403


def test_under_an_explained_clock_the_result_alone_comes(world, browse):
    incident = world.incident(minutes=50)
    page = browse(world.tam).get(f"/incidents/{incident.pk}/clocks/resolution/").content.decode()
    assert "Try another policy on last quarter" in page
    part = browse(world.tam).get(ADDRESS, {"policy": "gold"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    engineers = browse(world.engineer).get(f"/incidents/{incident.pk}/clocks/resolution/").content.decode()
    assert "Try another policy" not in engineers


def test_whom_a_ladder_names_is_called_by_name(world, browse):
    a_policy("strict", response_s=60, resolution_s=120, ladder=(Step(100, ("user:tam",)),))
    world.incident(minutes=50)
    html = browse(world.manager).get(ADDRESS, {"policy": "strict", "ladder": "strict", **period(world)}).text
    assert "Tara Tam" in html[html.index("Messages of the ladder") :]
