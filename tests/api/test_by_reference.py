"""`incidents/by-ref/{source}/{external_ref}/`: what another system says of its ticket, once or many times."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from accounts.models import Grant, Role
from incidents.models import Incident, IncidentEvent
from tests.api.world import a_world
from tests.factories import a_client, a_policy, a_user, an_incident, grant

pytestmark = pytest.mark.django_db
URL = "/api/v1/incidents/by-ref/jira/"
OPENED = "2026-03-02T09:00:00Z"
TICKET = {"client": "acme", "title": "Down", "priority": "P2", "opened_at": OPENED}


@pytest.fixture
def robot():
    return a_user("robot", Role.INTEGRATION)


@pytest.fixture
def program(api, robot):
    a_client("acme", policy=a_policy())
    a_client("globex")
    return api(robot)


def test_the_first_time_creates_the_second_time_changes_nothing(program):
    first = program.put(f"{URL}OPS-7/", TICKET)
    assert (first.status_code, first["ETag"]) == (201, '"1"')
    assert first["Location"].endswith(f"/api/v1/incidents/{first.json()['id']}/")
    assert (first.json()["source"], first.json()["external_ref"]) == ("jira", "OPS-7")
    for _ in range(2):
        again = program.put(f"{URL}OPS-7/", TICKET)
        assert (again.status_code, again["ETag"]) == (200, '"1"')
        assert again.json()["id"] == first.json()["id"]
    assert Incident.objects.count() == 1
    assert IncidentEvent.objects.count() == 1
    read = program.get(f"{URL}OPS-7/")
    assert (read.status_code, read["ETag"], read.json()["id"]) == (200, '"1"', first.json()["id"])


def test_what_is_said_is_changed_what_is_not_said_stays(program):
    program.put(f"{URL}OPS-7/", {**TICKET, "description": "Since nine."})
    answer = program.put(f"{URL}OPS-7/", {"client": "acme", "title": "Still down", "priority": "P1"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["title"], body["priority"], body["description"]) == ("Still down", "P1", "Since nine.")


def test_a_status_follows_the_ticket_whatever_it_was_before(program):
    at = timezone.now().replace(microsecond=0) - timedelta(hours=2)
    ticket = {**TICKET, "opened_at": (at - timedelta(hours=1)).isoformat()}
    statuses = [("in_progress", None), ("on_hold", "client"), ("on_hold", "vendor"), ("closed", None), ("new", None)]
    for minutes, (status, reason) in enumerate(statuses):
        said = {"status": status, "at": (at + timedelta(minutes=minutes)).isoformat()}
        if reason:
            said["hold_reason"] = reason
        for _ in range(2):
            answer = program.put(f"{URL}OPS-7/", {**ticket, **said})
            assert answer.status_code in {200, 201}, answer.content
            assert (answer.json()["status"], answer.json()["hold_reason"]) == (status, reason)
    assert IncidentEvent.objects.count() == 1 + len(statuses)


@pytest.mark.parametrize(
    "number",
    ["OPS-7", "a/b", "a/b/c", "CASE.2026.7", "urn:ticket:7", "7 8", "ü-7", "a+b=c&d", "..7", "100%", "x" * 120],
)
def test_numbers_may_hold_whatever_systems_put_into_them(program, number):
    url = f"{URL}{quote(number)}/"
    made = program.put(url, TICKET)
    assert (made.status_code, made.json()["external_ref"]) == (201, number)
    assert program.get(url).json()["id"] == made.json()["id"]
    assert program.put(url, TICKET).status_code == 200


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"priority": "1"}, "priority"),
        ({"opened_at": "2026-03-02T09:00:00"}, "opened_at"),
        ({"status": "open"}, "status"),
        ({"status": "on_hold"}, "hold_reason"),
        ({"status": "closed", "hold_reason": "client"}, "hold_reason"),
        ({"hold_reason": "client"}, "hold_reason"),
        ({"at": "yesterday"}, "at"),
        ({"client": "nowhere"}, "client"),
        ({"source": "servicenow"}, "source"),
        ({"external_ref": "OPS-8"}, "external_ref"),
        ({"id": 7}, "id"),
        ({"colour": "red"}, "colour"),
        ({"clocks": []}, "clocks"),
        ({"responded_at": OPENED}, "responded_at"),
        ({"sla_policy": "nowhere"}, "sla_policy"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_stores_nothing(program, fields, named):
    answer = program.put(f"{URL}OPS-7/", {**TICKET, **fields})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [named])
    assert not Incident.objects.exists()


@pytest.mark.parametrize("name", ["title", "priority", "opened_at"])
def test_a_new_ticket_needs_its_least_fields(program, name):
    answer = program.put(f"{URL}OPS-7/", {key: value for key, value in TICKET.items() if key != name})
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(name, "required")]


def test_another_opening_is_another_ticket_and_refused(program):
    program.put(f"{URL}OPS-7/", TICKET)
    answer = program.put(f"{URL}OPS-7/", {**TICKET, "opened_at": "2026-03-02T08:00:00Z"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "opened_at")


def test_without_a_name_the_only_client_of_the_token_is_meant(api, program, robot):
    narrow = api(robot, clients=("globex",))
    ticket = {name: value for name, value in TICKET.items() if name != "client"}
    assert narrow.put(f"{URL}OPS-7/", ticket).json()["client"] == "globex"
    assert narrow.get(f"{URL}OPS-7/").status_code == 200
    own = a_user("own-robot")
    grant(own, Role.INTEGRATION, Grant.Scope.CLIENT, a_client("initech").pk)
    assert api(own).put(f"{URL}OPS-7/", ticket).json()["client"] == "initech"


def test_without_a_name_the_client_that_has_the_ticket_is_meant(program):
    program.put(f"{URL}OPS-7/", {**TICKET, "client": "globex"})
    answer = program.put(f"{URL}OPS-7/", {"title": "Still down"})
    assert (answer.status_code, answer.json()["client"], answer.json()["title"]) == (200, "globex", "Still down")


def test_without_a_name_a_new_ticket_of_several_clients_is_nobodys(program):
    answer = program.put(f"{URL}OPS-7/", {key: value for key, value in TICKET.items() if key != "client"})
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("client", "required")]


def test_a_number_that_several_clients_have_asks_for_the_client(program):
    for slug in ("acme", "globex"):
        assert program.put(f"{URL}OPS-7/", {**TICKET, "client": slug}).status_code == 201
    for answer in (program.get(f"{URL}OPS-7/"), program.put(f"{URL}OPS-7/", {"title": "Whose?"})):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "ambiguous")
        assert "?client=" in answer.json()["detail"]
    for slug in ("acme", "globex"):
        assert program.get(f"{URL}OPS-7/?client={slug}").json()["client"] == slug
        said = program.put(f"{URL}OPS-7/?client={slug}", {"title": f"Of {slug}"})
        assert (said.status_code, said.json()["title"]) == (200, f"Of {slug}")
    contradiction = program.put(f"{URL}OPS-7/?client=acme", {"client": "globex", "title": "Whose?"})
    assert (contradiction.status_code, contradiction.json()["errors"][0]["field"]) == (400, "client")


def test_another_clients_ticket_does_not_exist(api):
    world = a_world()
    tam = api(world.people["tam"])
    hidden, missing = tam.get(f"{URL}globex-7/"), tam.get(f"{URL}nothing-7/")
    assert hidden.status_code == missing.status_code == 404
    assert {**hidden.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    for slug in ("globex", "nowhere"):
        answer = tam.put(f"{URL}globex-7/", {**TICKET, "client": slug})
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("client", "does_not_exist")]
    assert tam.get(f"{URL}globex-7/?client=globex").status_code == 404


def test_a_ticket_goes_to_the_department_and_person_it_names(program):
    a_user("ada", Role.ENGINEER)
    ticket = {**TICKET, "department": "unix", "assignee": "ada"}
    body = program.put(f"{URL}OPS-7/", ticket).json()
    assert (body["department"], body["assignee"]) == ("unix", "ada")
    moved = program.put(f"{URL}OPS-7/", {"client": "acme", "department": "dba"})
    assert (moved.json()["department"], moved.json()["assignee"]) == ("dba", None)


def test_no_if_match_is_needed_and_other_parameters_are_refused(program):
    an_incident()
    assert program.put(f"{URL}OPS-7/?colour=red", TICKET).status_code == 400
    assert program.get(f"{URL}OPS-7/?colour=red").status_code == 400
    assert program.post(f"{URL}OPS-7/", TICKET).status_code == 405
    assert program.delete(f"{URL}OPS-7/").status_code == 405
    assert program.put(f"{URL}OPS-7/", []).status_code == 400


def test_the_same_key_sent_again_is_answered_alike(program):
    answers = [program.put(f"{URL}OPS-7/", TICKET, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
