"""What incidents tell of their clocks over REST, and what hold and reopen take."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Grant, Role
from incidents import operations
from sla.models import Vendor
from sla.operations import create_vendor, update_vendor
from tests.factories import MONDAY, a_client, a_department, a_policy, a_user, an_incident, grant
from tests.incidents.clocks import targets

pytestmark = pytest.mark.django_db
URL = "/api/v1/incidents/"


@pytest.fixture
def program(api):
    return api(a_user("root", Role.ADMIN))


@pytest.fixture
def vendor() -> Vendor:
    policy = a_policy(scope="vendor", targets=targets(P2=(1, 4)))
    return create_vendor(slug="fiberco", name="Fiber Co", policy=policy, actor=None, at=MONDAY)


def opened(minutes=5, **fields):
    now = timezone.now().replace(microsecond=0)
    return an_incident(at=now - timedelta(minutes=minutes), now=now, **fields)


def read(program, incident):
    return program.get(f"{URL}{incident.pk}/").json()


def test_what_departments_and_vendors_owe_us_stands_apart_and_contacts_do_not_see_it(api, program, vendor):
    ola = a_policy("ola", scope="department", targets=targets(P2=(1, 4)))
    answer = program.patch("/api/v1/departments/network/", {"ola": ola.slug}, headers={"If-Match": "*"})
    assert answer.json()["ola"] == "ola"
    incident = opened(department=a_department("network"))
    program.post(f"{URL}{incident.pk}/hold/", {"reason": "vendor", "vendor": "fiberco", "text": "FC-1"})
    body = read(program, incident)
    assert [c["kind"] for c in body["clocks"]] == ["response", "resolution"]
    assert [(c["kind"], c["cycle"]) for c in body["internal_clocks"]] == [("accept", 1), ("finish", 1), ("vendor", 1)]
    assert body["vendor"] == "fiberco"
    contact = a_user("contact")
    grant(contact, Role.CONTACT, Grant.Scope.CLIENT, incident.client_id)
    seen = read(api(contact), incident)
    assert [c["kind"] for c in seen["clocks"]] == ["response", "resolution"]
    assert seen.keys().isdisjoint({"internal_clocks", "vendor"})
    listed = api(contact).get(URL).json()["results"]
    assert all("internal_clocks" not in row for row in listed)


def test_a_change_that_found_a_deadline_passed_is_told(program):
    incident = opened(180, client=a_client(policy=a_policy(targets=targets(P1=(1, 2), P3=(8, 24)))), priority="P3")
    body = program.patch(f"{URL}{incident.pk}/", {"priority": "P1"}, headers={"If-Match": '"1"'}).json()
    assert [(c["state"], bool(c["late_by_change_at"])) for c in body["clocks"]] == [("breached", True)] * 2


def test_the_question_to_the_client_is_read_by_the_client_and_a_ticket_number_is_not(api, program):
    incident = opened()
    contact = a_user("contact")
    grant(contact, Role.CONTACT, Grant.Scope.CLIENT, incident.client_id)
    program.post(f"{URL}{incident.pk}/hold/", {"reason": "client", "text": "Which host?"})
    program.post(f"{URL}{incident.pk}/hold/", {"reason": "vendor", "text": "FC-4711"})
    texts = [event["text"] for event in api(contact).get(f"{URL}{incident.pk}/events/").json()["results"]]
    assert "Which host?" in texts
    assert "FC-4711" not in texts


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("hold", {"reason": "client", "vendor": "fiberco"}, "vendor"),
        ("hold", {"reason": "vendor", "vendor": "nobody"}, "vendor"),
        ("hold", {"reason": "vendor", "vendor": "retired"}, "vendor"),
        ("hold", {"reason": "vendor", "vendor": 7}, "vendor"),
        ("hold", {"reason": "client", "at": "2200-01-01T00:00:00Z"}, "at"),
        ("hold", {"reason": "client", "at": "2001-01-01T00:00:00Z"}, "at"),
        ("reopen", {"reopen_reason": "because"}, "reopen_reason"),
        ("reopen", {"reopen_reason": None}, "reopen_reason"),
        ("comment", {"text": "late", "at": "2200-01-01T00:00:00Z"}, "at"),
        ("comment", {"text": "early", "at": "2001-01-01T00:00:00Z"}, "at"),
        ("assign", {"department": "network", "at": "2200-01-01T00:00:00Z"}, "at"),
        ("assign", {"department": "network", "at": "2001-01-01T00:00:00Z"}, "at"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_happens(program, vendor, verb, body, field):
    retired = create_vendor(slug="retired", name="Retired", actor=None, at=MONDAY)
    update_vendor(vendor=retired, changes={"archived_at": MONDAY}, actor=None, at=MONDAY)
    incident = opened()
    before = incident.events.count()
    answer = program.post(f"{URL}{incident.pk}/{verb}/", body)
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [field])
    assert incident.events.count() == before


def test_clocks_of_other_machines_may_be_five_minutes_ahead_and_what_they_report_happened_now(program):
    incident = opened()
    soon = timezone.now() + timedelta(minutes=4)
    assert program.post(f"{URL}{incident.pk}/acknowledge/", {"at": soon.isoformat()}).status_code == 200
    assert incident.events.get(kind="acknowledged").at <= timezone.now()


def test_who_comes_back_too_late_is_told_what_to_do_instead(program):
    incident = opened(60 * 24 * 30, client=a_client(policy=a_policy(reopen_within_days=10)))
    long_ago = incident.opened_at + timedelta(hours=1)
    operations.resolve(incident=incident, actor=None, now=timezone.now(), at=long_ago)
    answer = program.post(f"{URL}{incident.pk}/reopen/", {"reopen_reason": "new_wish"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "too_late")
    assert "name this one as its parent" in answer.json()["errors"][0]["message"]
    child = {"client": incident.client.slug, "title": "Again", "priority": "P2", "parent": incident.pk}
    body = program.post(URL, {**child, "opened_at": timezone.now().isoformat()}).json()
    assert body["parent"] == incident.pk


@pytest.mark.parametrize("change", [{"policy": "client-tier"}, {"name": ""}, {"email": "nobody"}])
def test_a_vendor_that_cannot_be_is_refused_by_field(program, vendor, change):
    a_policy("client-tier")
    answer = program.patch("/api/v1/vendors/fiberco/", change, headers={"If-Match": "*"})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, list(change))


def test_a_vendor_is_known_by_one_name(program, vendor):
    assert program.post("/api/v1/vendors/", {"slug": "fiberco", "name": "Other"}).status_code == 409
    assert program.post("/api/v1/vendors/", {"slug": "other", "name": "Fiber Co"}).status_code == 409
    assert program.delete("/api/v1/vendors/fiberco/", headers={"If-Match": "*"}).status_code == 204
    assert program.get("/api/v1/vendors/fiberco/").json()["archived_at"] is not None


def test_a_department_takes_only_what_departments_promise(program):
    a_policy("client-tier")
    answer = program.patch("/api/v1/departments/network/", {"ola": "client-tier"}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "ola")
