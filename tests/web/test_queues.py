"""The queue of a department, one's own tasks, and many tasks at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects import operations
from projects.models import Project, Task
from tests.factories import a_dependency, a_project, a_task, a_user
from tests.web.worlds import HTMX, World, asked_twice

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def project(world) -> Project:
    return a_project("frankfurt", client=world.client, at=world.now)


def busy(world: World, project: Project, *, times: int = 1) -> list[Task]:
    """For each time: one ready, one in progress, one blocked, one that waits for another department, one sent back."""
    made = []
    for number in range(times):
        ready, running, stuck, waiting, returned = (
            a_task(project, title=f"{name} {number}", assignee=world.engineer, at=world.now)
            for name in ("Ready", "Running", "Stuck", "Waiting", "Returned")
        )
        other = a_task(project, department="vmware", title=f"Cluster {number}", at=world.now)
        a_dependency(other, waiting, at=world.now)
        a_dependency(ready, a_task(project, department="dba", title=f"Replica {number}", at=world.now), at=world.now)
        operations.start_task(task=running, actor=world.engineer, at=world.now)
        operations.block_task(task=stuck, reason="vendor", text="No date", actor=world.engineer, at=world.now)
        operations.return_task(task=returned, reason="Which hall?", actor=world.engineer, at=world.now)
        made += [ready, running, stuck, waiting, returned]
    return made


def test_a_queue_says_what_is_next_what_waits_and_for_whom(world, project, browse):
    busy(world, project)
    page = browse(world.engineer).get("/departments/network/").text
    for words in (
        "Next for you",
        "Frees <b>1 department</b>, DBA is waiting for you.",
        "5 open tasks, 20 h of work. 1 holds up others.",
        "VMware, Cluster 0",
        ": No date",
        "Which hall?",
        "Others wait for Network",
        "20 h in 5 tasks",
    ):
        assert words in page, words


def test_the_next_one_is_chosen_by_promise_and_then_by_how_many_it_frees(world, project, browse):
    a_task(project, title="Frees nobody", at=world.now)
    frees = a_task(project, title="Frees one", at=world.now)
    a_dependency(frees, a_task(project, department="dba", at=world.now), at=world.now)
    browser = browse(world.engineer)
    assert f'href="/tasks/{frees.pk}/">Frees one' in browser.get("/departments/network/").text.split("nexttask__a")[0]
    a_task(project, title="Promised", deadline=world.now + timedelta(days=1), at=world.now)
    assert "Promised" in browser.get("/departments/network/").text.split("nexttask__a")[0]


def test_start_on_a_row_brings_the_list_back_and_done_offers_undo(world, project, browse):
    task = a_task(project, title="Mine", assignee=world.engineer, at=world.now)
    browser = browse(world.engineer)
    there = {"next": "/my-tasks/"}
    answer = browser.post(f"/tasks/{task.pk}/start/", there, headers=HTMX, follow=True)
    assert answer.redirect_chain == [("/my-tasks/", 303)]
    assert 'id="board"' in answer.text
    assert f"{task.reference} started" in answer.text
    answer = browser.post(f"/tasks/{task.pk}/complete/", there, headers=HTMX, follow=True)
    undo = f"/tasks/{task.pk}/reopen/?next=%2Fmy-tasks%2F"
    assert undo in answer.text
    browser.post(undo, headers=HTMX)
    assert Task.objects.get(pk=task.pk).status == "in_progress"


def test_what_a_row_is_refused_opens_in_the_drawer(world, project, browse):
    task = a_task(project, title="Mine", assignee=world.engineer, at=world.now)
    a_dependency(a_task(project, department="vmware", title="Cluster", at=world.now), task, at=world.now)
    answer = browse(world.engineer).post(f"/tasks/{task.pk}/start/", {"next": "/my-tasks/"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#drawer")
    assert "it waits for" in answer.text
    assert "<html" not in answer.text


def test_mine_a_client_a_part_and_another_order(world, project, browse):
    busy(world, project)
    a_task(project, title="A colleague has it", assignee=world.colleague, at=world.now)
    a_task(a_project(client=world.other, at=world.now), title="Of another client", at=world.now)
    browser = browse(world.engineer)
    mine = browser.get("/departments/network/?whose=mine").text
    assert "A colleague has it" not in mine
    assert "Running 0" in mine
    other = browser.get("/departments/network/?client=other").text
    assert "Running 0" not in other.split("queuecard")[1].split("People")[0]
    part = browser.get("/departments/network/?part=blocked&sort=frees").text.split("queuecard")[1]
    assert "Stuck 0" in part
    assert "Running 0" not in part
    assert browser.get("/departments/network/?part=nonsense&cursor=x&client=nobody").status_code == 200


def test_what_is_next_does_not_stand_among_the_free_ones_again(world, browse, project):
    first, second = (a_task(project, title=title, at=world.now) for title in ("First", "Second"))
    page = browse(world.engineer).get("/my-tasks/").text
    assert page.index("First") < page.index("Second")
    assert [f'id="task-{task.pk}"' in page for task in (first, second)] == [False, True]


@pytest.mark.parametrize("path", ["/departments/network/", "/departments/network/?part=ready", "/my-tasks/", "/"])
@pytest.mark.parametrize("who", ["engineer", "head", "manager", "tam"])
def test_a_page_costs_the_same_for_a_few_tasks_and_for_many(world, project, browse, path, who):
    browser = browse(getattr(world, who))

    def cost(times: int) -> int:
        busy(world, project, times=times)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        return len(queries)

    assert cost(2) == cost(4)


def test_own_tasks_and_what_nobody_has(world, project, browse):
    a_task(project, title="Mine", assignee=world.engineer, department="unix", at=world.now)
    a_task(project, title="Free to take", at=world.now)
    begun = a_task(project, title="Begun, then handed to us", at=world.now)
    Task.objects.filter(pk=begun.pk).update(status="in_progress", started_at=world.now)
    browser = browse(world.engineer)
    page = browser.get("/my-tasks/").text
    assert "Mine" in page
    assert "Free to take" in page
    assert "Begun, then handed to us" in page
    assert "1 task, 4 h of work." in page
    _first, again = asked_twice(browser, "/my-tasks/")
    assert again.status_code == 304


def test_today_shows_own_tasks_to_an_engineer_and_waiting_chains_to_the_tam(world, project, browse):
    busy(world, project)
    engineer = browse(world.engineer).get("/").text
    assert "Your tasks" in engineer
    assert "Chains that wait" not in engineer
    tam = browse(world.tam).get("/").text
    assert "Chains that wait" in tam
    assert "Which hall?" in tam


def test_many_at_once_answer_one_by_one(world, project, browse):
    ours, ended, hidden = (a_task(project, title=title, at=world.now) for title in ("Ours", "Ended", "Elsewhere"))
    operations.complete_task(task=ended, actor=None, at=world.now)
    Task.objects.filter(pk=hidden.pk).update(department=world.unix)
    a_task(project, title="Stands below", at=world.now)
    ids = [ours.pk, ended.pk, hidden.pk]
    browser = browse(world.head)
    picked = browser.get("/departments/network/").text
    assert 'form="bulk"' in picked
    answer = browser.post("/tasks/bulk/", {"task": ids, "what": "assign", "assignee": world.colleague.pk}, headers=HTMX)
    assert "1 of 2 tasks done." in answer.text
    assert "Elsewhere" not in answer.text
    assert "has ended already" in answer.text
    assert Task.objects.get(pk=ours.pk).assignee == world.colleague
    day = (world.now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    browser.post("/tasks/bulk/", {"task": [ours.pk], "what": "deadline", "deadline": day})
    assert Task.objects.get(pk=ours.pk).has_promise
    assert browser.post("/tasks/bulk/", {"task": [ours.pk], "what": "deadline"}).status_code == 422
    browser.post("/tasks/bulk/", {"task": [ours.pk], "what": "cancel"})
    assert Task.objects.get(pk=ours.pk).status == "cancelled"


def test_who_only_works_there_moves_nothing_in_bulk(world, project, browse):
    task = a_task(project, at=world.now)
    browser = browse(world.engineer)
    assert 'form="bulk"' not in browser.get("/departments/network/").text
    answer = browser.post("/tasks/bulk/", {"task": [task.pk], "what": "cancel"})
    assert "not yours to plan" in answer.text
    assert Task.objects.get(pk=task.pk).status == "planned"


def test_the_palette_finds_a_task_by_number_with_what_can_be_done_and_by_title(world, project, browse):
    task = a_task(project, title="Route the circuit", assignee=world.engineer, at=world.now)
    browser = browse(world.engineer)
    found = browser.get(f"/find/?q={task.reference}", headers=HTMX).text
    assert f"/tasks/{task.pk}/start/" in found
    assert f'data-href="/tasks/{task.pk}/"' in found
    assert "<mark>Route</mark> the circuit" in browser.get("/find/?q=route", headers=HTMX).text
    assert "Start T-" in browser.get(f"/tasks/{task.pk}/start/").text


def test_the_palette_offers_every_verb_of_a_task_and_narrows_them_by_what_follows_its_number(world, project, browse):
    task = a_task(project, assignee=world.engineer, at=world.now)
    browser = browse(world.tam)
    every = browser.get("/find/", {"q": task.reference}, headers=HTMX).text
    for verb in ("start", "block", "complete", "note", "depends-on", "hand-over", "return", "assign", "edit", "cancel"):
        assert f'data-href="/tasks/{task.pk}/{verb}/"' in every, verb
    narrowed = browser.get("/find/", {"q": f"{task.reference} hand"}, headers=HTMX).text
    assert f'data-href="/tasks/{task.pk}/hand-over/"' in narrowed
    assert f'data-href="/tasks/{task.pk}/start/"' not in narrowed
    assert f'data-href="/tasks/{task.pk}/"' in browser.get("/find/", {"q": f"#{task.pk}"}, headers=HTMX).text


def test_after_a_sign_the_palette_shows_what_can_be_done_and_nothing_else(world, browse):
    found = browse(world.tam).get("/find/", {"q": "> new"}, headers=HTMX).text
    assert 'data-href="/requests/new/"' in found
    assert 'data-href="/requests/"' not in found


def test_what_was_begun_elsewhere_and_nobody_has_is_taken_first(world, project, browse):
    task = a_task(project, department="unix", assignee=a_user("mara"), at=world.now)
    operations.start_task(task=task, actor=task.assignee, at=world.now)
    operations.hand_over(task=task, department=world.network, actor=task.assignee, at=world.now)
    browser = browse(world.engineer)
    assert f'action="/tasks/{task.pk}/take/"' in browser.get("/departments/network/").text
    browser.post(f"/tasks/{task.pk}/take/")
    assert f'action="/tasks/{task.pk}/complete/"' in browser.get("/my-tasks/").text


def test_the_queue_of_ones_own_department_is_one_address_away(world, browse):
    assert browse(world.engineer).get("/queue/")["Location"] == "/departments/network/"
    assert browse(world.tam).get("/queue/")["Location"] == "/departments/"
