"""The history of a project: one line of everything, by kinds, from the last visit on."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import operations as incidents
from projects import operations
from projects.models import Project, Visit
from projects.timeline import Kind, page_of
from tests.factories import a_dependency, a_project, a_request, a_task
from tests.web.worlds import CANARY, World

pytestmark = pytest.mark.django_db
PATH = "/projects/portal/history/"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def project(world: World) -> Project:
    return a_project("portal", client=world.client, tam=world.tam, at=world.now - timedelta(days=9))


def told(world: World, project: Project) -> None:
    """Something of each kind."""
    day = timedelta(days=1)
    request = a_request(project, at=world.now - 6 * day, title="Two servers")
    operations.ask(request=request, text="Which site?", department=world.network, actor=world.tam, at=world.now - day)
    task = a_task(project, change_request=request, at=world.now - 3 * day, title="Rack them")
    changes = {"deadline": world.now + day, "estimate_h": 6}
    operations.update_task(task=task, changes=changes, actor=world.tam, at=world.now - day)
    operations.agree(request=request, promised_at=world.now + 3 * day, actor=world.tam, at=world.now - 2 * day)
    operations.update_project(
        project=project, changes={"architect": world.architect, "goal": "More room"}, actor=world.tam, at=world.now
    )
    incident = world.incident(title="Portal slow", project=project, minutes=90)
    incidents.comment(incident=incident, text="Looking at it", actor=world.tam, now=world.now)


def shown(page) -> list[tuple[str, str]]:
    return [(entry.kind, entry.title) for entry in page.context["entries"]]


def test_everything_stands_on_one_line_newest_first(world, browse, project):
    told(world, project)
    page = browse(world.tam).get(PATH)
    entries = page.context["entries"]
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert {"request", "decision", "task", "incident", "people", "project"} == {entry.kind for entry in entries}
    for words in ("Agreed", "Two servers", "Rack them", "Portal slow", "Looking at it", "Question asked", "Tara Tam"):
        assert words in page.text
    assert "goal: – → More room" in page.text
    assert "estimate: 4 h → 6 h" in page.text


@pytest.mark.parametrize("kind", Kind.values)
def test_chips_narrow_it_to_kinds(world, browse, project, kind):
    told(world, project)
    page = browse(world.tam).get(PATH, {"kind": kind})
    assert {entry.kind for entry in page.context["entries"]} <= {kind}
    assert bool(page.context["entries"]) == (kind != "document")


def test_pages_follow_each_other_without_a_gap_even_within_one_instant(world, project):
    request = a_request(project, at=world.now)
    tasks = [a_task(project, change_request=request, at=world.now) for _number in range(7)]
    for before, after in pairwise(tasks):
        a_dependency(before, after, at=world.now)
    for _number in range(4):
        world.incident(project=project, minutes=0)
    whole = page_of(project, user=world.tam, size=1000)
    assert not whole.older
    pieces, older = [], ""
    while True:
        page = page_of(project, user=world.tam, size=3, older=older)
        pieces += page.entries
        if not (older := page.older):
            break
    assert pieces == whole.entries
    assert len(pieces) > 15


@pytest.mark.parametrize("older", ["x", "~~", "2026-01-01T00:00:00+00:00~nobody~1", "2026-13-01T00:00:00Z~work~1"])
def test_a_place_that_cannot_be_read_is_the_beginning(world, browse, project, older):
    told(world, project)
    browser = browse(world.tam)
    assert shown(browser.get(PATH, {"older": older})) == shown(browser.get(PATH))


def test_reading_notes_nothing_the_page_does(world, browse, project):
    browser = browse(world.tam)
    assert "/projects/portal/visit/" in browser.get(PATH).text
    assert not Visit.objects.exists()
    assert browser.get("/projects/portal/visit/").status_code == 405
    assert browser.post("/projects/portal/visit/", headers={"HX-Request": "true"}).status_code == 204
    assert Visit.objects.get().user == world.tam


def test_a_line_stands_where_one_was_last_and_stays_while_one_filters(world, browse, project):
    told(world, project)
    since = world.now - timedelta(days=1, minutes=1)
    operations.note_visit(user=world.tam, project=project, at=since)
    browser = browse(world.tam)
    page = browser.get(PATH)
    new = [entry for entry in page.context["entries"] if entry.at > since]
    assert page.context["seen_from"] == len(new)
    assert f"{len(new)} changes since your last visit." in page.text
    operations.note_visit(user=world.tam, project=project, at=world.now)
    kept = {"since": since.isoformat(), "new": "on"}
    assert shown(browser.get(PATH, kept)) == [(entry.kind, entry.title) for entry in new]
    assert "Nothing has changed since your last visit." in browser.get(PATH).text


def test_who_sees_a_project_by_a_department_reads_of_its_tasks_alone(world, browse, project):
    told(world, project)
    a_task(project, department="unix", title=f"Elsewhere {CANARY}", at=world.now)
    page = browse(world.head).get(PATH)
    assert "Rack them" in page.text
    assert f"Elsewhere {CANARY}" not in page.text


def test_the_history_costs_the_same_for_little_and_for_much(world, browse, project):
    def cost(times: int) -> int:
        for _number in range(times):
            told(world, project)
        browser = browse(world.tam)
        browser.get(PATH)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(PATH).status_code == 200
        return len(queries)

    assert cost(1) == cost(4)
