"""One step from a mail: a look changes nothing, the button does it once, and what cannot be is told in words."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.test import Client

from kernel.logs import console_formatter
from projects import operations
from projects.models import ActionLink, Task
from projects.operations.issuing import issue
from tests.factories import a_dependency, a_project, a_task
from tests.web.worlds import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def task(world) -> Task:
    return a_task(a_project(client=world.client, at=world.now), title="Zones", assignee=world.engineer, at=world.now)


def link(world: World, task: Task, step: str, *, age: timedelta = timedelta()) -> str:
    [token] = issue([(world.engineer, task, step)], at=world.now - age)
    return f"/act/t/{token}/"


def status(task: Task) -> str:
    return Task.objects.get(pk=task.pk).status


def test_a_look_changes_nothing_and_needs_no_sign_in(world, task):
    address, stranger = link(world, task, "start"), Client(enforce_csrf_checks=True)
    for _time in range(2):
        page = stranger.get(address)
        assert page.status_code == 200
        assert str(world.engineer) in page.text
        assert "Opening it changes nothing." in page.text
    assert stranger.head(address).status_code == 200
    assert status(task) == "planned"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]


def test_the_button_does_it_once_as_the_person_it_was_sent_to(world, task):
    address, stranger = link(world, task, "start"), Client(enforce_csrf_checks=True)
    assert "is started" in stranger.post(address).text
    assert status(task) == "in_progress"
    again = stranger.post(address)
    assert again.status_code == 409
    assert "This was done already" in again.text
    assert "This was done already" in stranger.get(address).text


def test_done_takes_a_line_for_who_goes_on_and_says_who_that_is(world, task):
    after = a_task(task.project, department="vmware", title="Cluster", at=world.now)
    a_dependency(task, after, at=world.now)
    both = a_task(task.project, department="unix", title="Builds", at=world.now)
    for before in (task, a_task(task.project, title="Racks", at=world.now)):
        a_dependency(before, both, at=world.now)
    address = link(world, task, "complete")
    page = Client().get(address).text
    assert "VMware can go on: Cluster" in page
    assert "Unix waits for 1 other: Builds" in page
    Client().post(address, {"text": "Rules 40 to 58"})
    assert Task.objects.get(pk=task.pk).package == "Rules 40 to 58"


def test_blocked_asks_for_the_reason(world, task):
    address = link(world, task, "block")
    assert "What does it need?" in Client().get(address).text
    assert Client().post(address).status_code == 422
    Client().post(address, {"reason": "vendor", "text": "No date"})
    assert Task.objects.get(pk=task.pk).block_reason == "vendor"


def test_what_cannot_be_is_told_in_words_and_leads_to_the_task(world, task):
    old = Client().get(link(world, task, "start", age=timedelta(days=15))).text
    assert "This link is too old" in old
    assert f'href="/tasks/{task.pk}/"' in old
    address = link(world, task, "start")
    a_dependency(a_task(task.project, department="vmware", title="Cluster", at=world.now), task, at=world.now)
    assert "It still waits for:" in Client().get(address).text
    refused = Client().post(address)
    assert refused.status_code == 409
    assert "It has to wait" in refused.text
    assert ActionLink.objects.get(step="start", expires_at__gt=world.now).used_at is None
    Task.objects.filter(pk=task.pk).update(department=world.unix)
    operations.assign_task(task=task, assignee=world.colleague, actor=None, at=world.now)
    taken = Client().get(address).text
    assert "This task is no longer with you" in taken
    assert "Zones" not in taken.split("<h1>")[1].split("</main>")[0]
    assert Client().get("/act/t/nonsense/").status_code == 404


def test_the_address_stands_in_no_log(world, task):
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Conflict: /act/t/abc-DEF_9/", None, None)
    assert "abc-DEF_9" not in console_formatter().format(record)
