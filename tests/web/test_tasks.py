"""The page of a task, the drawer, and what is done there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Contact
from projects import operations
from projects.models import Project, Task
from tests.factories import a_dependency, a_project, a_request, a_task, a_user
from tests.web.worlds import HTMX, World, asked_twice

pytestmark = pytest.mark.django_db
DRAWER = {"HX-Request": "true", "HX-Target": "drawer"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def project(world) -> Project:
    return a_project("frankfurt", client=world.client, at=world.now)


@pytest.fixture
def task(world, project) -> Task:
    return a_task(project, title="Route the second circuit", assignee=world.engineer, at=world.now)


def stored(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_the_page_says_who_waits_for_whom_even_where_one_may_not_look(world, project, task, browse):
    before = a_task(project, department="unix", title="Cross-connects", at=world.now)
    after = a_task(a_project(client=world.other, at=world.now), department="vmware", title="Cluster", at=world.now)
    a_dependency(before, task, at=world.now)
    a_dependency(task, after, at=world.now)
    page = browse(world.engineer).get(f"/tasks/{task.pk}/").text
    assert "Cross-connects" in page
    assert "Waiting for Unix" in page
    assert "Holds up 1 department" in page
    assert "Waiting for you" in page
    assert f'href="/tasks/{after.pk}/"' not in page
    assert "Start all the same" not in page


def test_start_done_and_history_on_the_page(world, task, browse):
    browser = browse(world.engineer)
    answer = browser.post(f"/tasks/{task.pk}/start/", headers={**HTMX, "HX-Target": "task"})
    assert answer.status_code == 200
    assert f"{task.reference} started" in answer.text
    assert stored(task).status == "in_progress"
    browser.post(f"/tasks/{task.pk}/complete/", {"note": "VLAN 410 to 418", "actual_h": "3.5"})
    done = stored(task)
    assert (done.status, done.package, str(done.actual_h)) == ("done", "VLAN 410 to 418", "3.50")
    page = browser.get(f"/tasks/{task.pk}/").text
    assert "Started" in page
    assert "VLAN 410" in page


def test_a_closed_gate_is_told_in_words_and_only_who_leads_goes_past_it(world, project, task, browse):
    before = a_task(project, department="unix", title="Cross-connects", at=world.now)
    a_dependency(before, task, at=world.now)
    refused = browse(world.engineer).post(f"/tasks/{task.pk}/start/")
    assert refused.status_code == 422
    assert "it waits for" in refused.text
    assert "Start all the same" not in refused.text
    leading = browse(world.tam)
    assert "Start all the same" in leading.post(f"/tasks/{task.pk}/start/").text
    leading.post(f"/tasks/{task.pk}/start/", {"override": "The carrier is early"})
    assert stored(task).status == "in_progress"
    page = leading.get(f"/tasks/{task.pk}/").text
    assert "The carrier is early" in page
    assert f"Started without waiting for {before} (Unix)" in page


def test_blocked_asks_for_one_reason_and_can_be_taken_back(world, task, browse):
    browser = browse(world.engineer)
    asked = browser.get(f"/tasks/{task.pk}/block/", headers=DRAWER).text
    assert "What does it need?" in asked
    assert "<html" not in asked
    assert browser.post(f"/tasks/{task.pk}/block/", {"text": "no date"}, headers=DRAWER).status_code == 422
    answer = browser.post(f"/tasks/{task.pk}/block/", {"reason": "vendor", "text": "no date"}, headers=DRAWER)
    assert f'hx-post="/tasks/{task.pk}/unblock/?next=' in answer.text
    assert "A vendor" in browser.get(f"/tasks/{task.pk}/").text
    browser.post(f"/tasks/{task.pk}/unblock/")
    assert stored(task).status == "planned"


def test_what_somebody_else_saved_meanwhile_is_shown_and_what_was_typed_is_kept(world, task, browse):
    browser = browse(world.tam)
    form = {"title": "Mine", "estimate_h": "4", "department": task.department_id, "version": task.version}
    operations.update_task(task=task, changes={"title": "Theirs"}, actor=world.manager, at=world.now)
    answer = browser.post(f"/tasks/{task.pk}/edit/", form)
    assert answer.status_code == 422
    assert "Theirs" in answer.text
    assert 'value="Mine"' in answer.text
    assert browser.post(f"/tasks/{task.pk}/edit/", {**form, "version": stored(task).version}).status_code == 302
    assert stored(task).title == "Mine"


def test_what_two_people_write_for_who_goes_on_is_kept_of_both(world, project, browse):
    task = a_task(project, assignee=world.engineer, at=world.now)
    a_dependency(task, a_task(project, department="unix", at=world.now), at=world.now)
    address = f"/tasks/{task.pk}/package/"
    operations.keep_package(task=task, text="Circuit 2 is live", actor=world.tam, at=world.now)
    assert 'name="was" value="Circuit 2 is live"' in browse(world.engineer).get(f"/tasks/{task.pk}/").text
    operations.keep_package(task=task, text="Circuit 2 is live since 08:55", actor=world.tam, at=world.now)
    mine = {"was": "Circuit 2 is live", "text": "Circuit 2 is live\r\nVLAN 410"}
    answer = browse(world.engineer).post(address, mine, headers=HTMX)
    assert "Somebody else wrote meanwhile: both are kept" in answer.text
    assert stored(task).package == "Circuit 2 is live since 08:55\n\nVLAN 410"
    assert 'id="package"' in answer.text
    browse(world.engineer).post(address, {"was": stored(task).package, "text": "VLAN 410"}, headers=HTMX)
    assert stored(task).package == "VLAN 410"


def test_lines_are_ticked_and_the_package_is_kept(world, project, browse):
    task = a_task(project, assignee=world.engineer, ready=["Access is there"], at=world.now)
    line = task.checks.get(text="Access is there")
    browser = browse(world.engineer)
    browser.post(f"/tasks/{task.pk}/checks/{line.pk}/", {"is_done": "1"})
    line.refresh_from_db()
    assert line.done_by == world.engineer
    browser.post(f"/tasks/{task.pk}/package/", {"text": "Zone PAY-2"}, headers=HTMX)
    assert stored(task).package == "Zone PAY-2"
    assert browser.post(f"/tasks/{task.pk}/checks/999999/").status_code == 404


def test_it_is_handed_over_returned_assigned_cancelled_and_opened_again(world, project, task, browse):
    browser = browse(world.head)
    browser.post(f"/tasks/{task.pk}/assign/", {"assignee": world.colleague.pk})
    assert stored(task).assignee == world.colleague
    browser.post(
        f"/tasks/{task.pk}/hand-over/",
        {"department": task.department_id, "assignee": world.engineer.pk, "note": "Half is done"},
    )
    assert stored(task).assignee == world.engineer
    browser.post(f"/tasks/{task.pk}/return/", {"to": "", "reason": "Which site?"})
    assert stored(task).return_reason == "Which site?"
    assert "Which site?" in browser.get(f"/tasks/{task.pk}/").text
    browser.post(f"/tasks/{task.pk}/cancel/", {"reason": "Not needed"})
    assert stored(task).status == "cancelled"
    browser.post(f"/tasks/{task.pk}/reopen/", {})
    assert stored(task).status == "planned"


def test_it_goes_back_to_the_one_it_waited_for(world, project, task, browse):
    before = a_task(project, department="unix", title="Cross-connects", at=world.now)
    a_dependency(before, task, at=world.now)
    operations.complete_task(task=before, actor=None, at=world.now)
    browser = browse(world.engineer)
    assert "Cross-connects" in browser.get(f"/tasks/{task.pk}/return/").text
    browser.post(f"/tasks/{task.pk}/return/", {"to": before.pk, "reason": "Cable is missing"})
    assert stored(before).status == "in_progress"


def test_a_peek_is_a_part_and_without_script_the_page(world, task, browse):
    browser = browse(world.engineer)
    assert "drawer__b" in browser.get(f"/tasks/{task.pk}/peek/", headers=HTMX).text
    assert browser.get(f"/tasks/{task.pk}/peek/").status_code == 302


def test_the_page_is_sent_again_only_when_something_changed(world, task, browse):
    browser = browse(world.engineer)
    first, again = asked_twice(browser, f"/tasks/{task.pk}/")
    assert again.status_code == 304
    operations.say(task=task, text="On my way", actor=world.engineer, at=world.now + timedelta(minutes=1))
    assert browser.get(f"/tasks/{task.pk}/", headers={**HTMX, "If-None-Match": first["ETag"]}).status_code == 200


def test_these_pages_are_the_providers_own_and_only_of_what_one_sees(world, project, task, browse, client):
    stranger = a_user("stranger", "engineer")
    addresses = [f"/tasks/{task.pk}/", f"/tasks/{task.pk}/peek/", f"/tasks/{task.pk}/note/"]
    for person in (world.contact, stranger, world.architect):
        assert {browse(person).get(address).status_code for address in addresses} == {404}
        assert browse(person).post(f"/tasks/{task.pk}/start/").status_code == 404
    assert browse(world.contact).get("/my-tasks/").status_code == 404
    assert browse(world.contact).post("/tasks/bulk/").status_code == 404
    assert browse(world.engineer).get(f"/tasks/{task.pk}/edit/").status_code == 403
    assert browse(world.colleague).post(f"/tasks/{task.pk}/start/").status_code == 403
    assert client.get(f"/tasks/{task.pk}/").status_code == 302


def test_the_facts_lead_to_request_and_project_where_one_may_look(world, project, browse):
    request = a_request(project, title="A second circuit", at=world.now)
    task = a_task(project, change_request=request, title="Route it", at=world.now)
    to_request, to_project = f'href="/requests/{request.pk}/"', f'href="/projects/{project.slug}/"'
    planned = browse(world.tam).get(f"/tasks/{task.pk}/").text
    assert to_request in planned
    assert to_project in planned
    worked_on = browse(world.engineer).get(f"/tasks/{task.pk}/").text
    assert to_request in worked_on
    assert to_project not in worked_on


def test_a_task_is_asked_for_by_the_clients_person_where_there_is_one(world, project, browse):
    person = Contact.objects.get(user=world.contact)
    asked = a_task(project, change_request=a_request(project, requested_by=person), at=world.now)
    noted = operations.record_request(project=project, title="Own idea", actor=world.tam, at=world.now)
    own = a_task(project, change_request=noted, at=world.now)
    assert browse(world.tam).get(f"/tasks/{asked.pk}/").context["task"].change_request.asker == person
    assert browse(world.tam).get(f"/tasks/{own.pk}/").context["task"].change_request.asker == world.tam
    assert "Carl Contact" in browse(world.tam).get(f"/tasks/{asked.pk}/").text
