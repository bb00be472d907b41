"""Clients and contacts, users and departments: what is special about each."""

import pytest

from accounts.models import Client, Contact, Grant, Role, User
from departments.models import Absence, Department
from incidents.permissions import incidents_visible_to
from tests.api.world import a_world
from tests.factories import a_client, a_policy, a_user

pytestmark = pytest.mark.django_db
API = "/api/v1/"
ANY = {"If-Match": "*"}


@pytest.fixture
def program(api):
    return api(a_user("root", Role.ADMIN))


def test_a_new_tam_sees_the_client_at_once_and_the_former_one_no_longer(api, program):
    former, new = a_user("former", Role.TAM), a_user("new", Role.TAM)
    program.post(f"{API}clients/", {"slug": "acme", "name": "Acme", "tam": "former"})
    assert api(former).get(f"{API}clients/acme/").status_code == 200
    program.patch(f"{API}clients/acme/", {"tam": "new"}, headers=ANY)
    assert api(former).get(f"{API}clients/acme/").status_code == 404
    assert api(new).get(f"{API}clients/acme/").status_code == 200


def test_the_policy_of_a_contract_is_named_changed_and_taken_away(program):
    a_policy("gold"), a_policy("silver")
    made = program.post(f"{API}clients/", {"slug": "acme", "name": "Acme", "sla_policy": "gold"})
    assert (made.json()["sla_policy"], made["ETag"]) == ("gold", '"1"')
    changed = program.patch(f"{API}clients/acme/", {"sla_policy": "silver"}, headers={"If-Match": '"1"'})
    assert (changed.json()["sla_policy"], changed["ETag"]) == ("silver", '"2"')
    assert [c["slug"] for c in program.get(f"{API}clients/?sla_policy=silver").json()["results"]] == ["acme"]
    gone = program.patch(f"{API}clients/acme/", {"sla_policy": None}, headers={"If-Match": '"2"'})
    assert (gone.json()["sla_policy"], gone["ETag"]) == (None, '"3"')
    assert program.get(f"{API}clients/acme/").json()["sla_policy"] is None


def test_deleting_a_client_archives_it(program):
    program.post(f"{API}clients/", {"slug": "acme", "name": "Acme"})
    assert program.delete(f"{API}clients/acme/", headers=ANY).status_code == 204
    assert Client.objects.get(slug="acme").archived_at is not None
    assert program.get(f"{API}clients/?is_archived=false").json()["results"] == []
    assert [c["slug"] for c in program.get(f"{API}clients/?is_archived=true").json()["results"]] == ["acme"]


@pytest.mark.parametrize("name", ["Mars/Olympus", "europe/vienna", "", "+02:00"])
def test_a_time_zone_is_one_of_the_iana_database(program, name):
    answer = program.post(f"{API}clients/", {"slug": "acme", "name": "Acme", "time_zone": name})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "time_zone")


def test_the_clients_own_people_see_no_notes_and_no_internal_fields(api):
    world = a_world()
    Client.objects.filter(slug="acme").update(note="canary")
    contact, tam = api(world.people["contact"]), api(world.people["tam"])
    assert tam.get(f"{API}clients/acme/").json()["note"] == "canary"
    hidden = {
        "clients/acme/": {"note"},
        "users/tam/": {"email", "roles", "departments", "time_zone", "language", "is_active", "version"},
        "departments/unix/": {"head", "calendar", "ola"},
        f"incidents/{world.own.incident.pk}/": {"assignee", "vendor", "internal_clocks"},
        "sla-policies/gold/": {
            "description",
            "thresholds",
            "is_default",
            "scope",
            "ladder",
            "escalate_after_s",
        },
    }
    for address, fields in hidden.items():
        shown, all_fields = contact.get(API + address), tam.get(API + address)
        assert b"canary" not in shown.content
        assert all_fields.json().keys() - shown.json().keys() == fields, address
    for query in ("search=canary", "ordering=note", "note=canary"):
        assert b"canary" not in contact.get(f"{API}clients/?{query}").content.replace(query.encode(), b"")


