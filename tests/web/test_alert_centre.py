"""The alert centre: why now, to whom it goes on, channels, dead letters and what went instead."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.centre import channel_states
from alerts.models import Alert, Delivery, DeliveryAttempt
from alerts.operations import run_pass, sweep
from sla.ladder import Step
from sla.models import SlaPolicy
from sla.operations import update_policy
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def world() -> World:
    return World()


def words(answer) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
    return re.sub(r"\s+", " ", text)


def refused(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state="dead", end_reason="550 no such user", sent_at=None)
    DeliveryAttempt.objects.filter(delivery=delivery).update(outcome="permanent", error="550 no such user")


def test_an_alert_says_how_much_is_left_and_to_whom_it_goes_on(world, browse):
    gold = SlaPolicy.objects.get(slug="gold")
    changes = {"escalate_after_s": 1800, "ladder": (Step(50, ("tam",)), Step(100, ("tam",)))}
    update_policy(policy=gold, changes=changes, actor=None, at=world.now - timedelta(days=1))
    world.incident(minutes=20)
    over = world.incident(minutes=40, title="Gone over")
    run_pass(world.now, process_name="tests")
    page = words(browse(world.tam).get("/alerts/"))
    assert "of service time left." in page
    assert "10 min of service time over." in page
    assert "Next, unless acknowledged: Mona Manager, " in page
    assert over.reference in page


def test_channels_say_when_they_last_worked_and_what_refused(world, browse):
    world.incident(minutes=40)
    run_pass(world.now, process_name="tests")
    [mail] = channel_states(world.now)
    assert (mail.kind, mail.state, mail.sent, mail.owed) == ("email", "well", mail.owed, mail.sent)
    for delivery in Delivery.objects.all():
        refused(delivery)
    [mail] = channel_states(world.now)
    assert (mail.state, mail.sent, mail.error) == ("refused", 0, "550 no such user")
    page = words(browse(world.tam).get("/alerts/"))
    assert "Channels" in page
    assert "Refused" in page
    assert "Channels" not in words(browse(world.engineer).get("/alerts/"))


def test_a_dead_letter_says_its_cause_what_went_instead_and_is_sent_again(world, browse):
    world.incident(minutes=40)
    sweep(world.now)
    to_tam = Delivery.objects.get(recipient=world.tam)
    refused(to_tam)
    run_pass(world.now + timedelta(minutes=2), process_name="tests")  # repair tells the next in line
    browser = browse(world.tam)
    page = words(browser.get("/alerts/dead/"))
    assert "550 no such user" in page
    assert re.search(r"Told instead: (Mona Manager|Hedi)", page)
    assert "Send again" in page
    assert browse(world.head).post(f"/alerts/deliveries/{to_tam.pk}/requeue/").status_code == 403
    assert browse(world.engineer).post(f"/alerts/deliveries/{to_tam.pk}/requeue/").status_code == 404
    answer = browser.post(f"/alerts/deliveries/{to_tam.pk}/requeue/", follow=True)
    assert "Message sent again" in words(answer)
    to_tam.refresh_from_db()
    assert (to_tam.state, to_tam.end_reason) == ("pending", "")


def test_what_was_withdrawn_is_not_sent_again_and_says_why(world, browse):
    world.incident(minutes=40)
    run_pass(world.now, process_name="tests")
    to_tam = Delivery.objects.get(recipient=world.tam)
    refused(to_tam)
    Alert.objects.filter(deliveries=to_tam).update(state="retracted")
    answer = browse(world.tam).post(f"/alerts/deliveries/{to_tam.pk}/requeue/", follow=True)
    assert "The alert was withdrawn" in words(answer)


def test_the_log_is_narrowed_to_a_result_and_a_channel(world, browse):
    world.incident(minutes=40)
    run_pass(world.now, process_name="tests")
    browser = browse(world.tam)
    everything = browser.get("/alerts/log/").text.count('href="/alerts/deliveries/')
    assert (
        browser.get("/alerts/log/?channel=email&state=sent").text.count('href="/alerts/deliveries/') == everything > 0
    )
    assert "Nothing matches" in words(browser.get("/alerts/log/?channel=chat"))


def test_now_costs_the_same_for_one_and_for_many(world, browse):
    browser = browse(world.engineer)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/alerts/", headers=HTMX).status_code == 200
        return len(queries)

    world.incident(minutes=40)
    run_pass(world.now, process_name="tests")
    before = cost()
    for _ in range(5):
        world.incident(minutes=40)
    run_pass(world.now, process_name="tests")
    assert cost() == before
