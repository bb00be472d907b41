"""Alerts: what needs somebody now, what was sent to whom, what did not arrive, and who may see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from alerts.models import Alert, Delivery, DeliveryAttempt
from alerts.operations import run_pass, sweep
from alerts.queries import open_alerts
from departments.operations import update_department
from incidents import operations
from tests.factories import a_policy, a_user
from tests.web.worlds import HTMX, World, asked_twice, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def run(world, **later):
    return run_pass(world.now + timedelta(**later), process_name="tests")


def test_a_breach_stands_on_top_with_who_was_told(world, browse):
    world.incident(minutes=20, title="Half used")
    breached = world.incident(minutes=40, title="Gone over")
    run(world)
    page = words(browse(world.tam).get("/alerts/"))
    assert f"Response of {breached.reference} passed its 30 min target" in page
    assert "used 50% of 30 min" in page
    assert "Aldgate, P2. Gone over" in page
    assert 'aria-label="Tara Tam"' in page
    assert "Mail sent" in page
    assert "2 need somebody." in page


def test_what_is_promised_to_clients_comes_before_what_is_between_departments(world, browse):
    ola = a_policy("unix-ola", scope="department", response_s=600, resolution_s=1800)
    at = world.now - timedelta(days=3)
    unix = update_department(department=world.unix, changes={"ola": ola}, actor=None, at=at)
    incident = world.incident(minutes=35, department=unix)
    run(world)
    page = words(browse(world.tam).get("/alerts/"))
    promise = page.index(f"Response of {incident.reference} passed its 30 min target")
    between = page.index("Between departments and with vendors")
    assert promise < between < page.index(f"{unix} did not accept {incident.reference} within 10 min")
    assert page.index(f"{unix} did not finish {incident.reference} within 30 min") > between
    today = words(browse(world.tam).get("/"))
    assert "2 more between departments and with vendors" in today
    assert "Acceptance by the department" not in today


def test_one_row_stands_for_a_clock_whatever_it_passed_before(world, browse):
    incident = world.incident(minutes=20)
    for minutes in (0, 5, 15):
        sweep(world.now + timedelta(minutes=minutes))
    assert Alert.objects.filter(state="open").count() == 3
    page = words(browse(world.tam).get("/alerts/"))
    assert "1 needs somebody." in page
    assert page.count(f"Response of {incident.reference}") == 1
    assert "passed its" in page


def test_acknowledging_takes_it_from_the_list_with_the_warnings_before_it(world, browse):
    world.incident(minutes=20)
    for minutes in (0, 5, 15):
        sweep(world.now + timedelta(minutes=minutes))
    breach = Alert.objects.get(level=100)
    browser = browse(world.tam)
    answer = browser.post(f"/alerts/{breach.pk}/acknowledge/", headers=HTMX)
    assert "Nothing needs anybody" in answer.text
    assert 'id="tabs" hx-swap-oob="true"' in answer.text
    assert "Alert acknowledged" in answer.text
    told = Alert.objects.exclude(state="skipped").values_list("level", "state", "acked_by__username")
    assert set(told) == {(50, "acked", "tam"), (75, "acked", "tam"), (100, "acked", "tam")}
    assert browser.post(f"/alerts/{breach.pk}/acknowledge/").url == "/alerts/"


def test_what_was_withdrawn_cannot_be_acknowledged_and_says_why(world, browse):
    incident = world.incident(minutes=40)
    sweep(world.now)
    alert = Alert.objects.get(level=100)
    earlier = world.now - timedelta(minutes=30)
    operations.acknowledge(incident=incident, actor=world.engineer, now=world.now, at=earlier)
    answer = browse(world.tam).post(f"/alerts/{alert.pk}/acknowledge/", follow=True)
    assert "there is nothing to acknowledge" in words(answer)


def test_told_to_me_leaves_out_what_went_to_others(world, browse):
    world.incident(minutes=40)
    world.incident(minutes=40, client=world.other)  # has no TAM: the head and the manager are told
    run(world)
    browser = browse(world.manager)
    assert browser.get("/alerts/").text.count('id="alert-') == 2
    assert browse(world.tam).get("/alerts/?scope=mine").text.count('id="alert-') == 1
    assert browse(world.admin).get("/alerts/?scope=mine").text.count('id="alert-') == 0


def test_the_list_alone_is_not_sent_again_while_nothing_changed(world, browse):
    world.incident(minutes=40)
    browser = browse(world.tam)
    first, again = asked_twice(browser, "/alerts/")
    assert again.status_code == 304
    run(world)
    assert browser.get("/alerts/", headers={**HTMX, "If-None-Match": first["ETag"]}).status_code == 200


def test_the_log_leads_to_the_mail_as_it_was_sent(world, browse):
    incident = world.incident(minutes=40, title="Gone over")
    run(world)
    [sent] = [message for message in mail.outbox if message.to == [world.tam.email]]
    browser = browse(world.tam)
    page = words(browser.get("/alerts/log/"))
    assert f"{incident.reference} Response: over target" in page
    delivery = Delivery.objects.get(address=world.tam.email)
    assert f'href="/alerts/deliveries/{delivery.pk}/"' in page
    shown = words(browser.get(f"/alerts/deliveries/{delivery.pk}/"))
    assert str(sent.subject) in shown
    for line in filter(None, sent.body.splitlines()):
        text = re.sub(r"<[^>]+>", "", shown)
        assert line.replace("\u00a0", " ").strip() in text
    assert "Accepted" in shown


def test_what_did_not_arrive_says_why_and_every_attempt_is_shown(world, browse):
    world.incident(minutes=40)
    sweep(world.now)
    dead = Delivery.objects.get(address=world.tam.email)
    Delivery.objects.filter(pk=dead.pk).update(state="dead", attempts=2, end_reason="550 no such mailbox")
    for number, outcome in ((1, "retry"), (2, "permanent")):
        DeliveryAttempt.objects.create(
            delivery=dead, number=number, started_at=world.now, ended_at=world.now, outcome=outcome, error="550 no"
        )
    browser = browse(world.tam)
    page = words(browser.get("/alerts/dead/"))
    assert "550 no such mailbox" in page
    assert page.count("att att--bad") == 2
    assert "1 message could not be delivered" in page
    assert page.count('<tr data-row tabindex="0">') == 1
    assert "Refused" in words(browser.get(f"/alerts/deliveries/{dead.pk}/"))


def test_the_log_is_narrowed_by_result(world, browse):
    world.incident(minutes=40)
    run(world)
    browser = browse(world.tam)
    assert browser.get("/alerts/log/?state=sent").text.count("<tr data-row") == 2
    assert "Nothing matches" in browser.get("/alerts/log/?state=pending").text
    assert browser.get("/alerts/log/?state=whatever").text.count("<tr data-row") == 2


def test_a_message_that_was_not_written_yet_says_so(world, browse):
    world.incident(minutes=40)
    sweep(world.now)
    delivery = Delivery.objects.filter(recipient=world.tam).get()
    page = browse(world.tam).get(f"/alerts/deliveries/{delivery.pk}/").text
    assert "Not written yet" in page
    assert "Next try" in page


@pytest.mark.parametrize("path", ["/alerts/", "/alerts/log/", "/alerts/dead/"])
def test_pages_cost_the_same_for_one_alert_and_for_twenty(world, browse, path):
    browser = browse(world.manager)

    def cost(new: int) -> int:
        for _number in range(new):
            world.incident(minutes=40)
        run(world)
        Delivery.objects.filter(recipient=world.tam).update(state="dead")
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        return len(queries)

    cost(1)
    assert cost(1) == cost(18)


def test_a_stranger_signs_in_first_and_the_clients_people_find_no_such_page(world, browse, client):
    world.incident(minutes=40)
    run(world)
    alert, delivery = Alert.objects.get(level=100), Delivery.objects.earliest("pk")
    paths = ["/alerts/", "/alerts/log/", "/alerts/dead/", f"/alerts/deliveries/{delivery.pk}/"]
    for path in paths:
        assert client.get(path).url.startswith("/sign-in/")
        assert browse(world.contact).get(path).status_code == 404
    assert browse(world.contact).post(f"/alerts/{alert.pk}/acknowledge/").status_code == 404


def test_everybody_sees_the_alerts_of_the_incidents_one_answers_for(world, browse):
    world.incident(minutes=40, title="Ours")
    world.incident(minutes=40, title="Mine", assignee=world.engineer)
    world.incident(minutes=40, client=world.other, department=world.unix, title="Elsewhere")
    run(world)
    seen = {
        "tam": {"Ours", "Mine"},
        "engineer": {"Mine"},
        "colleague": set(),
        "head": {"Ours", "Mine"},
        "manager": {"Ours", "Mine", "Elsewhere"},
        "architect": set(),
    }
    for who, titles in seen.items():
        page = words(browse(getattr(world, who)).get("/alerts/"))
        assert {title for title in ("Ours", "Mine", "Elsewhere") if title in page} == titles, who


def test_the_log_is_for_those_who_answer_and_for_whoever_was_told(world, browse):
    incident = world.incident(minutes=40)
    run(world)
    to_tam = Delivery.objects.get(recipient=world.tam)
    for who, status in {"tam": 200, "manager": 200, "head": 200, "engineer": 404, "architect": 404}.items():
        assert browse(getattr(world, who)).get(f"/alerts/deliveries/{to_tam.pk}/").status_code == status, who
    Delivery.objects.filter(pk=to_tam.pk).update(recipient=world.engineer)
    assert browse(world.engineer).get(f"/alerts/deliveries/{to_tam.pk}/").status_code == 200
    assert incident.reference in browse(world.engineer).get("/alerts/log/").text


def test_an_engineer_reads_an_alert_but_leaves_taking_it_to_who_answers(world, browse):
    world.incident(minutes=40, assignee=world.engineer)
    run(world)
    alert = Alert.objects.get(level=100)
    browser = browse(world.engineer)
    assert "Acknowledge<" not in browser.get("/alerts/").text
    assert browser.post(f"/alerts/{alert.pk}/acknowledge/").status_code == 403
    stranger = a_user("stranger", Role.TAM)
    assert browse(stranger).post(f"/alerts/{alert.pk}/acknowledge/").status_code == 404


def test_what_one_may_not_read_is_no_link(world, browse):
    world.incident(minutes=40, assignee=world.engineer)
    run(world)
    to_tam = Delivery.objects.get(recipient=world.tam)
    link = f'href="/alerts/deliveries/{to_tam.pk}/"'
    assert link in browse(world.tam).get("/alerts/").text
    page = browse(world.engineer).get("/alerts/").text
    assert 'aria-label="Tara Tam"' in page
    assert "/alerts/deliveries/" not in page
    Delivery.objects.filter(pk=to_tam.pk).update(recipient=world.engineer)
    assert link in browse(world.engineer).get("/alerts/").text


def test_a_stopped_clock_needs_nobody_and_its_messages_stay_in_the_log(world, browse):
    incident = world.incident(minutes=40)
    run(world)
    browser = browse(world.tam)
    places = dict.fromkeys(("/alerts/", "/alerts/?scope=mine"), f"Response of {incident.reference}")
    places["/"] = "deadline passed"
    assert [path for path, said in places.items() if said not in words(browser.get(path))] == []
    assert open_alerts(world.tam, only_mine=True).count() == 1
    operations.acknowledge(incident=incident, actor=world.engineer, now=world.now)
    assert Alert.objects.get(level=100).state == "open"
    assert "Nothing needs anybody now." in words(browser.get("/alerts/"))
    assert open_alerts(world.tam, only_mine=True).count() == 0
    assert [path for path, said in places.items() if said in words(browser.get(path))] == []
    assert f"{incident.reference} Response: over target" in words(browser.get("/alerts/log/"))
    assert '<span class="pct s12">100%</span>' in browser.get(f"/incidents/{incident.pk}/").text
