"""Each role gets over REST what the table of `tests.api.rights` says, and each list shows to whom exactly what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role, User
from accounts.operations import archive_client, update_client
from tests.api.rights import TICKET, bodies, rows
from tests.api.world import ROLES, Side, World, a_world
from tests.factories import a_user

pytestmark = pytest.mark.django_db
API = "/api/v1/"
RESOURCES = sorted({row.address.partition("/")[0] for row in rows()})


@pytest.fixture
def callers(api: Callable[..., APIClient]) -> Callable[[World], dict[str, APIClient]]:
    return lambda world: {role: api(world.people[role]) for role in ROLES}


@pytest.mark.parametrize("resource", RESOURCES)
def test_each_role_gets_what_the_table_says(callers, resource):
    """Each request starts from the same world: what it changed is rolled back."""
    world = a_world()
    sent, programs = bodies(world), callers(world)
    wrong = []
    for row in (row for row in rows() if row.address.partition("/")[0] == resource):
        address = API + row.address.format_map(vars(world.names))
        for role, expected in row.statuses.items():
            with transaction.atomic():
                got = _send(programs[role], row.method, address, sent.get(row.body))
                transaction.set_rollback(True)
            if got.status_code != expected:
                wrong.append(f"{row.method} {row.address} {row.body} as {role}: {got.status_code}, not {expected}")
    assert not wrong, "\n".join(wrong)


def _send(program: APIClient, method: str, address: str, body: Any) -> Any:
    headers = {"If-Match": "*"} if method in {"PUT", "PATCH", "DELETE"} and "by-ref" not in address else {}
    answer: Any = program.generic(
        method,
        address,
        data="" if body is None else json.dumps(body),
        content_type="application/json",
        headers=headers,
    )
    if answer.streaming:  # a file is closed when it is read
        list(answer.streaming_content)
    return answer


def test_no_address_of_the_api_is_missing_in_the_table():
    world = a_world()
    tested = {(row.method, resolve(API + row.address.format_map(vars(world.names))).route) for row in rows()}
    missing = sorted(set(_addresses(get_resolver().url_patterns)) - tested)
    assert not missing, "\n".join(f"{method} {route}" for method, route in missing)


def _addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, route)
        elif route.startswith("api/v1/"):
            view: Any = pattern.callback
            actions = getattr(view, "actions", None)
            names = actions or [name for name in view.cls.http_method_names if hasattr(view.cls, name)]
            yield from ((name.upper(), route) for name in names if name not in {"head", "options"})


def listed(program: APIClient, address: str, key: str) -> set[Any]:
    answer = program.get(API + address + "?page_size=200")
    assert answer.status_code == 200, answer.content
    return {row[key] for row in answer.json()["results"]}


EVERYBODY = {
    *("admin", "manager", "integration", "tam", "deputy", "engineer", "head", "architect", "contact", "nobody"),
    *("outsider", "stranger"),
}
BOTH, OWN, NONE = {"acme", "globex"}, {"acme"}, set[str]()
SEES_BOTH, SEES_OWN = {"admin", "manager", "integration"}, {"tam", "deputy", "contact"}


def clients_seen_by(role: str) -> set[str]:
    return BOTH if role in SEES_BOTH else OWN if role in SEES_OWN else NONE


@pytest.mark.parametrize("role", [role for role in ROLES if role != "anonymous"])
def test_each_list_shows_each_role_exactly_its_own_rows(callers, role):
    world = a_world()
    program = callers(world)[role]
    clients = clients_seen_by(role)
    sides = {"acme": world.own, "globex": world.foreign}
    seen = [sides[slug] for slug in clients]
    staff = role not in {"integration", "contact", "nobody"}
    assert listed(program, "clients/", "slug") == clients
    assert listed(program, "contacts/", "id") == {side.contact.pk for side in seen}
    projects = {side.project.slug for side in seen} | ({"acme-portal"} if role in {"architect", "head"} else set())
    assert listed(program, "projects/", "slug") == projects
    internal = seen if role != "contact" else []
    papers = seen or ([world.own] if role in {"architect", "head"} else [])
    documents = {side.shown_document.pk for side in papers}
    documents |= {side.document.pk for side in papers if role != "contact"}
    assert listed(program, "documents/", "id") == documents
    if staff:
        assert listed(program, "handovers/", "id") == {side.handover.pk for side in papers}
    assert listed(program, "group-mappings/", "id") == {side.mapping.pk for side in internal}
    work = seen or ([world.own] if role in {"engineer", "head", "architect"} else [])
    incidents = {incident.pk for side in work for incident in (side.incident, side.ticket)}
    assert listed(program, "incidents/", "id") == incidents
    expect_work(program, role, seen, world)
    if staff or role == "integration":
        alerts = [] if role in {"engineer", "architect"} else work
        assert listed(program, "alerts/", "id") == {side.alert.pk for side in alerts}
        told = alerts if role != "integration" else []
        of_alerts = {side.delivery.pk for side in sides.values()}  # messages about work go to people besides
        assert listed(program, "deliveries/", "id") & of_alerts == {side.delivery.pk for side in told}
    calendars = {"always", "gold-hours", "silver-hours"} if staff or role == "integration" else set()
    assert listed(program, "calendars/", "slug") == ({"always", "gold-hours"} if role == "contact" else calendars)
    if role not in {"engineer", "nobody"}:
        tiers = {"acme": "gold", "globex": "silver"}
        assert listed(program, "sla-policies/", "slug") == {"standard", *(tiers[slug] for slug in clients)}
    if staff:
        colleagues = {world.absence.pk} if role in {"engineer", "head"} else set()
        everybody = {world.absence.pk, world.foreign_absence.pk}
        assert listed(program, "absences/", "id") == (everybody if role in {"admin", "manager"} else colleagues)
    people = {"contact", "tam", "deputy"} if role == "contact" else {"nobody"} if role == "nobody" else EVERYBODY
    if staff:
        assert listed(program, "duty-roster/", "id") == {world.shift.pk, world.provider_shift.pk}
    assert listed(program, "users/", "username") == people
    assert len(listed(program, "departments/", "slug")) == (0 if role == "nobody" else 16)


def expect_work(program: APIClient, role: str, seen: list[Side], world: World) -> None:
    """Requests, questions, tasks and dependencies: of the clients one sees, and by department or project."""
    of_department, is_contact = role in {"engineer", "head"}, role == "contact"
    sides = seen or ([world.own] if role in {"engineer", "head", "architect"} else [])
    requests = {side.request.pk for side in sides} | {side.delivered.pk for side in sides if not of_department}
    assert listed(program, "change-requests/", "id") == requests
    questions = {side.question.pk for side in sides}
    questions |= {side.internal_question.pk for side in sides if not is_contact}
    assert listed(program, "clarifications/", "id") == questions
    tasks = {side.task.pk for side in sides}
    if not (of_department or is_contact):
        tasks |= {task for side in sides for task in side.project.tasks.values_list("pk", flat=True)}
    assert listed(program, "tasks/", "id") == tasks
    if role not in {"integration", "contact", "nobody"}:
        assert listed(program, "dependencies/", "id") == {side.dependency.pk for side in sides}
        assert "web-launch" in listed(program, "blueprints/", "slug")


DETAILS = ["clients/globex/", "projects/globex-portal/", "sla-policies/silver/", "users/outsider/"]
NUMBERED = [
    "documents/{foreign.document.pk}/",
    "handovers/{foreign.handover.pk}/",
    "contacts/{foreign.contact.pk}/",
    "group-mappings/{foreign.mapping.pk}/",
    "incidents/{foreign.incident.pk}/",
    "change-requests/{foreign.request.pk}/",
    "clarifications/{foreign.question.pk}/",
    "tasks/{foreign.task.pk}/",
    "dependencies/{foreign.dependency.pk}/",
    "alerts/{foreign.alert.pk}/",
    "deliveries/{foreign.delivery.pk}/",
]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_hidden_looks_like_what_does_not_exist(callers, method):
    world = a_world()
    programs = callers(world)
    for address in [*DETAILS, *NUMBERED]:
        hidden = API + address.format_map(vars(world.names))
        resource = address.partition("/")[0]
        missing = f"{API}{resource}/{'nowhere' if address in DETAILS else 999999}/"
        for role in ("tam", "contact", "engineer"):
            answers = [_send(programs[role], method, url, {}) for url in (hidden, missing)]
            if resource == "users" and role != "contact":
                continue
            bodies_ = [{**answer.json(), "request_id": ""} for answer in answers]
            assert bodies_[0] == bodies_[1], (address, role)
            assert answers[0].status_code == answers[1].status_code in {403, 404, 405}


def test_a_token_for_one_client_sees_that_client_alone(api):
    world = a_world()
    for role in ("admin", "manager", "integration"):
        program = api(world.people[role], clients=("acme",))
        assert listed(program, "clients/", "slug") == OWN
        assert listed(program, "projects/", "slug") == {"acme-portal"}
        assert listed(program, "contacts/", "id") == {world.own.contact.pk}
        assert listed(program, "incidents/", "id") == {world.own.incident.pk, world.own.ticket.pk}
        assert listed(program, "sla-policies/", "slug") == {"standard", "gold"}
        assert listed(program, "alerts/", "id") == {world.own.alert.pk}
        own_tasks = set(world.own.project.tasks.values_list("pk", flat=True))
        assert listed(program, "tasks/", "id") == own_tasks
        assert listed(program, "change-requests/", "id") == {world.own.request.pk, world.own.delivered.pk}
        assert program.post(f"{API}tasks/{world.foreign.task.pk}/start/").status_code in {403, 404}
        assert program.get(f"{API}incidents/{world.foreign.incident.pk}/").status_code == 404
        assert program.get(f"{API}incidents/by-ref/jira/globex-7/").status_code == 404
        assert program.post(f"{API}incidents/{world.foreign.incident.pk}/acknowledge/").status_code == 404
        opened = program.post(f"{API}incidents/", {**TICKET, "client": "globex"})
        assert (opened.status_code, opened.json()["errors"][0]["field"]) == (400, "client")
        put = program.put(f"{API}incidents/by-ref/jira/globex-7/?client=globex", {"title": "Mine now"})
        assert (put.status_code, put.json()["errors"][0]["field"]) == (400, "client")


def test_a_token_of_a_client_that_its_user_lost_opens_nothing(api):
    world = a_world()
    program = api(world.people["tam"], clients=("acme",))
    update_client(client=world.own.client, changes={"tam": None}, actor=None, at=timezone.now())
    assert listed(program, "clients/", "slug") == NONE


@pytest.mark.parametrize("role", ["admin", "tam", "engineer", "integration", "contact"])
def test_a_reading_token_reads_and_computes_but_writes_nothing(api, role):
    world = a_world()
    program = api(world.people[role], scope="read")
    sent = bodies(world)
    for row in rows():
        if row.method == "GET" or {"compute", "try"} & set(row.address.split("/")):
            continue
        answer = _send(program, row.method, API + row.address.format_map(vars(world.names)), sent.get(row.body))
        assert answer.status_code in {403, 404}, row
    assert program.get(f"{API}incidents/").status_code == 200
    assert program.post(f"{API}calendars/compute/", sent["cases"]).status_code == 200
    if role in {"admin", "tam"}:
        assert program.post(f"{API}sla-policies/try/", sent["rule"]).status_code == 200


def test_a_deputy_whose_time_is_over_sees_nothing_from_that_instant(api):
    world = a_world()
    program = api(world.people["deputy"])
    assert listed(program, "clients/", "slug") == OWN
    update_client(client=world.own.client, changes={"deputy": None}, actor=None, at=timezone.now())
    assert listed(program, "clients/", "slug") == NONE
    assert listed(program, "incidents/", "id") == set()
    assert program.get(f"{API}incidents/{world.own.incident.pk}/").status_code == 404


def test_a_deputy_whose_end_is_written_down_loses_sight_without_anybody_doing_anything(api, monkeypatch):
    world = a_world()
    deputy = world.people["deputy"]
    assert deputy is not None
    ends_at = timezone.now() + timedelta(hours=1)
    deputy.grants.filter(scope_kind="client").update(valid_until=ends_at)
    program = api(deputy)
    assert listed(program, "clients/", "slug") == OWN
    monkeypatch.setattr("accounts.reach.timezone.now", lambda: ends_at)
    assert listed(program, "clients/", "slug") == NONE


def test_an_archived_client_is_gone_for_those_who_served_it_and_stays_for_the_record(api):
    world = a_world()
    archive_client(client=world.own.client, actor=None, at=timezone.now())
    for role in ("tam", "deputy", "contact"):
        assert listed(api(world.people[role]), "clients/", "slug") == NONE
        assert api(world.people[role]).get(f"{API}incidents/{world.own.incident.pk}/").status_code == 404
    kept = api(world.people["manager"]).get(f"{API}clients/acme/").json()
    assert kept["archived_at"] is not None
    refused = api(world.people["manager"]).post(f"{API}incidents/", {**TICKET, "client": "acme"})
    assert refused.status_code == 409


def test_a_token_whose_user_left_does_not_work(api):
    user = a_user("gone", Role.TAM)
    program = api(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert program.get(f"{API}clients/").status_code == 401