def test_a_contact_with_an_account_sees_the_own_company_until_it_leaves(api, program):
    a_client("acme")
    eva = a_user("eva")
    made = program.post(f"{API}contacts/", {"client": "acme", "name": "Eva", "user": "eva"})
    assert made.status_code == 201
    assert api(eva).get(f"{API}clients/acme/").status_code == 200
    assert program.delete(made["Location"], headers=ANY).status_code == 204
    assert api(eva).get(f"{API}clients/acme/").status_code == 404
    assert not Contact.objects.exists()


def test_a_mail_address_stands_once_at_a_client(program):
    a_client("acme")
    contact = {"client": "acme", "name": "Eva", "email": "eva@acme.example"}
    assert program.post(f"{API}contacts/", contact).status_code == 201
    again = program.post(f"{API}contacts/", {**contact, "name": "Eve"})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "unique")
    for address in ("Eva <eva@acme.example>", "a@b\r\nBcc: x@y.example", f"{'x' * 300}@y.example", "eva"):
        assert program.post(f"{API}contacts/", {**contact, "email": address}).status_code == 400


def test_a_person_is_made_with_roles_departments_and_a_password_that_nobody_reads(api, program):
    person = {
        "username": "ada",
        "name": "Ada King Lovelace",
        "email": "Ada@TamHub.example",
        "roles": ["engineer", "tam"],
        "departments": ["unix", "dba"],
        "password": "correct horse battery",
    }
    answer = program.post(f"{API}users/", person)
    assert answer.status_code == 201
    body = answer.json()
    assert "password" not in body
    assert (body["name"], body["email"]) == ("Ada King Lovelace", "ada@tamhub.example")
    assert (body["roles"], body["departments"]) == (["engineer", "tam"], ["dba", "unix"])
    ada = User.objects.get(username="ada")
    assert (ada.first_name, ada.last_name) == ("Ada", "King Lovelace")
    assert ada.check_password("correct horse battery")


@pytest.mark.parametrize("password", ["short", "elevenchars", "ada.lovelace.1815"])
def test_a_weak_password_is_refused(program, password):
    answer = program.post(f"{API}users/", {"username": "ada.lovelace.1815", "password": password})
    assert (answer.status_code, {e["field"] for e in answer.json()["errors"]}) == (400, {"password"})
    assert not User.objects.filter(username="ada.lovelace.1815").exists()


def test_who_is_moved_to_another_department_sees_its_incidents_and_no_longer_the_former_ones(program):
    world = a_world()
    engineer = world.people["engineer"]
    assert engineer is not None
    program.patch(f"{API}users/engineer/", {"departments": ["support"]}, headers=ANY)
    seen = incidents_visible_to(User.objects.get(pk=engineer.pk))
    assert {incident.pk for incident in seen} == {world.foreign.incident.pk, world.foreign.ticket.pk}


def test_nobody_raises_the_own_roles_and_the_last_administrator_stays(api, program):
    own = program.patch(f"{API}users/root/", {"roles": ["admin", "manager"]}, headers=ANY)
    assert (own.status_code, own.json()["errors"][0]["field"]) == (403, "roles")
    assert program.patch(f"{API}users/root/", {"roles": ["admin"], "name": "Root"}, headers=ANY).status_code == 200
    last = program.patch(f"{API}users/root/", {"is_active": False}, headers=ANY)
    assert last.status_code == 409
    second = api(a_user("second", Role.ADMIN))
    assert second.patch(f"{API}users/root/", {"roles": []}, headers=ANY).status_code == 200
    assert program.patch(f"{API}users/second/", {"name": "Second"}, headers=ANY).status_code == 403
    assert not Grant.objects.filter(user__username="root", valid_until=None).exists()


