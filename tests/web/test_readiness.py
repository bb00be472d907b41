"""A department says what it must know first; every new task begins with it."""

from __future__ import annotations

import pytest

from kernel import history
from projects.models import ReadyItem
from tests.factories import a_project, a_task
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
PATH = "/departments/network/ready/"


@pytest.fixture
def world() -> World:
    world = World()
    ReadyItem.objects.filter(department=world.network).delete()
    return world


def test_a_head_writes_it_line_by_line_and_new_tasks_begin_with_it(world, browse):
    project = a_project(client=world.client)
    old = a_task(project)
    head = browse(world.head)
    assert f'href="{PATH}"' in head.get("/departments/network/").text
    typed = {"texts": "Addresses are named\r\n\r\n A window is booked \nAddresses are named", "version": "1"}
    answer = head.post(PATH, typed)
    assert answer["Location"] == "/departments/network/"
    new = a_task(project)
    assert list(new.checks.values_list("text", flat=True)) == ["Addresses are named", "A window is booked"]
    assert not old.checks.exists()
    assert "Addresses are named\nA window is booked" in head.get(PATH).text
    stale = head.post(PATH, typed | {"texts": "Mine"})
    assert (stale.status_code, "Mine" in stale.text) == (422, True)
    line = history.of(world.network).get(verb="defined ready")
    assert (line.verb, line.changes["ready"][1]) == ("defined ready", ["Addresses are named", "A window is booked"])


@pytest.mark.parametrize("texts", ["x" * 201, "\n".join(map(str, range(16)))])
def test_too_much_is_refused_and_stays_in_the_form(world, browse, texts):
    refused = browse(world.head).post(PATH, {"texts": texts, "version": "1"})
    assert refused.status_code == 422
    assert texts.splitlines()[-1] in refused.text
    assert not world.network.ready_items.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("manager", 200), ("head", 200), ("tam", 403), ("engineer", 403), ("contact", 403)]
)
def test_who_may_define_it(world, browse, who, status):
    assert browse(getattr(world, who)).get(PATH).status_code == status
    assert browse(world.head).get("/departments/unix/ready/").status_code == 403
