"""Addresses and wishes over REST: a secret goes in and never comes out, and what is put is what is planned."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Role, User
from alerts import operations
from alerts.models import Delivery, Endpoint, Preference
from alerts.preferences import Event, plan
from kernel.sealing import unseal
from tests.factories import MONDAY, a_user
from tests.http_sink import sink

pytestmark = pytest.mark.django_db
ENDPOINTS, WISHES = "/api/v1/endpoints/", "/api/v1/notification-preferences/"
SECRET = "a-topic-nobody-guesses"
NEW = {"kind": "ntfy", "name": "My phone", "address": f"https://ntfy.nowhere.example/{SECRET}"}
AS_IT_IS: dict[str, Any] = {
    "quiet_from": None,
    "quiet_until": None,
    "digest_at": None,
    "urgent_wakes": True,
    "messages": [],
}


@pytest.fixture
def tam() -> User:
    return a_user("tam", Role.TAM)


def test_an_address_is_made_changed_and_removed_and_never_shown(tam, api):
    program = api(tam)
    made = program.post(ENDPOINTS, NEW)
    assert made.status_code == 201, made.content
    one = made["Location"]
    assert made.json()["hint"] == "ntfy, ntfy.nowhere.example/…es"
    changed = program.patch(
        one, {"address": f"https://ntfy.nowhere.example/{SECRET}-2", "name": "Pager"}, HTTP_IF_MATCH=made["ETag"]
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert program.patch(one, {"name": "Late"}, HTTP_IF_MATCH=made["ETag"]).status_code == 412
    off = program.patch(one, {"is_on": False}, HTTP_IF_MATCH=changed["ETag"])
    assert off.json()["is_on"] is False
    assert program.post(f"{one}test/").status_code == 409
    for answer in (made, changed, off, program.get(ENDPOINTS), program.get(one)):
        assert SECRET not in answer.content.decode()
    endpoint = Endpoint.objects.get()
    assert unseal(endpoint.sealed_url, purpose="alerts.endpoint").endswith(f"{SECRET}-2")
    assert SECRET not in endpoint.sealed_url
    assert program.delete(one, HTTP_IF_MATCH=off["ETag"]).status_code == 204


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"address": "https://127.0.0.1/topic"}, "address"),
        ({"address": ""}, "address"),
        ({"kind": "pigeon"}, "kind"),
        ({"name": ""}, "name"),
        ({"is_on": False}, "is_on"),
        ({"sealed_url": "x"}, "sealed_url"),
        ({"is_shared": True}, "is_shared"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(tam, api, wrong, field):
    answer = api(tam).post(ENDPOINTS, NEW | wrong)
    assert answer.status_code == 400
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert SECRET not in answer.content.decode()


def test_who_runs_the_service_keeps_the_addresses_of_the_duty(api):
    answer = api(a_user("manager", Role.MANAGER)).post(ENDPOINTS, {**NEW, "is_shared": True})
    assert (answer.status_code, answer.json()["is_shared"]) == (201, True)
    assert Endpoint.objects.get().owner is None


def test_a_test_goes_the_way_of_alerts_and_its_end_stands_among_the_deliveries(tam, api, settings):
    program = api(tam)
    with sink() as service:
        settings.OUTBOUND_ALLOWED_HOSTS = [service.place]
        one = program.post(ENDPOINTS, {**NEW, "address": f"http://{service.place}/{SECRET}"})["Location"]
        assert program.post(f"{one}test/").status_code == 200
        operations.deliver(Delivery.objects.get().next_attempt_at)
    [row] = program.get("/api/v1/deliveries/?channel=chat").json()["results"]
    assert (row["notice"], row["state"]) == ("test", "sent")
    assert SECRET not in str(row)


def test_what_is_put_is_what_is_planned(tam, api):
    program = api(tam)
    chat = program.post(ENDPOINTS, NEW).json()["id"]
    wished = {
        **{"quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "07:30", "urgent_wakes": False},
        "messages": [{"event": "warning", "mail": "off", "endpoints": [chat]}],
    }
    answer = program.put(WISHES, wished)
    assert answer.status_code == 200, answer.content
    shown = program.get(WISHES).json()
    assert shown == answer.json()
    assert shown["messages"][0] == {"event": "warning", "mail": "off", "endpoints": [chat]}
    assert shown["messages"][1] == {"event": "breach", "mail": "at_once", "endpoints": [chat]}
    assert (shown["quiet_from"], shown["digest_at"], shown["urgent_wakes"]) == ("22:00", "07:30", False)
    assert [way.channel for way in plan(tam, Event.WARNING, priority="P2", now=MONDAY)] == ["chat"]
    assert program.put(WISHES, AS_IT_IS).status_code == 200
    assert not Preference.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"messages": [{"event": "warning", "mail": "digest", "endpoints": []}]}, "digest_at"),
        ({"messages": [{"event": "warning", "mail": "off", "endpoints": [0]}]}, "messages"),
        ({"messages": [{"event": "warning", "mail": "off", "endpoints": []}] * 2}, "messages"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_wishes_that_make_no_sense_are_refused_by_field(tam, api, wrong, field):
    answer = api(tam).put(WISHES, AS_IT_IS | wrong)
    assert answer.status_code == 400, answer.content
    assert any(str(error["field"]).startswith(field) for error in answer.json()["errors"]), answer.content