def test_a_role_given_counts_at_once(api, program):
    ada = a_user("ada")
    assert api(ada).get(f"{API}sla-policies/").status_code == 403
    program.patch(f"{API}users/ada/", {"roles": ["manager"]}, headers=ANY)
    assert api(ada).post(f"{API}clients/", {"slug": "acme", "name": "Acme"}).status_code == 201


def test_a_person_who_left_cannot_sign_in_and_is_not_chosen(api, program):
    ada = a_user("ada", Role.ENGINEER)
    caller = api(ada)
    assert program.patch(f"{API}users/ada/", {"is_active": False}, headers=ANY).json()["is_active"] is False
    assert caller.get(f"{API}users/").status_code == 401
    chosen = program.post(f"{API}clients/", {"slug": "acme", "name": "Acme", "tam": "ada"})
    assert (chosen.status_code, chosen.json()["errors"][0]["field"]) == (400, "tam")


def test_a_clients_contact_is_given_no_post(program):
    world = a_world()
    for address, field in [("clients/globex/", "tam"), ("departments/dba/", "head")]:
        answer = program.patch(API + address, {field: "contact"}, headers=ANY)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assign = program.post(f"{API}incidents/{world.own.incident.pk}/assign/", {"assignee": "contact"})
    assert (assign.status_code, assign.json()["errors"][0]["field"]) == (400, "assignee")


def test_people_are_found_by_role_department_and_name(program):
    a_world()
    people = f"{API}users/"
    for query, found in [
        ("role=tam", {"tam", "deputy", "stranger"}),
        ("department=unix", {"engineer", "head"}),
        ("search=arch", {"architect"}),
        ("is_active=false", set()),
    ]:
        assert {row["username"] for row in program.get(f"{people}?{query}").json()["results"]} == found, query


def test_the_catalogue_is_there_from_the_start(program):
    rows = program.get(f"{API}departments/?page_size=200").json()["results"]
    assert len(rows) == 16
    assert [row["slug"] for row in rows if row["kind"] == "support"] == ["support"]


def test_a_new_head_leads_at_once_and_the_former_one_no_longer(api, program):
    world = a_world()
    program.patch(f"{API}departments/unix/", {"head": "outsider"}, headers=ANY)
    close = f"{API}incidents/{world.own.incident.pk}/close/"
    assert api(world.people["head"]).post(close).status_code == 404
    assert api(world.people["outsider"]).post(close).status_code == 200


def test_a_retired_department_gets_no_new_work_and_the_first_line_stays(program):
    a_client("acme")
    assert program.delete(f"{API}departments/unix/", headers=ANY).status_code == 204
    assert Department.objects.get(slug="unix").archived_at is not None
    ticket = {"client": "acme", "title": "Down", "priority": "P2", "opened_at": "2026-03-02T09:00:00Z"}
    answer = program.post(f"{API}incidents/", {**ticket, "department": "unix"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "department")
    assert program.delete(f"{API}departments/support/", headers=ANY).status_code == 409


def test_an_absence_ends_after_it_begins_and_another_stands_in(program):
    away = {"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-04T00:00:00Z"}
    for fields, named in [
        ({"ends_at": "2026-03-02T00:00:00Z"}, "ends_at"),
        ({"ends_at": "2026-03-04"}, "ends_at"),
        ({"starts_at": "2026-03-02T00:00:00"}, "starts_at"),
        ({"stand_in": "root"}, "stand_in"),
    ]:
        answer = program.post(f"{API}absences/", {**away, **fields})
        assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [named])
    a_user("ada", Role.ENGINEER)
    made = program.post(f"{API}absences/", {**away, "stand_in": "ada"})
    assert (made.json()["user"], made.json()["stand_in"]) == ("root", "ada")
    assert program.get(f"{API}absences/?ends_after=2026-03-04T00:00:00Z").json()["results"] == []
    assert len(program.get(f"{API}absences/?user=root&starts_before=2026-03-03T00:00:00Z").json()["results"]) == 1
    assert program.delete(made["Location"], headers=ANY).status_code == 204
    assert not Absence.objects.exists()
