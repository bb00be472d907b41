"""A request in work: who has what, who waits for whom, and where it is stuck; each sees what is theirs to see."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects import operations
from projects.models import ChangeRequest, Task
from projects.operations import NewDependency, NewTask
from tests.factories import a_department, a_project, a_request
from tests.web.worlds import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def a_piece(key: str, department: str, hours: int = 4, **fields: Any) -> NewTask:
    fields.setdefault("title", f"The {key}")
    return NewTask(key=key, department=a_department(department), estimate_h=Decimal(hours), **fields)


def in_work(world: World, *more: NewTask) -> ChangeRequest:
    """net → (sql, ad) → cut; net is done, sql is blocked."""
    at = world.now - timedelta(days=4)
    request = a_request(a_project(client=world.client, at=at), title="New branch", at=at)
    made = operations.send_to_departments(
        request=request,
        tasks=[
            a_piece("net", "network", assignee=world.engineer),
            a_piece("sql", "dba", 8),
            a_piece("ad", "microsoft", 6),
            a_piece("cut", "infrastructure"),
            *more,
        ],
        dependencies=[NewDependency(*pair) for pair in (("net", "sql"), ("net", "ad"), ("sql", "cut"), ("ad", "cut"))],
        promised_at=world.now + timedelta(days=4),
        actor=world.tam,
        at=at,
    )
    operations.complete_task(task=made[0], actor=world.engineer, at=at + timedelta(hours=2))
    operations.block_task(
        task=made[1], reason="client", text="Need the key", actor=None, at=world.now - timedelta(days=2, hours=1)
    )
    return request


def test_the_board_says_who_waits_for_whom_and_where_it_is_stuck(client, world):
    request = in_work(world)
    client.force_login(world.tam)
    answer = client.get(f"/requests/{request.pk}/")
    page = answer.content.decode()
    assert "Stuck at DBA" in page
    assert "“Need the key”" in page
    assert "Holds up Infra Ops" in page
    work, lanes = answer.context["work"], answer.context["lanes"]
    assert (work.done, [line.task.key for line in work.waiting]) == (1, ["cut"])
    assert [wait.task.key for wait in work.waiting[0].waits] == ["sql", "ad"]
    assert [row.lane.name for row in lanes.rows] == ["Network", "DBA", "Microsoft", "Infra Ops"]
    assert dict(lanes.states) == {"freed": 2, "held": 1, "waiting": 1}
    cards = {cell.card.title: (cell.card.badge, cell.card.says) for row in lanes.rows for c in row.cells for cell in c}
    assert cards["The net"] == ("done", "")
    assert cards["The sql"] == ("blocked", "Blocked 2\u00a0d")
    assert cards["The ad"] == ("ready", "")
    assert cards["The cut"] == ("waiting", "Waiting for 2")


def test_silence_is_told_on_the_board_in_the_list_and_to_who_waits(client, world):
    request = in_work(world)
    tasks = {task.key: task for task in Task.objects.filter(change_request=request)}
    operations.start_task(task=tasks["ad"], actor=None, at=world.now - timedelta(days=3))
    client.force_login(world.tam)
    answer = client.get(f"/requests/{request.pk}/")
    cards = {cell.card.title: cell.card for row in answer.context["lanes"].rows for c in row.cells for cell in c}
    assert (cards["The ad"].badge, cards["The ad"].says) == ("stale", "Silent 3\u00a0d")
    assert "silent since" in answer.content.decode()
    assert "Silent 3\u00a0d" in client.get(f"/requests/{request.pk}/?view=list").content.decode()


def test_the_graph_says_the_state_of_each_and_leads_to_it(client, world):
    request = in_work(world)
    client.force_login(world.tam)
    page = client.get(f"/requests/{request.pk}/?view=graph").content.decode()
    assert "Network, done" in page
    assert "DBA, blocked" in page
    task = Task.objects.get(change_request=request, key="sql")
    assert f'<a href="/tasks/{task.pk}/"' in page


def test_the_list_says_how_much_each_may_slip(client, world):
    request = in_work(world)
    client.force_login(world.tam)
    answer = client.get(f"/requests/{request.pk}/?view=list")
    slack = {line.task.key: line.slack_h for line in answer.context["work"].lines}
    assert slack == {"net": None, "sql": 0, "ad": 2, "cut": 0}
    assert f'hx-get="/requests/{request.pk}/?view=list"' in answer.content.decode(), "it renews itself as it is"
    task = Task.objects.get(key="sql")
    assert f'data-peek="/tasks/{task.pk}/peek/"' in answer.content.decode()


def test_the_graph_marks_what_the_end_hangs_on(client, world):
    request = in_work(world)
    client.force_login(world.tam)
    flow = client.get(f"/requests/{request.pk}/?view=graph").context["flow"]
    assert flow.critical == [2, 4]


def test_the_head_says_where_it_is_stuck_and_a_task_is_added_from_here(client, world):
    request = in_work(world)
    client.force_login(world.tam)
    page = client.get(f"/requests/{request.pk}/").content.decode()
    assert page.count("Stuck at DBA") == 2
    assert f"/tasks/new/?request={request.pk}" in page
    client.force_login(world.engineer)
    assert "/tasks/new/" not in client.get(f"/requests/{request.pk}/").content.decode()


def test_a_department_that_is_freed_twice_is_named_once(client, world):
    request = a_request(a_project(client=world.client), title="New branch")
    operations.send_to_departments(
        request=request,
        tasks=[a_piece("net", "network"), a_piece("a", "dba"), a_piece("b", "dba")],
        dependencies=[NewDependency("net", "a"), NewDependency("net", "b")],
        promised_at=world.now + timedelta(days=4),
        actor=world.tam,
        at=world.now,
    )
    client.force_login(world.tam)
    first, *_rest = client.get(f"/requests/{request.pk}/?view=list").context["work"].lines
    assert first.departments_freed == ["DBA"]


def test_an_unknown_view_is_the_board(client, world):
    client.force_login(world.tam)
    assert client.get(f"/requests/{in_work(world).pk}/?view=%3Cscript%3E").context["work_view"] == "board"


def test_each_sees_the_tasks_that_are_theirs_to_see(client, world):
    request = in_work(world)
    client.force_login(world.engineer)
    answer = client.get(f"/requests/{request.pk}/")
    seen = [line.task.key for line in answer.context["work"].lines] if answer.status_code == 200 else []
    assert "net" in seen
    client.force_login(world.contact)
    page = client.get(f"/requests/{request.pk}/")
    assert page.status_code == 200
    assert "work" not in page.context
    assert "Need the key" not in page.content.decode()


def test_a_request_that_is_delivered_can_be_saved_as_a_blueprint(client, world):
    request = in_work(world)
    client.force_login(world.tam)
    assert "/blueprint/" not in client.get(f"/requests/{request.pk}/").content.decode()
    for task in Task.objects.order_by("pk"):
        operations.complete_task(task=task, actor=None, at=timezone.now())
    operations.deliver(request=request, actor=None, at=timezone.now())
    assert f"/requests/{request.pk}/blueprint/" in client.get(f"/requests/{request.pk}/").content.decode()


@pytest.mark.parametrize("view", ["board", "list", "graph"])
def test_it_costs_the_same_for_four_tasks_and_for_twenty(client, world, view):
    client.force_login(world.tam)
    requests = (in_work(world), in_work(world, *[a_piece(f"more{n}", "unix") for n in range(16)]))
    client.get(f"/requests/{requests[0].pk}/")  # calendars are read once a process
    costs = []
    for request in requests:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/requests/{request.pk}/?view={view}").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]
