"""Blueprints: chosen from a list, filled into a request, edited as a table, saved from a request, asked by."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects import operations
from projects.models import Blueprint, BlueprintVersion, ChangeRequest, Clarification, Draft, Task
from tests.factories import a_dependency, a_project, a_request, a_task
from tests.web.test_decompose import CELLS, HTMX, form
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
CONTENT = {
    "tasks": [
        {
            "key": "plan",
            "title": "Plan it",
            "department": "network",
            "estimate_h": 4,
            "what": "On paper",
            "done": ["Seen"],
        },
        {"key": "build", "title": "Build it", "department": "unix", "estimate_h": {"low": 2, "likely": 6, "high": 9}},
    ],
    "dependencies": [{"from": "plan", "to": "build", "kind": "SS", "lag_h": 2}],
    "questions": ["How many?", "Until when?"],
    "risks": [{"risk": "Late", "answer": "Begin early"}],
}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def asked(world: World) -> ChangeRequest:
    contact = world.client.contacts.get(user=world.contact)
    return a_request(a_project("portal", client=world.client), title="New portal", requested_by=contact)


@pytest.fixture
def small(world: World) -> Blueprint:
    return operations.create_blueprint(
        slug="small", name="A small one", purpose="For tests", content=CONTENT, actor=world.manager, at=timezone.now()
    )


def rows_on(page: Client, address: str) -> dict[str, Any]:
    """What the editor would post as it stands."""
    rows = page.get(address).context["rows"]
    return {cell: [row.row.get(cell, "") for row in rows] for cell in CELLS}


def test_the_list_says_what_each_comes_to(client, world, small, asked):
    operations.decompose(
        request=asked,
        tasks=[operations.NewTask(title="One", department=world.unix, estimate_h=Decimal(1))],
        blueprint=small.current,
        actor=None,
        at=timezone.now(),
    )
    client.force_login(world.tam)
    offers = {one.blueprint.slug: one for one in client.get("/blueprints/").context["offers"]}
    found = offers["small"]
    assert (found.tasks, found.hours, found.blueprint.uses) == (2, 10, 1)
    assert found.departments == ("Network", "Unix")


def test_its_page_shows_tasks_chain_questions_and_earlier_versions(client, world, small):
    operations.update_blueprint(
        blueprint=small,
        changes={},
        content={**CONTENT, "questions": ["Only this?"]},
        note="Fewer questions",
        actor=None,
        at=timezone.now(),
    )
    client.force_login(world.engineer)
    page = client.get("/blueprints/small/").content.decode()
    assert all(
        words in page for words in ("Plan it", "1SS+2", "Only this?", "Begin early", "Fewer questions", "On paper")
    )
    assert "Edit" not in page, "an engineer reads"
    assert "How many?" in client.get("/blueprints/small/?version=1").content.decode()
    assert client.get("/blueprints/small/?version=3").status_code == 404
    assert client.get("/blueprints/small/?version=x").status_code == 404


def test_filled_in_its_tasks_follow_on_what_is_typed_and_keep_what_the_table_does_not_show(client, world, small, asked):
    client.force_login(world.tam)
    address = f"/requests/{asked.pk}/decompose/"
    typed = ("First", "Unix", "", "1")
    page = client.post(address, form(typed, do="fill", blueprint="small"), **HTMX).content.decode()
    assert '<option value="small" selected>' in page
    rows = Draft.objects.get().rows
    assert [(row["title"], row["needs"]) for row in rows] == [("First", ""), ("Plan it", ""), ("Build it", "2SS+2")]
    data = rows_on(client, address) | {"version": "1", "tasks": "0", "do": "send"}
    assert client.post(address, data).status_code == 302
    plan = Task.objects.get(key="plan")
    assert (plan.what, [line.text for line in plan.checks.filter(kind="done")]) == ("On paper", ["Seen"])
    asked.refresh_from_db()
    assert asked.blueprint == small.current


def test_a_blueprint_that_is_offered_no_longer_is_not_filled_in(client, world, small, asked):
    client.force_login(world.tam)
    assert client.post("/blueprints/small/archive/")["Location"] == "/blueprints/"
    assert [one.blueprint.slug for one in client.get("/blueprints/").context["archived"]] == ["small"]
    answer = client.post(f"/requests/{asked.pk}/decompose/", form(do="fill", blueprint="small"), **HTMX)
    assert answer.status_code == 404


def test_published_it_is_the_next_version_and_keeps_what_the_table_does_not_show(client, world, small):
    client.force_login(world.tam)
    data = rows_on(client, "/blueprints/small/edit/") | {"name": "A small one", "questions": "How many?\n\nWho?\n"}
    data["risks"] = "Late\r\nBegin early\r\n\r\n\r\nNobody there"
    data["likely"][1] = "7"
    answer = client.post(
        "/blueprints/small/edit/", data | {"do": "publish", "version": str(small.version), "note": "Longer"}
    )
    assert answer["Location"] == "/blueprints/small/"
    small.refresh_from_db()
    version = small.current
    assert version is not None
    assert (version.number, version.note, version.created_by) == (2, "Longer", world.tam)
    assert version.content["questions"] == ["How many?", "Who?"]
    assert version.content["risks"] == [
        {"risk": "Late", "answer": "Begin early"},
        {"risk": "Nobody there", "answer": ""},
    ]
    assert [task["key"] for task in version.content["tasks"]] == ["plan", "build"]
    assert version.content["tasks"][0]["what"] == "On paper"
    assert version.content["tasks"][1]["estimate_h"]["likely"] == 7
    assert version.content["dependencies"][0]["kind"] == "SS"


def test_a_task_says_what_is_ready_and_done_and_each_change_is_the_next_version(client, world, small):
    client.force_login(world.tam)
    address = "/blueprints/small/tasks/1/"
    assert address in client.get("/blueprints/small/").content.decode()
    form = client.get(address).context["form"]
    assert (form["what"].value(), form["done"].value()) == ("On paper", "Seen")
    data = {"what": "On a board", "ready": "Sizes known\r\n\r\nPaid", "done": "Seen", "documents": "plan"}
    data |= {"version": str(small.version), "note": "Clearer"}
    assert client.post(address, data)["Location"] == "/blueprints/small/"
    small.refresh_from_db()
    assert small.current is not None
    plan, build = small.current.content["tasks"]
    assert (small.current.number, small.current.note) == (2, "Clearer")
    assert (plan["what"], plan["ready"], plan["done"]) == ("On a board", ["Sizes known", "Paid"], ["Seen"])
    assert (plan["documents"], plan["estimate_h"], build["title"]) == (
        ["plan"],
        dict.fromkeys(("low", "likely", "high"), 4),
        "Build it",
    )
    stale = client.post(address, data | {"what": "Mine"})
    assert stale.status_code == 409
    assert "Mine" in stale.content.decode()
    assert client.post(address, data | {"ready": "x" * 201}).status_code == 422
    assert client.post(address, data | {"done": "x\n" * 40}).status_code == 422
    assert client.get("/blueprints/small/tasks/3/").status_code == 404


def test_what_is_typed_is_not_stored_and_outlives_somebody_else(client, world, small):
    client.force_login(world.tam)
    data = rows_on(client, "/blueprints/small/edit/") | {"name": "Mine", "version": str(small.version)}
    page = client.post("/blueprints/small/edit/", data, **HTMX)
    assert (page.status_code, "Plan it" in page.content.decode()) == (200, True)
    assert BlueprintVersion.objects.filter(blueprint=small).count() == 1
    operations.update_blueprint(blueprint=small, changes={"name": "Theirs"}, actor=None, at=timezone.now())
    answer = client.post("/blueprints/small/edit/", data | {"do": "publish"})
    assert answer.status_code == 409
    assert "Somebody published another version" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()
    again = data | {"do": "publish", "version": answer["Sheet-Version"]}
    assert client.post("/blueprints/small/edit/", again).status_code == 302
    assert Blueprint.objects.get(pk=small.pk).name == "Mine"


def test_a_new_one_needs_a_name_and_whole_tasks(client, world):
    client.force_login(world.tam)
    assert client.get("/blueprints/new/").status_code == 200
    row = ("Only", "Unix", "", "3")
    assert client.post("/blueprints/new/", form(row, do="publish")).status_code == 422
    assert client.post("/blueprints/new/", form(("Only",), do="publish", name="Fresh")).status_code == 422
    assert client.post("/blueprints/new/", form(do="publish", name="Fresh")).status_code == 422
    assert not Blueprint.objects.filter(name="Fresh").exists()
    for slug in ("fresh", "fresh-2"):
        answer = client.post("/blueprints/new/", form(row, do="publish", name="Fresh"))
        assert answer["Location"] == f"/blueprints/{slug}/"


def test_a_request_that_is_done_becomes_a_blueprint(client, world, asked):
    before, after = a_task(change_request=asked, title="Before"), a_task(change_request=asked, title="After")
    a_dependency(before, after)
    client.force_login(world.tam)
    address = f"/requests/{asked.pk}/blueprint/"
    assert "New portal" in client.get(address).content.decode()
    assert client.post(address, {"name": ""}).status_code == 422
    assert client.post(address, {"name": "Portals"})["Location"] == "/blueprints/portals/"
    content = Blueprint.objects.get(slug="portals").current.content  # type: ignore[union-attr]
    assert [task["title"] for task in content["tasks"]] == ["Before", "After"]
    assert len(content["dependencies"]) == 1


def test_questions_that_are_ticked_are_asked_once(client, world, small, asked):
    client.force_login(world.tam)
    address = f"/requests/{asked.pk}/blueprint-questions/?blueprint=small"
    assert client.post(address, {"contact": asked.requested_by_id}).status_code == 422
    answer = client.post(address, {"questions": ["How many?"], "contact": asked.requested_by_id})
    assert answer["Location"] == f"/requests/{asked.pk}/"
    assert Clarification.objects.get().text == "How many?"
    page = client.get(address)
    assert page.context["left"] == ["Until when?"]
    assert client.post(address, {"questions": ["How many?"], "contact": asked.requested_by_id}).status_code == 422


READS = {"admin": 200, "manager": 200, "tam": 200, "architect": 200, "engineer": 200, "head": 200, "contact": 404}
KEEPS = READS | {"engineer": 403, "head": 403}


@pytest.mark.parametrize(
    ("address", "statuses"),
    [
        ("/blueprints/", READS),
        ("/blueprints/small/", READS),
        ("/blueprints/small/edit/", KEEPS),
        ("/blueprints/small/tasks/1/", KEEPS),
        ("/blueprints/new/", KEEPS | {"contact": 403}),
    ],
)
def test_who_reads_and_who_keeps_them(client, world, small, address, statuses):
    for who, status in statuses.items():
        client.force_login(getattr(world, who))
        assert client.get(address).status_code == status, who


def test_who_may_not_keep_them_changes_nothing(client, world, small, asked):
    for who in ("engineer", "head", "contact"):
        client.force_login(getattr(world, who))
        assert client.post("/blueprints/small/archive/").status_code in {403, 404}
        assert client.post("/blueprints/small/edit/", form(do="publish", name="X")).status_code in {403, 404}
        assert client.post(f"/requests/{asked.pk}/blueprint/", {"name": "X"}).status_code in {403, 404}
        assert client.post(f"/requests/{asked.pk}/blueprint-questions/", {}).status_code in {403, 404}
    small.refresh_from_db()
    assert (small.archived_at, small.version) == (None, small.version)
