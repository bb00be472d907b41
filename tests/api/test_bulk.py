"""`POST incidents/bulk/`: up to a thousand tickets, each for itself."""

import pytest

from accounts.models import Role
from incidents.models import Incident
from tests.api.world import a_world
from tests.factories import a_client, a_policy, a_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/incidents/bulk/"
TICKET = {"client": "acme", "title": "Down", "priority": "P2", "opened_at": "2026-03-02T09:00:00Z", "source": "jira"}


def ticket(number, **fields):
    return {**TICKET, "external_ref": f"OPS-{number}", **fields}


@pytest.fixture
def program(api):
    a_client("acme", policy=a_policy())
    return api(a_user("robot", Role.INTEGRATION))


def results(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_each_item_is_answered_in_its_place(program):
    got = results(program.post(URL, {"items": [ticket(1), ticket(2)]}))
    assert [(r["index"], r["status"], r["errors"]) for r in got] == [(0, "created", []), (1, "created", [])]
    stored = Incident.objects.order_by("id")
    assert [(r["id"], r["reference"]) for r in got] == [(incident.pk, incident.reference) for incident in stored]
    again = results(program.post(URL, {"items": [ticket(1), ticket(2, title="Still down"), ticket(3)]}))
    assert [r["status"] for r in again] == ["unchanged", "updated", "created"]
    assert [r["id"] for r in again[:2]] == [r["id"] for r in got]


def test_a_bare_list_will_do(program):
    assert [r["status"] for r in results(program.post(URL, [ticket(1)]))] == ["created"]


def test_one_bad_item_is_named_and_the_good_ones_are_kept(program):
    items = [
        ticket(1),
        ticket(2, priority="P9"),
        {"title": "whose?"},
        None,
        ticket(3, client="nowhere"),
        ticket(4, colour="red", opened_at="2026-03-02T09:00:00"),
        ticket(5, status="on_hold"),
        ticket(6),
    ]
    got = results(program.post(URL, {"items": items}))
    assert [r["status"] for r in got] == ["created", *["error"] * 6, "created"]
    fields = [[error["field"] for error in r["errors"]] for r in got]
    assert fields[:2] == [[], ["priority"]]
    assert sorted(fields[2]) == ["external_ref", "source"]
    assert fields[3:] == [[None], ["client"], ["opened_at", "colour"], ["hold_reason"], []]
    assert all((r["id"], r["reference"]) == (None, None) for r in got if r["status"] == "error")
    assert sorted(Incident.objects.values_list("external_ref", flat=True)) == ["OPS-1", "OPS-6"]


def test_the_same_ticket_twice_in_one_call_is_one(program):
    got = results(
        program.post(URL, {"items": [ticket(1), ticket(1, title="Still down"), ticket(1, title="Still down")]})
    )
    assert [r["status"] for r in got] == ["created", "updated", "unchanged"]
    assert len({r["id"] for r in got}) == 1


def test_an_item_out_of_scope_is_answered_as_unknown_and_the_others_are_done(api):
    world = a_world()
    items = [ticket(1), ticket(2, client="globex"), ticket(3, client="nowhere"), ticket(4)]
    got = results(api(world.people["tam"]).post(URL, {"items": items}))
    assert [r["status"] for r in got] == ["created", "error", "error", "created"]
    assert got[1]["errors"] == got[2]["errors"]
    assert got[1]["errors"][0]["field"] == "client"
    assert not Incident.objects.filter(client=world.foreign.client, external_ref="OPS-2").exists()


@pytest.mark.parametrize("body", [None, {}, {"items": None}, {"items": []}, [], {"items": "x"}, "x", 5])
def test_what_is_no_list_of_tickets_is_refused(program, body):
    answer = program.post(URL, body, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "items")


def test_an_unknown_name_beside_the_items_is_refused(program):
    answer = program.post(URL, {"items": [ticket(1)], "mode": "fast"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "mode")
    assert not Incident.objects.exists()


def test_a_thousand_and_one_are_too_many(program):
    answer = program.post(URL, {"items": [ticket(number) for number in range(1001)]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "items")
    assert not Incident.objects.exists()


def test_the_same_call_with_the_same_key_is_answered_alike(program):
    answers = [
        program.post(URL, [ticket(1), ticket(2, priority="x")], headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert [r["status"] for r in answers[1].json()["results"]] == ["created", "error"]
    assert Incident.objects.count() == 1
