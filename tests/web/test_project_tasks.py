"""The tasks of a project: list and board, who waits for whom, silence, and a new one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects import operations
from projects.models import Project, Task
from tests.factories import a_dependency, a_project, a_request, a_task
from tests.web.worlds import CANARY, HTMX, World, asked_twice

pytestmark = pytest.mark.django_db
PATH = "/projects/portal/"
NEW = "/projects/portal/tasks/new/"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def project(world: World) -> Project:
    return a_project("portal", client=world.client, tam=world.tam, at=world.now)


@pytest.fixture
def chain(world: World, project: Project) -> list[Task]:
    """The network's piece is blocked, Unix waits for it, a third one is silent, a fourth one was sent back."""
    long_ago = world.now - timedelta(days=30)
    request = a_request(project, at=long_ago)
    first = a_task(project, change_request=request, title="Open the ports", at=long_ago)
    second = a_task(project, change_request=request, title="Install", department="unix", at=long_ago)
    a_dependency(first, second, at=long_ago)
    operations.block_task(task=first, reason="client", text="No keys", actor=world.engineer, at=world.now)
    quiet = a_task(project, title="Copy", department="backup", at=long_ago)
    operations.start_task(task=quiet, actor=world.tam, at=long_ago)
    returned = a_task(project, title="Tables", department="dba", at=world.now)
    operations.return_task(task=returned, reason="No sizes", actor=world.tam, at=world.now)
    return [first, second, quiet, returned]


def titles(page) -> set[str]:
    return {line.task.title for line in page.context["lines"]}


def test_each_row_says_on_what_and_whom_it_waits_and_silence_says_since_when(world, browse, chain):
    page = browse(world.tam).get(PATH).text
    assert "Network, Open the ports" in page
    assert "blocked since" in page
    assert "No keys" in page
    assert "Silent: nothing was said since" in page
    assert "No sizes" in page
    for words in ("1 blocked", "1 returned", "1 silent"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, {"Open the ports", "Install", "Copy", "Tables"}),
        ({"department": "unix"}, {"Install"}),
        ({"status": "waiting"}, {"Install"}),
        ({"status": "in_progress"}, {"Copy"}),
        ({"status": "done"}, set()),
        ({"trouble": "stuck"}, {"Open the ports", "Tables"}),
        ({"trouble": "silent"}, {"Copy"}),
        ({"assignee": "tam"}, {"Copy"}),
        ({"trouble": "nonsense"}, set()),
    ],
)
def test_the_list_is_narrowed_by_its_address(world, browse, chain, query, shown):
    page = browse(world.tam).get(PATH, query)
    assert titles(page) == shown


def test_the_board_has_a_lane_for_each_department_and_who_waits_for_whom(world, browse, chain):
    page = browse(world.tam).get(PATH, {"view": "board"})
    assert [row.lane.name for row in page.context["lanes"].rows]
    assert page.text.count('class="tcard__t') == 4
    waits = page.text.split('id="waits-h"')[1]
    assert "Open the ports" in waits
    assert "the client" in waits


def test_who_plans_may_tick_tasks_for_one_step_at_once_and_others_may_not(world, browse, chain):
    assert "data-pick" in browse(world.tam).get(PATH).text
    assert "data-pick" not in browse(world.engineer).get(PATH).text


def test_a_head_sees_the_tasks_of_the_own_department_alone(world, browse, project, chain):
    a_task(project, title=f"Elsewhere {CANARY}", department="unix", at=world.now)
    assert titles(browse(world.head).get(PATH)) == {"Open the ports"}


def test_a_task_is_added(world, browse, project):
    data = {"title": "Two switches", "department": world.network.pk, "estimate_h": "6"}
    assert browse(world.tam).post(NEW, data)["Location"] == PATH
    made = Task.objects.get()
    assert (made.title, made.estimate_h, made.project) == ("Two switches", Decimal(6), project)


def test_a_refused_task_keeps_what_was_typed(world, browse, project):
    data = {"title": "Two switches", "department": world.network.pk, "estimate_h": "6", "optimistic_h": "9"}
    answer = browse(world.tam).post(NEW, data)
    assert answer.status_code == 422
    assert "Two switches" in answer.text
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("person", "status"), [("engineer", 404), ("contact", 404), ("tam", 200), ("manager", 200), ("head", 200)]
)
def test_who_may_add_tasks(world, browse, project, person, status):
    if person == "head":
        a_task(project, at=world.now)
    assert browse(getattr(world, person)).get(NEW).status_code == status


def test_a_head_gives_work_to_the_own_department_alone(world, browse, project):
    first = a_task(project, at=world.now)
    foreign = a_task(project, department="unix", at=world.now)
    head = browse(world.head)
    assert 'href="/projects/portal/tasks/new/"' in head.get(PATH).text
    data = {"title": "Two switches", "estimate_h": "6"}
    assert head.post(NEW, {**data, "department": world.unix.pk}).status_code == 422
    assert head.post(NEW, {**data, "department": world.network.pk, "waits_for": foreign.pk}).status_code == 422
    assert Task.objects.count() == 2
    head.post(NEW, {**data, "department": world.network.pk, "waits_for": first.pk})
    assert Task.objects.get(title="Two switches").incoming.get().predecessor == first


def test_a_task_waits_for_those_that_are_ticked_and_leads_back_to_its_request(world, browse, chain):
    first, second, _quiet, _returned = chain
    request = first.change_request
    data = {"title": "Test it", "department": world.unix.pk, "estimate_h": "2", "change_request": request.pk}
    answer = browse(world.tam).post(f"{NEW}?request={request.pk}", {**data, "waits_for": [first.pk, second.pk]})
    assert answer["Location"] == f"/requests/{request.pk}/"
    made = Task.objects.get(title="Test it")
    assert set(made.incoming.values_list("predecessor", flat=True)) == {first.pk, second.pk}
    assert made.unmet == 2


def test_the_tasks_are_not_sent_again_while_nothing_changed(world, browse, chain):
    browser = browse(world.tam)
    first, again = asked_twice(browser, PATH)
    assert again.status_code == 304
    operations.say(task=chain[2], text="Half of it is there", actor=world.tam, at=world.now)
    assert browser.get(PATH, headers={**HTMX, "If-None-Match": first["ETag"]}).status_code == 200


def test_the_requests_of_a_project_have_their_tab(world, browse, project, chain):
    page = browse(world.tam).get("/projects/portal/requests/")
    assert "Prepare the landscape" in page.text
    assert "/requests/new/?project=portal" in page.text


@pytest.mark.parametrize("path", [PATH, f"{PATH}?view=board", "/projects/portal/requests/"])
def test_a_page_costs_the_same_for_few_tasks_and_for_many(world, browse, project, path):
    def cost(times: int) -> int:
        for _number in range(times):
            request = a_request(project, at=world.now)
            before, after = (a_task(project, change_request=request, at=world.now) for _one in range(2))
            a_dependency(before, after, at=world.now)
            quiet = a_task(project, change_request=request, department="unix", at=world.now - timedelta(days=3))
            operations.start_task(task=quiet, actor=world.tam, at=world.now - timedelta(days=3))
        browser = browse(world.tam)
        browser.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        return len(queries)

    assert cost(1) == cost(8)
