"""The list of projects, the page of one, and who may change it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from projects import operations
from projects.models import Project
from tests.factories import a_project, a_request, a_task, a_user
from tests.web.worlds import CANARY, HTMX, World, asked_twice

pytestmark = pytest.mark.django_db
PAGES = ["/projects/portal/", "/projects/portal/requests/", "/projects/portal/history/"]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def project(world: World) -> Project:
    return a_project(
        "portal", client=world.client, tam=world.tam, architect=world.architect, name="Customer portal", at=world.now
    )


def cost(browser, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


# --- the list ------------------------------------------------------------------------------------------------------
def test_what_breaks_next_comes_first(world, browse):
    days = {"later": 9, "sooner": 2, "never": None}
    for slug, left in days.items():
        found = a_project(slug, client=world.client, at=world.now)
        a_task(found, at=world.now, deadline=world.now + timedelta(days=left) if left else None)
    a_project("live-soon", client=world.client, promised_go_live=(world.now + timedelta(days=4)).date())
    page = browse(world.tam).get("/projects/").text
    places = [page.index(f'id="project-{one.pk}"') for one in Project.objects.order_by("pk")]
    later, sooner, never, live_soon = places
    assert sooner < live_soon < later < never


def test_a_row_says_what_is_open_what_is_stuck_and_what_was_promised(world, browse, project):
    request = a_request(project, at=world.now, title="Two servers")
    blocked = a_task(project, change_request=request, at=world.now)
    operations.block_task(task=blocked, reason="client", actor=world.tam, at=world.now)
    returned = a_task(project, at=world.now)
    operations.return_task(task=returned, reason="No addresses", actor=world.engineer, at=world.now)
    quiet = a_task(project, at=world.now - timedelta(days=30))
    operations.start_task(task=quiet, actor=world.engineer, at=world.now - timedelta(days=29))
    operations.agree(request=request, promised_at=world.now + timedelta(days=3), actor=world.tam, at=world.now)
    page = browse(world.tam).get("/projects/").text
    row = page.split(f'id="project-{project.pk}"')[1].split("</tr>")[0]
    for words in ("1 blocked", "1 returned", "1 silent", "Customer portal", "Implementation"):
        assert words in row
    assert "1 project runs. In 1 something is stuck." in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"portal"}),
        ("?phase=closed", {"old"}),
        ("?phase=all", {"portal", "old"}),
        ("?q=custo", {"portal"}),
        ("?q=nothing", set()),
        ("?client=aldgate&mine=on", {"portal"}),
    ],
)
def test_the_list_is_narrowed_by_its_address(world, browse, project, query, shown):
    a_project("old", client=world.client, phase="closed")
    page = browse(world.tam).get(f"/projects/{query}").text
    assert {slug for slug in ("portal", "old") if f'href="/projects/{slug}/"' in page} == shown


def test_a_tam_does_not_see_another_clients_project(world, browse, project):
    a_project("foreign", client=world.other, name=f"Secret {CANARY}")
    assert "Secret" not in browse(world.tam).get("/projects/?phase=all").text
    assert browse(world.tam).get("/projects/foreign/").status_code == 404


def test_an_engineer_sees_the_project_of_a_task_in_hand_and_no_other(world, browse, project):
    assert browse(world.engineer).get("/projects/portal/").status_code == 404
    a_task(project, assignee=world.engineer, at=world.now - timedelta(minutes=1))
    page = browse(world.engineer).get("/projects/portal/")
    assert page.status_code == 200
    assert "/projects/portal/edit/" not in page.text


@pytest.mark.parametrize("path", ["/projects/", *PAGES])
def test_these_pages_are_the_providers_own(world, browse, project, path):
    assert browse(world.contact).get(path).status_code == 404
    assert browse(world.manager).get(path).status_code == 200


def test_the_list_is_not_sent_again_while_nothing_changed(world, browse, project):
    browser = browse(world.tam)
    first, again = asked_twice(browser, "/projects/")
    assert again.status_code == 304
    a_task(project)
    assert browser.get("/projects/", headers={**HTMX, "If-None-Match": first["ETag"]}).status_code == 200


def test_the_list_costs_the_same_for_one_project_and_for_twenty(world, browse):
    def several(number: int) -> int:
        for _one in range(number):
            found = a_project(client=world.client, at=world.now)
            request = a_request(found, at=world.now)
            task = a_task(found, change_request=request, at=world.now - timedelta(days=3))
            operations.start_task(task=task, actor=world.tam, at=world.now - timedelta(days=3))
        return cost(browse(world.tam), "/projects/")

    assert several(1) == several(20)


def test_pages_follow_each_other_without_a_gap(world, browse):
    for _number in range(30):
        a_project(client=world.client, promised_go_live=world.now.date())
    browser = browse(world.tam)
    first = browser.get("/projects/")
    cursor = first.context["steps"].next
    second = browser.get("/projects/", {"cursor": cursor})
    seen = [line.project.pk for page in (first, second) for line in page.context["lines"]]
    assert len(seen) == len(set(seen)) == 30


# --- a new one, and changes ----------------------------------------------------------------------------------------
def test_a_new_project_gets_its_short_name_from_its_name(world, browse):
    answer = browse(world.manager).post(
        "/projects/new/", {"client": "aldgate", "name": "New data centre", "phase": "design", "tam": world.tam.pk}
    )
    assert answer["Location"] == "/projects/new-data-centre/"
    made = Project.objects.get(slug="new-data-centre")
    assert (made.client, made.tam) == (world.client, world.tam)


@pytest.mark.parametrize("slug", ["portal", "new", "not a slug"])
def test_a_short_name_that_cannot_be_keeps_what_was_typed(world, browse, project, slug):
    data = {"client": "aldgate", "name": "Typed in full", "phase": "design", "slug": slug}
    answer = browse(world.tam).post("/projects/new/", data)
    assert answer.status_code == 422
    assert "Typed in full" in answer.text
    assert Project.objects.count() == 1


@pytest.mark.parametrize(("person", "status"), [("engineer", 403), ("contact", 403), ("tam", 200), ("manager", 200)])
def test_who_may_create_projects(world, browse, person, status):
    assert browse(getattr(world, person)).get("/projects/new/").status_code == status


def form_of(project: Project, **changes: object) -> dict[str, object]:
    return {
        "name": project.name,
        "phase": project.phase,
        "tam": project.tam_id or "",
        "architect": project.architect_id or "",
        "version": project.version,
        **changes,
    }


def test_who_leads_the_project_edits_it(world, browse, project):
    browser = browse(world.tam)
    assert "Customer portal" in browser.get("/projects/portal/edit/").text
    answer = browser.post("/projects/portal/edit/", form_of(project, goal="Orders by night"))
    assert answer["Location"] == "/projects/portal/"
    assert "Orders by night" in browser.get("/projects/portal/").text
    assert browse(world.architect).get("/projects/portal/edit/").status_code == 403


@pytest.mark.parametrize(("person", "names"), [("tam", False), ("manager", True)])
def test_only_who_runs_the_service_names_tam_and_architect(world, browse, project, person, names):
    """They give rights for good; a TAM names a deputy, and hands over by a handover."""
    another = a_user("another", Role.TAM)
    browser = browse(getattr(world, person))
    assert ("id_architect" in browser.get("/projects/portal/edit/").text) is names
    browser.post("/projects/portal/edit/", form_of(project, tam=another.pk, architect=another.pk, deputy=world.head.pk))
    project.refresh_from_db()
    assert (project.tam == another, project.architect == another, project.deputy == world.head) == (names, names, True)


def test_two_people_who_edit_at_once_see_each_others_words(world, browse, project):
    read = form_of(project, name="My name for it")
    operations.update_project(project=project, changes={"name": "Theirs"}, actor=world.manager, at=world.now)
    browser = browse(world.tam)
    answer = browser.post("/projects/portal/edit/", read)
    assert answer.status_code == 422
    assert "My name for it" in answer.text
    assert "Theirs" in answer.text
    again = answer.context["form"].data
    assert browser.post("/projects/portal/edit/", again).status_code == 302
    assert Project.objects.get().name == "My name for it"


# --- the frame of one ----------------------------------------------------------------------------------------------
def test_the_head_says_who_answers_what_was_promised_and_how_far_it_is(world, browse, project):
    late = world.now.date() - timedelta(days=2)
    changes = {"promised_go_live": late, "goal": "Orders by night"}
    operations.update_project(project=project, changes=changes, actor=world.tam, at=world.now)
    done = a_task(project, at=world.now)
    operations.complete_task(task=done, actor=world.tam, at=world.now)
    a_task(project, at=world.now)
    page = browse(world.tam).get("/projects/portal/").text
    for words in ("Tara Tam", "Mona Manager", "Go-live 2 d late", "1 of 2", "Orders by night"):
        assert words in page


def test_phases_tell_since_when(world, browse):
    found = a_project("portal", client=world.client, phase="design", at=world.now - timedelta(days=40))
    operations.update_project(
        project=found, changes={"phase": "implementation"}, actor=None, at=world.now - timedelta(days=3)
    )
    page = browse(world.tam).get("/projects/portal/")
    assert [step.state for step in page.context["frame"].phases] == ["done", "now", "", ""]
    assert page.context["frame"].phases[1].at == world.now - timedelta(days=3)


@pytest.mark.parametrize("role", [Role.TAM, Role.MANAGER])
def test_the_palette_finds_projects_and_offers_a_new_one(world, browse, project, role):
    browser = browse(world.tam if role == Role.TAM else world.manager)
    assert "/projects/portal/" in browser.get("/find/?q=custom").text
    assert "/projects/portal/" in browser.get("/find/?q=porta").text
    assert "/projects/new/" in browser.get("/find/?q=new+proj").text


def test_the_dashboard_of_a_client_shows_its_projects_to_the_providers_own_people(world, browse, project):
    operations.block_task(task=a_task(project, at=world.now), reason="client", actor=world.tam, at=world.now)
    page = browse(world.tam).get("/clients/aldgate/").text
    assert "Customer portal" in page
    assert "1 blocked" in page
    assert 'id="projects-h"' not in browse(world.contact).get("/clients/aldgate/").text
