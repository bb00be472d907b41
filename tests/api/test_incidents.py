"""`incidents/`: what they show, how they are opened, changed and told of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Grant, Role
from departments.operations import set_departments
from incidents import operations
from incidents.models import Incident
from sla.models import Clock
from tests.api.world import a_world
from tests.factories import a_client, a_department, a_policy, a_user, an_incident, grant

pytestmark = pytest.mark.django_db
URL = "/api/v1/incidents/"
CLOCK_FIELDS = {
    *("kind", "cycle", "state", "target_s", "elapsed_s", "remaining_s", "due_at", "breached_at", "late_by_change_at"),
    "stopped_at",
}
CONTRACT = {
    *("id", "reference", "client", "project", "department", "assignee", "title", "description", "priority", "category"),
    *("service", "parent", "is_major", "status", "hold_reason", "source", "external_ref", "opened_at", "responded_at"),
    *("resolved_at", "closed_at", "reopen_count", "clocks", "version"),
}


def ago(**delta: int) -> datetime:
    return (timezone.now() - timedelta(**delta)).replace(microsecond=0)


def text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.fixture
def program(api):
    return api(a_user("root", Role.ADMIN))


def a_ticket(**fields):
    return {"client": "acme", "title": "Down", "priority": "P2", "opened_at": text(ago(minutes=10)), **fields}


def test_a_new_one_stands_with_the_first_line_and_both_clocks_run(program):
    a_client("acme", policy=a_policy(response_s=3600, resolution_s=14400))
    opened_at = ago(minutes=10)
    body = program.post(URL, a_ticket(opened_at=text(opened_at))).json()
    assert body.keys() >= CONTRACT
    assert (body["reference"], body["status"], body["department"]) == (f"INC-{body['id']}", "new", "support")
    assert (body["source"], body["hold_reason"], body["opened_at"]) == ("tamhub", None, text(opened_at))
    response, resolution = body["clocks"]
    assert response.keys() == resolution.keys() == CLOCK_FIELDS
    assert (response["kind"], response["state"], response["target_s"]) == ("response", "running", 3600)
    assert (resolution["kind"], resolution["cycle"], resolution["target_s"]) == ("resolution", 1, 14400)
    assert response["due_at"] == text(opened_at + timedelta(hours=1))
    assert 600 <= response["elapsed_s"] <= 605
    assert response["elapsed_s"] + response["remaining_s"] == 3600
    assert response["breached_at"] is response["stopped_at"] is None


def test_a_clock_past_its_deadline_is_breached_before_any_sweep_came_by(program):
    client = a_client(policy=a_policy(response_s=3600, resolution_s=14400))
    opened_at = ago(hours=2)
    incident = an_incident(client=client, at=opened_at)
    assert set(Clock.objects.values_list("state", flat=True)) == {"running"}
    response, resolution = program.get(f"{URL}{incident.pk}/").json()["clocks"]
    assert (response["state"], response["breached_at"]) == ("breached", text(opened_at + timedelta(hours=1)))
    assert response["remaining_s"] <= -3600
    assert (resolution["state"], resolution["breached_at"]) == ("running", None)
    assert program.get(URL).json()["results"][0]["clocks"][0]["state"] == "breached"


def test_a_clock_is_not_breached_in_the_second_it_is_due(program, monkeypatch):
    opened_at = ago(hours=2)
    incident = an_incident(client=a_client(policy=a_policy(response_s=3600)), at=opened_at)
    for late, state in [(0, "running"), (1, "breached")]:
        now = opened_at + timedelta(hours=1, seconds=late)
        monkeypatch.setattr("kernel.api.views.timezone.now", lambda now=now: now)
        assert program.get(f"{URL}{incident.pk}/").json()["clocks"][0]["state"] == state


def test_a_paused_clock_has_no_deadline_and_does_not_move(program):
    opened_at = ago(minutes=30)
    incident = an_incident(client=a_client(policy=a_policy()), at=opened_at)
    at = text(opened_at + timedelta(minutes=10))
    body = program.post(f"{URL}{incident.pk}/hold/", {"reason": "client", "at": at}).json()
    response, resolution = body["clocks"]
    assert (body["status"], body["hold_reason"]) == ("on_hold", "client")
    assert (response["state"], response["stopped_at"]) == ("met", at)
    assert (resolution["state"], resolution["elapsed_s"], resolution["due_at"]) == ("paused", 600, None)


def test_a_moving_answer_is_never_304(program):
    incident = an_incident()
    answer = program.get(f"{URL}{incident.pk}/", headers={"If-None-Match": '"1"'})
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"opened_at": "2026-03-02T09:00:00"}, "opened_at"),
        ({"opened_at": "2026-03-02 09:00:00Z"}, "opened_at"),
        ({"opened_at": "2026-02-30T09:00:00Z"}, "opened_at"),
        ({"opened_at": "2026-13-01T09:00:00Z"}, "opened_at"),
        ({"opened_at": "2026-03-02T24:00:00Z"}, "opened_at"),
        ({"opened_at": "2026-03-02T09:00:60Z"}, "opened_at"),
        ({"opened_at": "0001-01-01T00:00:00Z"}, "opened_at"),
        ({"opened_at": "2026-03-02T09:00:00+99:00"}, "opened_at"),
        ({"opened_at": "2026-03-02T09:00:00 Europe/Vienna"}, "opened_at"),
        ({"opened_at": 1772442000}, "opened_at"),
        ({"opened_at": None}, "opened_at"),
        ({"opened_at": "2150-01-01T00:00:00Z"}, "opened_at"),
        ({"priority": "p1"}, "priority"),
        ({"priority": 1}, "priority"),
        ({"priority": ""}, "priority"),
        ({"priority": None}, "priority"),
        ({"title": "x" * 301}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"is_major": "true"}, "is_major"),
        ({"parent": "1"}, "parent"),
        ({"parent": 999999}, "parent"),
        ({"project": "nowhere"}, "project"),
        ({"department": "nowhere"}, "department"),
        ({"assignee": "nobody"}, "assignee"),
        ({"source": "a/b"}, "source"),
        ({"external_ref": "x" * 121}, "external_ref"),
        ({"client": "nowhere"}, "client"),
        ({"client": 1}, "client"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_field(program, fields, named):
    a_client("acme")
    answer = program.post(URL, a_ticket(**fields))
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [named])
    assert not Incident.objects.exists()


def test_another_machine_may_be_five_minutes_ahead(program):
    a_client("acme")
    ahead = program.post(URL, a_ticket(opened_at=text(timezone.now() + timedelta(minutes=4))))
    assert ahead.status_code == 201
    assert ahead.json()["opened_at"] <= text(ago(seconds=0))
    assert program.post(URL, a_ticket(opened_at=text(timezone.now() + timedelta(minutes=6)))).status_code == 400


def test_what_it_points_to_belongs_to_its_client(program):
    world = a_world()
    for field, value in [("project", "globex-portal"), ("parent", world.foreign.incident.pk)]:
        answer = program.post(URL, a_ticket(**{field: value}))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    own = program.post(URL, a_ticket(project="acme-portal", parent=world.own.incident.pk, sla_policy="silver"))
    assert (own.json()["parent"], own.json()["sla_policy"]) == (world.own.incident.pk, "silver")


def test_an_incident_does_not_stand_above_itself(program):
    client = a_client("acme")
    first = an_incident(client=client)
    second = an_incident(client=client, parent=first)
    for parent in (first, second):
        answer = program.patch(f"{URL}{first.pk}/", {"parent": parent.pk}, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "cycle")


def test_the_number_of_a_ticket_stands_once_per_client_and_source(program):
    a_client("acme"), a_client("globex")
    ticket = a_ticket(source="jira", external_ref="OPS-7")
    assert program.post(URL, ticket).status_code == 201
    again = program.post(URL, ticket)
    assert (again.status_code, {e["code"] for e in again.json()["errors"]}) == (409, {"unique"})
    assert program.post(URL, {**ticket, "client": "globex"}).status_code == 201


def test_words_and_priority_are_changed_what_was_fixed_at_the_opening_is_not(program):
    incident = an_incident(client=a_client("acme", policy=a_policy()))
    url = f"{URL}{incident.pk}/"
    changes = {
        "title": "Still down",
        "description": "Since nine.",
        "priority": "P1",
        "category": "disk",
        "is_major": True,
    }
    answer = program.patch(url, changes, headers={"If-Match": '"1"'})
    assert answer.json().items() >= changes.items()
    fixed: list[tuple[str, Any]] = [
        ("client", "nowhere"),
        ("department", "unix"),
        ("assignee", "root"),
        ("source", "jira"),
        ("external_ref", "9"),
        ("opened_at", "2026-03-02T08:00:00Z"),
        ("status", "closed"),
        ("resolved_at", None),
        ("clocks", []),
    ]
    for field, value in fixed:
        refused = program.patch(url, {field: value}, headers={"If-Match": "*"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    kept = program.get(url).json()
    assert (kept["department"], kept["status"], kept["version"]) == ("support", "new", 2)


def test_a_contact_opens_for_the_own_company_and_says_no_more_than_what_is_wrong(api):
    world = a_world()
    contact = api(world.people["contact"])
    made = contact.post(URL, a_ticket())
    assert (made.status_code, made.json()["source"]) == (201, "portal")
    assert "assignee" not in made.json()
    for field, value, code in [
        ("department", "unix", "not_writable"),
        ("parent", world.own.incident.pk, "not_writable"),
        ("is_major", True, "not_writable"),
        ("source", "jira", "not_writable"),
        ("external_ref", "7", "not_writable"),
        ("sla_policy", "gold", "not_writable"),
        ("assignee", "engineer", "unknown_field"),
    ]:
        answer = contact.post(URL, a_ticket(**{field: value}))
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]


def test_an_engineer_opens_for_any_client_and_names_nobody_else(api):
    world = a_world()
    engineer = api(world.people["engineer"])
    made = engineer.post(URL, a_ticket(client="globex"))
    assert (made.status_code, made.json()["client"]) == (201, "globex")
    assert engineer.get(made["Location"]).status_code == 404  # it lies with the first line
    mine = engineer.post(URL, a_ticket(client="globex", assignee="engineer"))
    assert (mine.status_code, mine.json()["assignee"]) == (201, "engineer")
    assert engineer.get(mine["Location"]).status_code == 200
    others = engineer.post(URL, a_ticket(client="globex", assignee="outsider"))
    assert [(e["field"], e["code"]) for e in others.json()["errors"]] == [("assignee", "not_writable")]


def test_what_a_colleague_has_an_engineer_sees_but_does_not_work_on(api):
    world = a_world()
    colleague = a_user("colleague", Role.ENGINEER)
    set_departments(user=colleague, departments=[a_department("unix")], actor=None, at=timezone.now())
    incident = world.own.incident
    operations.assign(incident=incident, assignee=colleague, actor=None, now=timezone.now())
    engineer = api(world.people["engineer"])
    assert engineer.get(f"{URL}{incident.pk}/").json()["assignee"] == "colleague"
    for verb in ("acknowledge", "resolve"):
        assert engineer.post(f"{URL}{incident.pk}/{verb}/").status_code == 403
    assert engineer.post(f"{URL}{incident.pk}/assign/", {"assignee": "engineer"}).status_code == 409
    assert engineer.post(f"{URL}{incident.pk}/assign/", {"assignee": None}).status_code == 403
    assert api(colleague).post(f"{URL}{incident.pk}/resolve/").status_code == 200


def test_history_tells_each_thing_in_its_order_with_who_did_it(program):
    incident = an_incident(at=ago(hours=1))
    program.post(f"{URL}{incident.pk}/acknowledge/")
    program.post(f"{URL}{incident.pk}/comment/", {"text": "Restarted it."})
    program.patch(f"{URL}{incident.pk}/", {"priority": "P1"}, headers={"If-Match": "*"})
    events = program.get(f"{URL}{incident.pk}/events/").json()["results"]
    assert [event["kind"] for event in events] == ["opened", "acknowledged", "commented", "priority_changed"]
    assert [event["actor"] for event in events] == [None, "root", "root", "root"]
    assert (events[2]["text"], events[2]["public"], events[3]["priority"]) == ("Restarted it.", False, "P1")
    assert events[1]["via"] == "token tests"
    first = program.get(f"{URL}{incident.pk}/events/?page_size=3").json()
    rest = program.get(first["next"]).json()
    assert [event["id"] for event in first["results"] + rest["results"]] == [event["id"] for event in events]


def test_an_internal_word_never_reaches_the_clients_side(api, program):
    world = a_world()
    pk = world.own.incident.pk
    program.post(f"{URL}{pk}/comment/", {"text": "canary-internal"})
    program.post(f"{URL}{pk}/comment/", {"text": "We are on it.", "public": True})
    program.post(f"{URL}{pk}/assign/", {"assignee": "engineer"})
    program.post(f"{URL}{pk}/resolve/", {"resolution": "Restarted."})
    program.post(f"{URL}{pk}/reopen/", {"reason": "canary-reopened"})
    course = ["opened", "commented", "resolved", "reopened"]
    kinds = {"contact": course, "integration": course}
    for role, told in kinds.items():
        caller = api(world.people[role])
        events = caller.get(f"{URL}{pk}/events/")
        assert [event["kind"] for event in events.json()["results"]] == told
        for address in (f"{pk}/events/", f"{pk}/", "", "?search=canary"):
            assert b"canary" not in caller.get(URL + address).content.replace(b"search=canary", b"")
        assert not {"actor", "assignee", "via", "changes"} & events.json()["results"][0].keys()


def test_a_stranger_who_serves_nobody_sees_none(api):
    an_incident()
    lonely = a_user("lonely", Role.ENGINEER)
    assert api(lonely).get(URL).json()["results"] == []
    grant(lonely, Role.ENGINEER, Grant.Scope.DEPARTMENT, a_department().pk)
    assert len(api(lonely).get(URL).json()["results"]) == 1
