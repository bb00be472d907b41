"""Clocks over REST: all of an incident, and one second by second."""

from __future__ import annotations

import pytest
from django.utils import timezone

from incidents import operations
from tests.api.world import a_world

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def world():
    return a_world()


def clocks(program, world, rest=""):
    return program.get(f"{API}incidents/{world.own.incident.pk}/clocks/{rest}")


def test_all_clocks_are_told_with_what_promised_them(world, api):
    found = clocks(api(world.people["tam"]), world).json()
    assert [clock["kind"] for clock in found] == ["response", "resolution"]
    assert (found[0]["policy"], found[0]["policy_version"], found[0]["calendar"]) == ("gold", 1, "gold-hours")
    assert found[0]["elapsed_s"] + found[0]["remaining_s"] == found[0]["target_s"]


def test_an_engineer_sees_the_clock_and_not_the_contract(world, api):
    assert clocks(api(world.people["engineer"]), world).json()[0]["policy"] is None
    assert clocks(api(world.people["engineer"]), world, "resolution/").json()["origin"] is None


def test_the_pieces_of_one_add_up(world, api):
    operations.hold(incident=world.own.incident, reason="client", actor=None, now=timezone.now())
    one = clocks(api(world.people["tam"]), world, "resolution/").json()
    assert one["state"] == "paused"
    assert one["due_if_resumed_at"] is not None
    assert sum(piece["counted_s"] for piece in one["pieces"]) == one["elapsed_s"]
    assert [a["to"] for a in one["pieces"][:-1]] == [b["from"] for b in one["pieces"][1:]]
    assert {piece["department"] for piece in one["pieces"]} == {"unix"}
    assert sum(share["counted_s"] for share in one["holders"]) == one["elapsed_s"]
    assert one["origin"]["chosen_by"] == "Contract of Acme"


def test_a_contact_reads_no_department_and_no_internal_clock(world, api):
    program = api(world.people["contact"])
    one = clocks(program, world, "resolution/").json()
    assert one["holders"] == []
    assert {(piece["department"], piece["person"]) for piece in one["pieces"]} <= {(None, None)}
    assert clocks(program, world, "finish/").status_code == 404


@pytest.mark.parametrize("rest", ["nonsense/", "resolution/?cycle=2", "resolution/?cycle=x", "vendor/"])
def test_a_clock_that_is_not_there_is_not_found(world, api, rest):
    assert clocks(api(world.people["tam"]), world, rest).status_code == 404


def test_a_parameter_that_is_not_known_is_refused(world, api):
    assert clocks(api(world.people["tam"]), world, "resolution/?round=1").status_code == 400
