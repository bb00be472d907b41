"""Alerts and deliveries over REST: what they say, how they are filtered, and what acknowledging does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from alerts.models import Alert, Delivery
from alerts.operations import deliver, sweep
from incidents import operations
from kernel.models import History
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
ALERTS, DELIVERIES = "/api/v1/alerts/", "/api/v1/deliveries/"
BREACHED = MONDAY + timedelta(hours=1, seconds=1)


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def rows(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.fixture
def acme():
    """Response within an hour, resolution in days: at 80 % there is a warning, after the hour a breach."""
    return a_client("acme", policy=a_policy(response_s=3600, resolution_s=360000, thresholds=[80]))


@pytest.fixture
def incident(acme):
    made = an_incident(client=acme)
    sweep(MONDAY + timedelta(minutes=50))
    sweep(BREACHED)
    return made


@pytest.fixture
def tam(api, acme):
    return api(acme.tam)


def test_an_alert_says_what_was_owed_and_when(tam, incident):
    breach, warning = rows(tam.get(ALERTS))
    assert breach == {
        "id": Alert.objects.get(level=100).pk,
        "incident": incident.pk,
        "client": "acme",
        "kind": "response",
        "level": 100,
        "due_at": text(MONDAY + timedelta(hours=1)),
        "detected_at": text(BREACHED),
        "state": "open",
        "acked_by": None,
        "acked_at": None,
        "escalate_at": text(BREACHED + timedelta(minutes=15)),
        "escalations": 0,
        "clock_jump": False,
    }
    assert (warning["level"], warning["state"]) == (80, "open")
    assert tam.get(f"{ALERTS}{breach['id']}/").json() == breach


def test_a_delivery_says_to_whom_and_how_it_went(tam, acme, incident, mailoutbox):
    owed = rows(tam.get(DELIVERIES))[0]
    assert owed == {
        "id": Delivery.objects.latest("pk").pk,
        "alert": Alert.objects.get(level=100).pk,
        "client": "acme",
        "notice": "raised",
        "event": "",
        "subject": "",
        "channel": "email",
        "recipient": acme.tam.username,
        "address": acme.tam.email,
        "state": "pending",
        "attempts": 0,
        "next_attempt_at": text(BREACHED),
        "sent_at": None,
        "end_reason": "",
    }
    deliver(BREACHED)
    sent = tam.get(f"{DELIVERIES}{owed['id']}/").json()
    assert (sent["state"], sent["attempts"]) == ("sent", 1)
    assert sent["sent_at"] >= text(BREACHED)


@pytest.mark.parametrize(
    ("query", "levels"),
    [
        ("", [100, 80]),
        ("level=100", [100]),
        ("level=50", []),
        ("kind=response", [100, 80]),
        ("kind=resolution", []),
        ("state=open", [100, 80]),
        ("state=acked", []),
        ("state=acked&state=open", [100, 80]),
        ("client=acme", [100, 80]),
        ("ordering=detected_at", [80, 100]),
    ],
)
def test_each_filter_of_alerts_finds_its_rows(tam, incident, query, levels):
    assert [row["level"] for row in rows(tam.get(f"{ALERTS}?{query}"))] == levels


def test_alerts_of_one_incident_are_found_by_it(tam, acme, incident):
    other = an_incident(client=acme)
    assert len(rows(tam.get(f"{ALERTS}?incident={incident.pk}"))) == 2
    assert rows(tam.get(f"{ALERTS}?incident={other.pk}")) == []


def test_deliveries_are_found_by_alert_state_channel_and_recipient(tam, acme, incident, mailoutbox):
    breach = Alert.objects.get(level=100)
    deliver(BREACHED)
    query = f"alert={breach.pk}&state=sent&channel=email&recipient={acme.tam.username}"
    [found] = rows(tam.get(f"{DELIVERIES}?{query}"))
    assert found["alert"] == breach.pk
    assert rows(tam.get(f"{DELIVERIES}?state=dead&state=pending")) == []
    assert len(rows(tam.get(f"{DELIVERIES}?recipient={acme.tam.username}"))) == 2


@pytest.mark.parametrize(
    ("address", "query", "field"),
    [
        (ALERTS, "incident=999999", "incident"),
        (ALERTS, "incident=INC-1", "incident"),
        (ALERTS, "client=globex", "client"),
        (ALERTS, "kind=whatever", "kind"),
        (ALERTS, "state=Open", "state"),
        (ALERTS, "level=high", "level"),
        (ALERTS, "severity=1", "severity"),
        (DELIVERIES, "alert=999999", "alert"),
        (DELIVERIES, "state=lost", "state"),
        (DELIVERIES, "channel=pigeon", "channel"),
        (DELIVERIES, "recipient=nobody", "recipient"),
    ],
)
def test_a_filter_that_names_nothing_is_refused(api, incident, address, query, field):
    answer = api(a_user("mona", Role.MANAGER)).get(f"{address}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_the_incident_of_another_client_cannot_be_told_from_none(api, incident):
    stranger = api(a_client("globex").tam)
    hidden, missing = (stranger.get(f"{ALERTS}?incident={pk}").json()["errors"] for pk in (incident.pk, 999999))
    assert hidden == missing


def test_acknowledging_takes_the_warnings_before_it_along_and_is_done_once(tam, acme, incident):
    breach = Alert.objects.get(level=100)
    first = tam.post(f"{ALERTS}{breach.pk}/acknowledge/")
    assert first.status_code == 200
    said = first.json()
    assert (said["state"], said["acked_by"]) == ("acked", acme.tam.username)
    assert set(Alert.objects.values_list("level", "state")) == {(80, "acked"), (100, "acked")}
    again = tam.post(f"{ALERTS}{breach.pk}/acknowledge/")
    assert (again.status_code, again.json(), again["ETag"]) == (200, said, first["ETag"])
    assert History.objects.filter(verb="acknowledged", subject_id=breach.pk).count() == 1


def test_what_was_withdrawn_cannot_be_acknowledged(tam, incident):
    operations.acknowledge(incident=incident, actor=None, now=BREACHED, at=MONDAY + timedelta(minutes=10))
    breach = Alert.objects.get(level=100)
    assert breach.state == "retracted"
    refused = tam.post(f"{ALERTS}{breach.pk}/acknowledge/")
    assert refused.status_code == 409
    assert "Retracted" in refused.json()["detail"]


def test_the_etag_is_another_one_after_each_change(tam, incident, mailoutbox):
    alert, delivery = f"{ALERTS}{Alert.objects.get(level=100).pk}/", f"{DELIVERIES}{Delivery.objects.latest('pk').pk}/"
    open_tag, pending_tag = tam.get(alert)["ETag"], tam.get(delivery)["ETag"]
    assert tam.get(alert, headers={"If-None-Match": open_tag}).status_code == 304
    assert tam.get(delivery, headers={"If-None-Match": pending_tag}).status_code == 304
    deliver(BREACHED)
    assert tam.get(delivery, headers={"If-None-Match": pending_tag}).status_code == 200
    assert tam.post(f"{alert}acknowledge/", headers={"If-Match": '"1"'}).status_code == 412
    assert tam.post(f"{alert}acknowledge/", headers={"If-Match": open_tag}).status_code == 200
    assert tam.get(alert, headers={"If-None-Match": open_tag}).status_code == 200


@pytest.mark.parametrize("address", [ALERTS, DELIVERIES])
def test_alerts_are_read_and_neither_made_nor_changed_nor_deleted(api, incident, address):
    program = api(a_user("root", Role.ADMIN))
    one = f"{address}{rows(program.get(address))[0]['id']}/"
    assert program.post(address, {}).status_code == 405
    for method in (program.put, program.patch, program.delete):
        assert method(one, {}).status_code == 405


@pytest.mark.parametrize("address", [ALERTS, DELIVERIES])
def test_a_list_costs_the_same_for_one_alert_and_for_twenty(api, acme, address):
    program = api(a_user("mona", Role.MANAGER))

    def cost(new: int) -> int:
        for _number in range(new):
            an_incident(client=acme)
        sweep(BREACHED)
        with CaptureQueriesContext(connection) as queries:
            rows(program.get(address))
        return len(queries)

    cost(1)
    assert cost(1) == cost(18)


def test_who_stands_in_for_somebody_reads_what_went_to_oneself(api, incident):
    engineer = a_user("erik", Role.ENGINEER)
    breach = Alert.objects.get(level=100)
    Delivery.objects.filter(alert=breach).update(recipient=engineer)
    program = api(engineer)
    assert [row["alert"] for row in rows(program.get(f"{DELIVERIES}?alert={breach.pk}"))] == [breach.pk]
    assert [row["id"] for row in rows(program.get(ALERTS))] == [breach.pk]
    assert program.post(f"{ALERTS}{breach.pk}/acknowledge/").json()["acked_by"] == "erik"


def test_a_dead_message_is_tried_again_and_one_that_was_sent_is_not(tam, incident):
    dead, sent = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=dead.pk).update(state="dead", end_reason="550 no such user")
    Delivery.objects.filter(pk=sent.pk).update(state="sent", sent_at=BREACHED)
    again = tam.post(f"{DELIVERIES}{dead.pk}/requeue/").json()
    assert (again["state"], again["end_reason"]) == ("pending", "")
    assert tam.post(f"{DELIVERIES}{dead.pk}/requeue/").json()["state"] == "pending"
    assert tam.post(f"{DELIVERIES}{sent.pk}/requeue/").status_code == 409
    assert History.objects.filter(subject_kind="alerts.delivery", verb="requeued").count() == 1


def test_a_token_for_another_client_does_not_show_even_what_went_to_oneself(api, acme, incident):
    a_client("globex", tam=acme.tam)
    assert rows(api(acme.tam, clients=("globex",)).get(DELIVERIES)) == []
    assert len(rows(api(acme.tam, clients=("acme",)).get(DELIVERIES))) == 2
