"""REST of the work on projects: a request cut into tasks, what waits for what, and what is refused by name."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Grant, Role
from accounts.operations import create_contact
from departments.operations import update_department
from projects import operations
from projects.models import ChangeRequest, Dependency, Task
from projects.operations.tasks import NewTask, make_tasks
from tests.factories import (
    MONDAY,
    a_calendar,
    a_department,
    a_dependency,
    a_project,
    a_request,
    a_task,
    a_user,
    grant,
)

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def program(api: Callable[..., APIClient]) -> APIClient:
    return api(a_user("root", Role.ADMIN))


def a_row(key: str, department: str = "network", **more: Any) -> dict[str, Any]:
    return {"key": key, "title": f"Piece {key}", "department": department, "estimate_h": 4, **more}


def errors(answer: Any) -> set[tuple[str | None, str]]:
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


def decompose(program: APIClient, request: ChangeRequest, **body: Any) -> Any:
    return program.post(f"{API}change-requests/{request.pk}/decompose/", body)


# --- decomposing -----------------------------------------------------------------------------------------------


def test_a_request_goes_over_rest_from_the_clients_words_to_acceptance(program):
    project = a_project("portal")
    made = program.post(f"{API}change-requests/", {"project": "portal", "title": "Prepare the landscape"})
    assert (made.status_code, made.json()["status"], made.json()["source"]) == (201, "new", "api")
    url = made["Location"]
    asked = program.post(f"{url}ask/", {"text": "How many?", "department": "unix"}).json()
    assert asked["status"] == "clarifying"
    [question] = asked["open_clarifications"]
    answered = program.post(f"{API}clarifications/{question}/answer/", {"answer": "Twelve"})
    assert (answered.status_code, answered["ETag"]) == (200, '"2"')
    rows = [a_row("net", ready=["VLAN"], done=["Tested"]), a_row("os", "unix", optimistic_h=2.5, pessimistic_h=9.25)]
    links = [{"from": "net", "to": "os", "lag_h": 1.5, "lag_calendar": "24x7"}]
    cut = program.post(f"{url}decompose/", {"tasks": rows, "dependencies": links})
    assert cut.status_code == 200, cut.content
    net, system = cut.json()["tasks"]
    assert cut.json()["ids"] == {"net": net["id"], "os": system["id"]}
    [link] = cut.json()["dependencies"]
    assert (link["predecessor"], link["successor"], link["lag_h"]) == (net["id"], system["id"], 1.5)
    assert (net["readiness"], system["readiness"], system["waiting_for"]) == ("ready", "waiting", [net["id"]])
    assert (system["optimistic_h"], system["pessimistic_h"]) == (2.5, 9.25)
    assert {("ready", "VLAN"), ("done", "Tested")} <= {(line["kind"], line["text"]) for line in net["checks"]}
    promised_at = (timezone.now() + timedelta(days=9)).replace(microsecond=0)
    agreed = program.post(f"{url}agree/", {"promised_at": promised_at.isoformat()}).json()
    assert (agreed["status"], program.get(f"{API}tasks/{net['id']}/").json()["due_at"]) == (
        "agreed",
        promised_at.isoformat().replace("+00:00", "Z"),
    )
    refused = program.post(f"{API}tasks/{system['id']}/start/")
    assert (refused.status_code, errors(refused), refused.json()["waiting_for"]) == (
        409,
        {(None, "waiting")},
        [net["id"]],
    )
    assert program.post(f"{url}deliver/").json()["open_tasks"] == [net["id"], system["id"]]
    done = program.post(f"{API}tasks/{net['id']}/complete/", {"actual_h": 3.5, "note": "VLAN 12"}).json()
    assert (done["status"], done["readiness"], done["actual_h"], done["package"]) == ("done", None, 3.5, "VLAN 12")
    assert program.post(f"{API}tasks/{system['id']}/start/", {"override": "Client on site"}).status_code == 200
    assert program.post(f"{API}tasks/{system['id']}/complete/").status_code == 200
    assert program.post(f"{url}deliver/").json()["status"] == "delivered"
    assert program.post(f"{url}send-back/", {"reason": "PHP is missing"}).json()["status"] == "in_work"
    program.post(f"{url}deliver/")
    for _ in range(2):
        assert program.post(f"{url}accept/").json()["status"] == "accepted"
    assert project.change_requests.get().accepted_at is not None


def test_the_time_in_which_the_client_owes_an_answer_counts_apart(program):
    request = a_request(at=MONDAY)
    contact = create_contact(client=request.client, name="Jan", actor=None, at=MONDAY)
    hour = timedelta(hours=1)
    asked = operations.ask(request=request, text="How many?", contact=contact, actor=None, at=MONDAY + hour)
    operations.answer(question=asked, text="Twelve", actor=None, at=MONDAY + 4 * hour)
    operations.reject(request=request, reason="Too many", actor=None, at=MONDAY + 6 * hour)
    spent = program.get(f"{API}change-requests/{request.pk}/time/").json()
    assert spent == {"with_us_s": 3 * 3600, "waiting_for_client_s": 3 * 3600}


def test_a_definition_of_ready_changes_by_the_version_of_its_department(program):
    url = f"{API}definitions-of-ready/network/"
    department = a_department("network")
    texts = ["Addresses are named", "A window is booked"]
    stamp = program.get(url)["ETag"]
    changed = program.put(url, {"texts": texts}, headers={"If-Match": stamp})
    assert (changed.status_code, changed.json()["texts"]) == (200, texts)
    assert program.put(url, {"texts": []}, headers={"If-Match": stamp}).status_code == 412
    assert [one["texts"] for one in program.get(f"{API}definitions-of-ready/").json()["results"]].count(texts) == 1
    assert list(a_task(department="network").checks.values_list("text", flat=True)) == texts
    too_many = program.put(url, {"texts": ["x"] * 16}, headers={"If-Match": changed["ETag"]})
    assert too_many.status_code == 400
    assert department.ready_items.count() == 2


def test_parts_follow_on_each_other_and_name_earlier_tasks_by_key_or_id(program):
    request = a_request()
    first = decompose(program, request, tasks=[a_row("a"), a_row("b")]).json()["ids"]
    second = decompose(
        program,
        request,
        tasks=[a_row("c")],
        dependencies=[{"from": "a", "to": "c"}, {"from": first["b"], "to": "c"}],
    )
    assert second.status_code == 200, second.content
    assert second.json()["tasks"][0]["waiting_for"] == sorted(first.values())
    linked = decompose(program, request, dependencies=[{"from": "a", "to": "b"}]).json()
    assert (linked["tasks"], len(linked["dependencies"])) == ([], 1)
    program.post(f"{API}change-requests/{request.pk}/agree/")
    late = decompose(program, request, tasks=[a_row("d")])
    assert (late.status_code, late.json()["status"], late.json()["current"]) == (409, 409, "agreed")


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({}, 400, ("tasks", "invalid")),
        ({"tasks": [a_row("a"), a_row("a")]}, 400, ("tasks.1.key", "duplicate")),
        ({"tasks": [a_row("a"), a_row("b", title="")]}, 400, ("tasks.1.title", "blank")),
        ({"tasks": [a_row("a", department="nowhere")]}, 400, ("tasks.0.department", "does_not_exist")),
        ({"tasks": [a_row("a", colour="red")]}, 400, ("tasks.0.colour", "unknown_field")),
        ({"tasks": [a_row("b"), a_row("a", optimistic_h=5)]}, 400, ("tasks.1.optimistic_h", "invalid")),
        ({"tasks": [a_row("a", assignee="nobody")]}, 400, ("tasks.0.assignee", "does_not_exist")),
        ({"tasks": [a_row("a")], "dependencies": [{"from": "a", "to": "x"}]}, 400, ("dependencies.0.to", "unknown")),
        (
            {"tasks": [a_row("a")], "dependencies": [{"from": "a", "to": "a"}]},
            400,
            ("dependencies.0.to", "self_dependency"),
        ),
        (
            {"tasks": [a_row("a"), a_row("b")], "dependencies": [{"from": "a", "to": "b"}] * 2},
            400,
            ("dependencies.1", "duplicate"),
        ),
        (
            {"tasks": [a_row("a")], "dependencies": [{"from": "a", "to": "a", "kind": "fs"}]},
            400,
            ("dependencies.0.kind", "invalid_choice"),
        ),
        ({"tasks": [a_row("a")] * 1001}, 400, ("tasks", "max_length")),
        ({"tasks": [a_row("a")], "start_at": "2026-03-02T09:00:00Z"}, 400, ("start_at", "invalid")),
        ({"blueprint": "nowhere"}, 400, ("blueprint", "does_not_exist")),
    ],
)
def test_what_is_wrong_with_a_decomposition_is_named_by_its_row_and_nothing_is_stored(program, body, status, expected):
    answer = decompose(program, a_request(), **body)
    assert (answer.status_code, errors(answer)) == (status, {expected})
    assert not Task.objects.exists()


def test_a_circle_of_a_decomposition_is_named_in_order(program):
    links = [{"from": "a", "to": "b"}, {"from": "b", "to": "c"}, {"from": "c", "to": "a"}]
    answer = decompose(program, a_request(), tasks=[a_row(key) for key in "abc"], dependencies=links)
    assert (answer.status_code, errors(answer)) == (409, {("dependencies", "cycle")})
    assert answer.json()["cycle"] == ["a", "b", "c"]
    assert "Piece a → Piece b → Piece c → Piece a" in answer.json()["detail"]
    assert not Task.objects.exists()


def test_a_blueprint_alone_is_placed_forward_or_backward(program):
    calendar = a_calendar()
    for slug in ("network", "unix"):
        update_department(department=a_department(slug), changes={"calendar": calendar}, actor=None, at=MONDAY)
    tasks = [
        {"key": "net", "title": "Network", "department": "network", "estimate_h": 8},
        {"key": "os", "title": "System", "department": "unix", "estimate_h": 4},
    ]
    content = {"tasks": tasks, "dependencies": [{"from": "net", "to": "os"}]}
    made = program.post(f"{API}blueprints/", {"slug": "stack", "name": "Stack", "content": content})
    assert (made.status_code, made.json()["number"]) == (201, 1)
    plain, ahead, back = (a_request() for _ in range(3))
    assert [task["not_before"] for task in decompose(program, plain, blueprint="stack").json()["tasks"]] == [None, None]
    forward = decompose(program, ahead, blueprint="stack", start_at="2099-03-02T09:00:00Z").json()["tasks"]
    assert [task["not_before"] for task in forward] == ["2099-03-02T09:00:00Z", "2099-03-03T09:00:00Z"]
    backward = decompose(program, back, blueprint="stack", finish_by="2099-03-06T17:00:00Z").json()["tasks"]
    assert [task["deadline"] for task in backward] == ["2099-03-06T13:00:00Z", "2099-03-06T17:00:00Z"]
    assert program.get(f"{API}change-requests/{plain.pk}/").json()["blueprint"] == "stack"
    early = decompose(program, a_request(), blueprint="stack", finish_by="2026-03-02T10:00:00Z")
    assert (early.status_code, errors(early)) == (400, {("finish_by", "too_early")})


def test_a_blueprint_changes_by_versions_and_a_request_becomes_one(program):
    request = a_request()
    decompose(program, request, tasks=[a_row("a"), a_row("b")], dependencies=[{"from": "a", "to": "b"}])
    saved = program.post(f"{API}change-requests/{request.pk}/save-as-blueprint/", {"slug": "mine", "name": "Mine"})
    assert (saved.status_code, saved["Location"]) == (201, f"http://testserver{API}blueprints/mine/")
    assert [task["key"] for task in saved.json()["content"]["tasks"]] == ["a", "b"]
    url = f"{API}blueprints/mine/"
    content = {"tasks": [{"key": "a", "title": "A", "department": "unix", "estimate_h": 1}]}
    changed = program.patch(url, {"content": content, "note": "Less"}, headers={"If-Match": saved["ETag"]})
    assert (changed.status_code, changed.json()["number"]) == (200, 2)
    assert program.get(f"{url}versions/").json()["results"][0]["note"] == "Less"
    broken = program.patch(url, {"content": {"tasks": [{"key": "a"}]}}, headers={"If-Match": "*"})
    assert (broken.status_code, errors(broken)) == (400, {("content.tasks.0.title", "invalid")})
    assert program.delete(url, headers={"If-Match": "*"}).status_code == 204
    assert errors(decompose(program, request, blueprint="mine")) == {("blueprint", "does_not_exist")}


# --- tasks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", ["4", None, True, -1, 1e9, 0.125, 1e-9, [4]])
def test_hours_are_plain_numbers_with_two_decimals_at_most(program, hours):
    a_project("portal")
    body = {"project": "portal", "title": "T", "department": "unix", "estimate_h": hours}
    answer = program.post(f"{API}tasks/", body)
    assert (answer.status_code, {field for field, _code in errors(answer)}) == (400, {"estimate_h"})


def test_not_a_number_is_no_number(program):
    raw = '{"project": "portal", "title": "T", "department": "unix", "estimate_h": NaN}'
    assert program.generic("POST", f"{API}tasks/", raw, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    ("verb", "body", "after"),
    [
        ("start", {}, "in_progress"),
        ("complete", {}, "done"),
        ("block", {"reason": "vendor", "text": "Waits for parts"}, "blocked"),
        ("block", {"reason": "The rack is locked"}, "blocked"),
        ("unblock", {}, "planned"),
        ("assign", {"assignee": "ada"}, "planned"),
        ("hand-over", {"department": "dba", "assignee": "ada"}, "planned"),
        ("reopen", {}, "planned"),
        ("cancel", {"reason": "Not needed"}, "cancelled"),
    ],
)
def test_a_verb_done_twice_is_done_once(program, verb, body, after):
    task = a_task()
    a_user("ada", Role.ENGINEER)
    first, again = (program.post(f"{API}tasks/{task.pk}/{verb}/", body) for _ in range(2))
    assert (first.status_code, first.json()["status"]) == (200, after), first.content
    assert (again.status_code, again["ETag"]) == (200, first["ETag"])


def test_a_reason_in_ones_own_words_counts_as_other(program):
    blocked = program.post(f"{API}tasks/{a_task().pk}/block/", {"reason": "The rack is locked"}).json()
    assert (blocked["block_reason"], blocked["block_text"]) == ("other", "The rack is locked")


@pytest.mark.parametrize(
    ("done", "verb"), [("complete", "start"), ("complete", "block"), ("cancel", "complete"), ("complete", "assign")]
)
def test_a_wrong_transition_is_a_conflict(program, done, verb):
    task = a_task()
    assert program.post(f"{API}tasks/{task.pk}/{done}/").status_code == 200
    a_user("ada", Role.ENGINEER)
    answer = program.post(f"{API}tasks/{task.pk}/{verb}/", {"assignee": "ada"} if verb == "assign" else {})
    assert answer.status_code == 409


def test_ff_holds_back_the_end_and_not_the_start(program):
    project = a_project()
    before, after = a_task(project), a_task(project)
    a_dependency(before, after, "FF")
    assert program.post(f"{API}tasks/{after.pk}/start/").status_code == 200
    refused = program.post(f"{API}tasks/{after.pk}/complete/")
    assert (refused.status_code, refused.json()["waiting_for"]) == (409, [before.pk])


def test_a_return_opens_the_predecessor_again(program):
    project = a_project()
    before, after, other = (a_task(project) for _ in range(3))
    a_dependency(before, after)
    program.post(f"{API}tasks/{before.pk}/complete/")
    wrong = program.post(f"{API}tasks/{after.pk}/return/", {"reason": "No access", "to": other.pk})
    assert (wrong.status_code, errors(wrong)) == (400, {("to", "invalid")})
    back = program.post(f"{API}tasks/{after.pk}/return/", {"reason": "No access", "to": before.pk}).json()
    assert (back["returns"], back["waiting_for"]) == (1, [before.pk])
    assert program.get(f"{API}tasks/{before.pk}/").json()["status"] == "in_progress"


def test_lines_are_ticked_by_their_id(program):
    task, other = (a_task(done=["Tested"]) for _ in range(2))
    line = task.checks.get(text="Tested").pk
    ticked = program.post(f"{API}tasks/{task.pk}/tick/", {"check": line}).json()
    assert [row["done_by"] for row in ticked["checks"] if row["id"] == line] == ["root"]
    foreign = program.post(f"{API}tasks/{other.pk}/tick/", {"check": line})
    assert (foreign.status_code, errors(foreign)) == (400, {("check", "does_not_exist")})


def test_filters_tell_what_may_start(program):
    project = a_project("portal")
    before, after = a_task(project, deadline=MONDAY), a_task(project)
    a_dependency(before, after)

    def found(query: str) -> list[int]:
        answer = program.get(f"{API}tasks/?{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert found("readiness=ready") == found("due_before=2026-03-03T00:00:00Z") == [before.pk]
    assert found("readiness=waiting&project=portal") == [after.pk]
    assert found(f"search=T-{after.pk}") == [after.pk]
    assert found("status=planned&status=done&is_open=true&ordering=id") == [before.pk, after.pk]
    program.post(f"{API}tasks/{before.pk}/complete/")
    assert found("readiness=ready") == [after.pk]
    assert found("is_open=false") == [before.pk]


def test_many_edits_are_answered_each_in_its_place(api):
    project, foreign = a_project(), a_project()
    own, theirs = a_task(project), a_task(foreign)
    program = api(project.client.tam)
    items = [
        {"id": own.pk, "title": "New", "estimate_h": 8, "version": 1},
        {"id": own.pk, "title": "New", "estimate_h": 8},
        {"id": own.pk, "title": "Newer", "version": 1},
        {"id": theirs.pk, "title": "Mine now"},
        {"id": own.pk, "colour": "red"},
        "x",
    ]
    answer = program.post(f"{API}tasks/bulk/", {"items": items})
    results = answer.json()["results"]
    assert [(row["status"], row["version"]) for row in results[:2]] == [("updated", 2), ("unchanged", 2)]
    assert [row["errors"][0]["code"] for row in results[2:]] == ["stale", "not_found", "unknown_field", "invalid"]
    assert Task.objects.get(pk=theirs.pk).title == theirs.title
    assert program.post(f"{API}tasks/bulk/", [{"id": own.pk}] * 201).status_code == 400
    assert program.post(f"{API}tasks/bulk/", []).status_code == 400


# --- dependencies ----------------------------------------------------------------------------------------------


def link(program: APIClient, before: Task, after: Task, **more: Any) -> Any:
    return program.post(f"{API}dependencies/", {"predecessor": before.pk, "successor": after.pk, **more})


def test_a_dependency_is_refused_by_what_is_wrong_with_it(program):
    one, two, three = (a_task(title=title) for title in ("One", "Two", "Three"))
    made = link(program, one, two, kind="SS", lag_h=-2.5, lag_calendar="24x7")
    assert (made.status_code, made.json()["lag_h"], made.json()["kind"]) == (201, -2.5, "SS")
    assert link(program, two, three).status_code == 201
    closed = link(program, three, one)
    assert (closed.status_code, errors(closed)) == (409, {("successor", "cycle")})
    assert closed.json()["cycle"] == [one.pk, two.pk, three.pk]
    assert closed.json()["detail"].index("One") < closed.json()["detail"].index("Two")
    assert (link(program, one, one).status_code, errors(link(program, one, one))) == (
        400,
        {("successor", "self_dependency")},
    )
    twice = link(program, one, two)
    assert (twice.status_code, errors(twice)) == (409, {("successor", "duplicate")})
    unknown = program.post(f"{API}dependencies/", {"predecessor": 999999, "successor": one.pk})
    assert (unknown.status_code, errors(unknown)) == (400, {("predecessor", "does_not_exist")})
    assert errors(link(program, one, three, lag_h="2")) == {("lag_h", "invalid")}


def test_a_dependency_changes_by_its_version_and_goes(program):
    one, two = a_task(), a_task()
    made = link(program, one, two)
    url = made["Location"]
    assert program.patch(url, {"kind": "SS"}).status_code == 428
    assert program.patch(url, {"kind": "SS"}, headers={"If-Match": '"9"'}).status_code == 412
    assert program.patch(url, {"kind": "SS"}, headers={"If-Match": made["ETag"]}).json()["version"] == 2
    other = program.patch(url, {"successor": one.pk}, headers={"If-Match": "*"})
    assert errors(other) == {("successor", "create_only")}
    assert program.delete(url, headers={"If-Match": '"2"'}).status_code == 204
    assert program.get(f"{API}tasks/{two.pk}/").json()["readiness"] == "ready"


def test_a_head_links_tasks_of_the_own_department_alone(api):
    head = a_user("head", Role.HEAD)
    grant(head, Role.HEAD, Grant.Scope.DEPARTMENT, a_department("unix").pk)
    one, two = a_task(department="unix"), a_task(department="unix")
    other = a_task(one.project, department="dba")
    program = api(head)
    made = link(program, one, two)
    assert made.status_code == 201
    assert link(program, two, other).status_code == 400
    grant(head, Role.HEAD, Grant.Scope.PROJECT, one.project_id)
    assert link(program, two, other).status_code == 403


def test_a_chain_of_ten_thousand_is_no_trouble(program):
    project = a_project()
    rows = [NewTask(title=f"No. {n}", department=a_department("unix"), estimate_h=Decimal(1)) for n in range(10_000)]
    tasks = make_tasks(rows, project=project, change_request=None, actor=None, at=MONDAY)
    edges = [Dependency(predecessor=tasks[n], successor=tasks[n + 1]) for n in range(9_999)]
    Dependency.objects.bulk_create(edges, batch_size=500)
    began = time.monotonic()
    closed = link(program, tasks[-1], tasks[0])
    assert (closed.status_code, len(closed.json()["cycle"])) == (409, 10_000)
    assert len(closed.json()["detail"]) < 2000
    assert link(program, tasks[0], tasks[-1]).status_code == 201
    assert program.post(f"{API}tasks/{tasks[0].pk}/complete/").status_code == 200
    assert time.monotonic() - began < 20


# --- what the client's people see ------------------------------------------------------------------------------


def test_a_contact_sees_what_is_shown_to_the_client_and_nothing_internal(api):
    project = a_project("portal")
    contact = a_user("carla")
    grant(contact, Role.CONTACT, Grant.Scope.CLIENT, project.client_id)
    shown, _hidden = a_task(project, is_public=True), a_task(project)
    program = api(contact)
    [row] = program.get(f"{API}tasks/").json()["results"]
    assert row["id"] == shown.pk
    assert not row.keys() & {"assignee", "estimate_h", "actual_h", "what", "package", "waiting_for", "checks", "frees"}
    assert {"title", "department", "status", "readiness", "due_at"} <= row.keys()
    assert program.get(f"{API}tasks/?assignee=carla").status_code == 400
    made = program.post(f"{API}change-requests/", {"project": "portal", "title": "More room", "text": "Please."})
    assert made.status_code == 201
    assert not made.json().keys() & {"recorded_by", "blueprint", "source"}
    assert ChangeRequest.objects.get(pk=made.json()["id"]).source == "portal"
    assert "architect" not in program.get(f"{API}projects/portal/").json()


def test_lists_cost_the_same_whatever_they_hold(program):
    def work() -> None:
        request = a_request()
        rows = [a_row("a", ready=["x"]), a_row("b", "unix"), a_row("c")]
        links = [{"from": "a", "to": "b"}, {"from": "a", "to": "c"}]
        assert decompose(program, request, tasks=rows, dependencies=links).status_code == 200
        program.post(f"{API}change-requests/{request.pk}/ask/", {"text": "How?", "department": "unix"})

    def costs() -> dict[str, int]:
        found = {}
        for name in ("change-requests", "clarifications", "tasks", "dependencies"):
            program.get(f"{API}{name}/")
            with CaptureQueriesContext(connection) as queries:
                assert program.get(f"{API}{name}/?page_size=200").status_code == 200
            found[name] = len(queries)
        return found

    work()
    few = costs()
    for _ in range(5):
        work()
    assert costs() == few
