"""What all resources have in common, asked of each: least fields, strictness, versions, pages, the cost of a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from tests.factories import a_client, a_policy, a_project, a_user, an_incident

pytestmark = pytest.mark.django_db
TARGETS = [{"priority": "P1", "response_s": 1800, "resolution_s": 14400, "calendar": "always"}]
CONTENT: dict[str, Any] = {
    "tasks": [
        {
            **{"key": "net", "title": "Network", "department": "network", "what": ""},
            **{"ready": [], "done": [], "documents": [], "estimate_h": {"low": 1.0, "likely": 2.0, "high": 4.0}},
        }
    ],
    **{"dependencies": [], "questions": [], "risks": []},
}
TICKET = {"client": "acme", "title": "Down", "priority": "P2", "opened_at": "2026-03-02T09:00:00Z"}


@dataclass(frozen=True)
class Resource:
    """`least` creates one; `{n}` in its texts is a number, so that several can be made. `change` is a valid PATCH."""

    address: str
    least: dict[str, Any]
    key: str = "id"
    change: dict[str, Any] = field(default_factory=lambda: {"name": "Changed"})
    read_only: str = "version"
    orderings: tuple[str, ...] = ("id",)
    can_delete: bool = False

    def __str__(self) -> str:
        return self.address

    @property
    def url(self) -> str:
        return f"/api/v1/{self.address}/"

    def number(self, n: int) -> dict[str, Any]:
        return {
            name: value.replace("{n}", str(n)) if isinstance(value, str) else value
            for name, value in self.least.items()
        }


RESOURCES = [
    Resource(
        "departments",
        {"slug": "new-{n}", "name": "New {n}"},
        key="slug",
        orderings=("name", "-slug", "kind,id"),
        can_delete=True,
    ),
    Resource("users", {"username": "new-{n}"}, key="username", orderings=("username", "-id")),
    Resource(
        "clients", {"slug": "new-{n}", "name": "New {n}"}, key="slug", orderings=("name", "-country"), can_delete=True
    ),
    Resource("contacts", {"client": "acme", "name": "Eva {n}"}, orderings=("name", "-id"), can_delete=True),
    Resource("calendars", {"slug": "new-{n}", "name": "New {n}"}, key="slug", orderings=("slug", "-name")),
    Resource(
        "sla-policies", {"slug": "new-{n}", "name": "New {n}", "targets": TARGETS}, key="slug", orderings=("slug",)
    ),
    Resource(
        "projects", {"client": "acme", "slug": "new-{n}", "name": "New {n}"}, key="slug", orderings=("name", "-slug")
    ),
    Resource(
        "group-mappings",
        {"client": "acme", "group": "G {n}", "department": "dba"},
        change={"group": "H"},
        can_delete=True,
    ),
    Resource(
        "absences",
        {"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-1{n}T12:00:00Z"},
        change={"reason": "Holiday"},
        orderings=("starts_at", "-ends_at"),
        can_delete=True,
    ),
    Resource(
        "change-requests",
        {"project": "acme-portal", "title": "Wish {n}"},
        change={"title": "Changed"},
        read_only="status",
        orderings=("opened_at", "-status_since", "title"),
    ),
    Resource(
        "tasks",
        {"project": "acme-portal", "title": "Task {n}", "department": "unix", "estimate_h": 7.5},
        change={"title": "Changed", "estimate_h": 8},
        read_only="status",
        orderings=("due_at", "-planned_at", "title,-id"),
    ),
    Resource(
        "blueprints",
        {"slug": "new-{n}", "name": "New {n}", "content": CONTENT},
        key="slug",
        orderings=("name", "-slug"),
        can_delete=True,
    ),
    Resource(
        "incidents",
        {**TICKET, "title": "Down {n}"},
        change={"title": "Changed"},
        read_only="status",
        orderings=("next_due_at", "-opened_at", "priority,-id", "updated_at"),
    ),
]
every_resource = pytest.mark.parametrize("resource", RESOURCES, ids=str)


@pytest.fixture
def program(api: Callable[..., Any]) -> Any:
    a_project("acme-portal", client=a_client("acme"))
    return api(a_user("root", Role.ADMIN))


def created(program: Any, resource: Resource, n: int = 1) -> tuple[str, dict[str, Any]]:
    answer = program.post(resource.url, resource.number(n))
    assert answer.status_code == 201, answer.content
    return answer["Location"], answer.json()


WORK_READ_ONLY = {
    *("recorded_by", "blueprint", "status_since", "agreed_at", "delivered_at", "accepted_at", "accepted_by", "frees"),
    *("ended_reason", "open_clarifications", "readiness", "block_reason", "block_text", "actual_h", "due_at", "checks"),
    *("package", "waiting_for", "ready_at", "planned_at", "started_at", "finished_at", "returned_at", "number"),
    *("return_reason", "returns", "last_word_at"),
}


def steady(body: dict[str, Any]) -> dict[str, Any]:
    """Without what moves by itself."""
    return {name: value for name, value in body.items() if name != "clocks"}


@every_resource
def test_the_least_fields_create_one_which_is_found_where_the_answer_says(program, resource):
    location, body = created(program, resource)
    assert location.endswith(f"{resource.url}{body[resource.key]}/")
    read = program.get(location)
    assert read.status_code == 200
    assert steady(read.json()) == steady(body)
    assert read["ETag"] == f'"{body["version"]}"'
    sent = {name: value for name, value in resource.number(1).items() if name != "targets"}  # all priorities answer
    assert {name: body[name] for name in sent} == sent


@every_resource
def test_without_any_of_the_least_fields_none_is_created(program, resource):
    for name in resource.least:
        body = {key: value for key, value in resource.number(1).items() if key != name}
        answer = program.post(resource.url, body)
        assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [name])
        assert answer["Content-Type"] == "application/problem+json"


@every_resource
def test_unknown_and_read_only_fields_are_refused_by_name(program, resource):
    for name, code in [("colour", "unknown_field"), ("id", "read_only"), (resource.read_only, "read_only")]:
        answer = program.post(resource.url, {**resource.number(1), name: 7})
        assert answer.status_code == 400
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(name, code)]


@every_resource
@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_what_is_no_object_creates_nothing(program, resource, body):
    answer = program.post(resource.url, body, format="json")
    assert answer.status_code == 400
    assert program.get(resource.url).status_code == 200


@every_resource
def test_a_name_that_is_taken_is_a_conflict(program, resource):
    if resource.key == "id" and resource.address != "group-mappings":
        return
    created(program, resource)
    answer = program.post(resource.url, resource.number(1))
    assert (answer.status_code, {e["code"] for e in answer.json()["errors"]}) == (409, {"unique"})


@every_resource
def test_a_change_needs_the_version_that_was_read(program, resource):
    location, body = created(program, resource)
    version = f'"{body["version"]}"'
    assert program.patch(location, resource.change).status_code == 428
    assert program.patch(location, resource.change, headers={"If-Match": '"99"'}).status_code == 412
    done = program.patch(location, resource.change, headers={"If-Match": version})
    assert done.status_code == 200
    assert done.json().items() >= resource.change.items()
    assert done["ETag"] == f'"{body["version"] + 1}"'
    assert program.patch(location, resource.change, headers={"If-Match": version}).status_code == 412


@every_resource
def test_a_change_that_changes_nothing_keeps_the_version(program, resource):
    location, body = created(program, resource)
    sent = {name: body[name] for name in resource.least}
    for answer in (
        program.patch(location, {}, headers={"If-Match": "*"}),
        program.patch(location, sent, headers={"If-Match": "*"}),
        program.put(location, sent, headers={"If-Match": "*"}),
    ):
        assert (answer.status_code, answer["ETag"]) == (200, f'"{body["version"]}"')


@every_resource
def test_what_was_read_can_be_sent_back_with_put(program, resource):
    location, _body = created(program, resource)
    read = program.get(location)
    schema_read_only = {"id", "version", "archived_at", "reference", "clocks", "updated_at", "status", "hold_reason"}
    schema_read_only |= {"resolution", "responded_at", "resolved_at", "closed_at", "reopen_count"}
    schema_read_only |= {"vendor", "internal_clocks"} | WORK_READ_ONLY
    schema_read_only |= {"client", "opened_at"} - resource.least.keys()
    body = {name: value for name, value in read.json().items() if name not in schema_read_only}
    answer = program.put(location, body, headers={"If-Match": read["ETag"]})
    assert (answer.status_code, answer["ETag"]) == (200, read["ETag"]), answer.content
    assert steady(answer.json()) == steady(read.json())


@every_resource
def test_deleting_needs_the_version_and_what_cannot_be_deleted_is_405(program, resource):
    location, body = created(program, resource)
    if not resource.can_delete:
        answer = program.delete(location, headers={"If-Match": "*"})
        assert (answer.status_code, "DELETE" in answer["Allow"]) == (405, False)
        return
    assert program.delete(location).status_code == 428
    assert program.delete(location, headers={"If-Match": '"99"'}).status_code == 412
    assert program.delete(location, headers={"If-Match": f'"{body["version"]}"'}).status_code == 204
    left = program.get(location)
    assert left.status_code == 404 or left.json()["archived_at"] is not None


@every_resource
def test_pages_hold_each_row_once_whatever_the_order(program, resource):
    for n in range(3, 8):
        created(program, resource, n)
    for ordering in ("", *resource.orderings):
        url: str | None = resource.url + "?page_size=2" + (f"&ordering={ordering}" if ordering else "")
        seen: list[Any] = []
        while url is not None:
            answer = program.get(url)
            assert answer.status_code == 200, answer.content
            page = answer.json()
            assert page.keys() == {"next", "previous", "results"}
            seen += [row[resource.key] for row in page["results"]]
            url = page["next"]
        everything = [row[resource.key] for row in program.get(resource.url + "?page_size=200").json()["results"]]
        assert len(everything) >= 5
        assert sorted(seen) == sorted(everything)


@every_resource
@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "name__contains=a",
        "id=1",
        "limit=5",
        "page=2",
        "ordering=colour",
        "ordering=-",
        "page_size=201",
        "page_size=0",
        "cursor=x",
        "format=json",
        "search=a&search=b",
    ],
)
def test_an_unknown_or_broken_parameter_is_refused_by_name(program, resource, query):
    answer = program.get(f"{resource.url}?{query}")
    assert answer.status_code == 400
    assert [e["field"] for e in answer.json()["errors"]] == [query.partition("=")[0]]


@every_resource
def test_a_list_costs_the_same_for_one_row_and_for_twenty(program, resource):
    def cost() -> int:
        program.get(resource.url)  # what a process reads once
        with CaptureQueriesContext(connection) as queries:
            assert program.get(resource.url + "?page_size=200").status_code == 200
        return len(queries)

    for n in range(3, 5):
        created(program, resource, n)
    few = cost()
    for n in range(5, 10):
        created(program, resource, n)
    if resource.address == "incidents":
        for _ in range(15):
            an_incident(client=a_client(policy=a_policy()), department=None)
    assert cost() == few


@every_resource
def test_the_same_key_creates_one(program, resource):
    first = program.post(resource.url, resource.number(1), headers={"Idempotency-Key": "k-1"})
    again = program.post(resource.url, resource.number(1), headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again["Location"], again.json()) == (first["Location"], first.json())
    assert again["Idempotent-Replayed"] == "true"


@every_resource
@pytest.mark.parametrize("what", ["PUT", "PATCH", "DELETE", "TRACE", "PURGE"])
def test_a_list_has_no_other_methods(program, resource, what):
    assert program.generic(what, resource.url, headers={"If-Match": "*"}).status_code == 405


@every_resource
def test_texts_are_checked(program, resource):
    """NUL is no text for a database, zero-width characters no title for a reader."""
    texts = [name for name, value in resource.least.items() if name in {"name", "title", "group"}]
    for name in texts:
        for value, status in [
            ("\u200b\u2060", 400),
            ("   ", 400),
            ("", 400),
            ("a\x00b", 400),
            ("x" * 301, 400),
            (7, 400),
            (None, 400),
        ]:
            answer = program.post(resource.url, {**resource.number(1), name: value})
            assert answer.status_code == status, value
    assert program.post(resource.url, resource.number(1)).status_code == 201
