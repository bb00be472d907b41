"""What a task waits for: added, changed and taken away on its page and in the drawer."""

from __future__ import annotations

import pytest

from projects.models import Dependency, Project, Task
from tests.factories import a_dependency, a_project, a_task
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
DRAWER = {"HX-Request": "true", "HX-Target": "drawer"}
PLAIN = {"kind": "FS", "lag_h": "0", "lag_calendar": "successor"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def project(world) -> Project:
    return a_project("frankfurt", client=world.client, at=world.now)


@pytest.fixture
def task(world, project) -> Task:
    return a_task(project, title="Route the second circuit", assignee=world.engineer, at=world.now)


@pytest.fixture
def elsewhere(world) -> Task:
    return a_task(a_project("graz", client=world.client, at=world.now), title="Carrier contract", at=world.now)


def waits(task: Task) -> list[tuple[int, str, str, str]]:
    return [
        (one.predecessor_id, one.kind, f"{one.lag_h:f}", one.lag_calendar)
        for one in Dependency.objects.filter(successor=task)
    ]


def test_a_task_of_another_project_is_found_by_its_words_and_waited_for(world, task, elsewhere, browse):
    browser = browse(world.tam)
    assert "Depends on" in browser.get(f"/tasks/{task.pk}/").text
    found = browser.get(f"/tasks/{task.pk}/to-wait-for/", {"words": "graz contract"}).text
    assert f'value="{elsewhere.pk}" selected' in found
    asked = {**PLAIN, "kind": "SS", "lag_h": "4", "lag_calendar": "24x7"}
    answer = browser.post(f"/tasks/{task.pk}/depends-on/", {**asked, "predecessor": elsewhere.pk}, headers=DRAWER)
    assert answer.status_code == 200
    assert waits(task) == [(elsewhere.pk, "SS", "4.00", "24x7")]
    assert "Waits for" in browser.get(f"/tasks/{task.pk}/").text


def test_one_that_is_named_alone_need_not_be_chosen_and_several_must_be(world, project, task, elsewhere, browse):
    browser = browse(world.tam)
    a_task(project, title="Carrier check", at=world.now)
    unclear = browser.post(f"/tasks/{task.pk}/depends-on/", {**PLAIN, "words": "carrier"})
    assert unclear.status_code == 422
    assert "Choose one of these." in unclear.text
    assert 'value="carrier"' in unclear.text
    browser.post(f"/tasks/{task.pk}/depends-on/", {**PLAIN, "words": elsewhere.reference})
    assert [before for before, *_how in waits(task)] == [elsewhere.pk]


def test_a_circle_is_refused_with_its_tasks_and_what_was_typed_stays(world, task, elsewhere, browse):
    a_dependency(task, elsewhere, at=world.now)
    asked = {**PLAIN, "words": "carrier", "predecessor": elsewhere.pk, "lag_h": "3"}
    answer = browse(world.tam).post(f"/tasks/{task.pk}/depends-on/", asked)
    assert answer.status_code == 422
    assert f"This goes in a circle: {task} → {elsewhere} → {task}." in answer.text
    assert 'value="carrier"' in answer.text
    assert 'value="3"' in answer.text
    assert not waits(task)


def test_how_it_waits_is_changed_and_taken_away(world, task, elsewhere, browse):
    dependency = a_dependency(elsewhere, task, at=world.now)
    browser = browse(world.tam)
    address = f"/tasks/{task.pk}/needs/{dependency.pk}/"
    assert address in browser.get(f"/tasks/{task.pk}/").text
    assert f"It waits for {elsewhere}." in browser.get(address, headers=DRAWER).text
    form = {**PLAIN, "kind": "FF", "lag_h": "2", "version": dependency.version}
    assert browser.post(address, form).status_code == 302
    assert waits(task) == [(elsewhere.pk, "FF", "2.00", "successor")]
    stale = browser.post(address, {**form, "kind": "SF"})
    assert stale.status_code == 422
    assert "What stands there now:" in stale.text
    assert "FF: ends when that one has ended" in stale.text
    browser.post(address, {"remove": "1"}, headers=DRAWER)
    assert not waits(task)
    gone = browser.post(address, {"remove": "1"}, headers=DRAWER)
    assert "does not wait for that any more" in gone.text


def test_who_has_begun_can_only_be_held_back_from_ending(world, task, browse):
    browser = browse(world.tam)
    browser.post(f"/tasks/{task.pk}/start/")
    kinds = browser.get(f"/tasks/{task.pk}/depends-on/").text
    assert 'value="FF"' in kinds
    assert 'value="FS"' not in kinds


def test_only_who_plans_both_ends_links_them(world, task, elsewhere, browse):
    dependency = a_dependency(elsewhere, task, at=world.now)
    engineer = browse(world.engineer)
    assert "Depends on" not in engineer.get(f"/tasks/{task.pk}/").text
    assert engineer.get(f"/tasks/{task.pk}/to-wait-for/").status_code == 403
    assert engineer.post(f"/tasks/{task.pk}/needs/{dependency.pk}/", {"remove": "1"}).status_code == 403
    foreign = a_task(a_project(client=world.other, at=world.now), department="unix", title="Foreign", at=world.now)
    tam = browse(world.tam)
    assert "Foreign" not in tam.get(f"/tasks/{task.pk}/to-wait-for/", {"words": "foreign"}).text
    refused = tam.post(f"/tasks/{task.pk}/depends-on/", {**PLAIN, "predecessor": foreign.pk, "words": "foreign"})
    assert "No task that you plan is called so." in refused.text
    assert len(waits(task)) == 1
