"""Operations: what one sees while all is well, and what to do where it is not."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert, Delivery
from alerts.operations import run_pass
from desk.queries.operations import late_alerts, operations_now
from desk.troubles import troubles
from kernel.models import IdempotencyKey, OutboxEvent, ProcessBeat
from sla.models import Clock
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def world() -> World:
    return World()


def words(answer) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
    return re.sub(r"\s+", " ", text)


def reds() -> list[str]:
    return [trouble.what for trouble in troubles(operations_now()) if trouble.is_red]


@pytest.mark.parametrize("who", ["admin", "manager", "tam", "engineer", "head", "architect", "contact"])
def test_it_is_for_those_who_run_the_service(world, browse, who):
    status = 200 if who in {"admin", "manager"} else 403
    browser = browse(getattr(world, who))
    assert browser.get("/operations/").status_code == status
    assert browser.get("/operations/support.txt").status_code == status
    assert browser.post("/operations/audit/").status_code == status
    assert browser.get("/operations/audit/").status_code == 405
    if who in {"manager", "tam"}:
        assert ('href="/operations/"' in browser.get("/alerts/").text) == (status == 200)


def test_while_all_is_well_nothing_is_red(world, browse):
    run_pass(world.now, process_name="alerts:tests@here")
    page = words(browse(world.manager).get("/operations/"))
    assert "All passes are on time" in page
    assert "tests@here" in page
    assert reds() == []


def test_without_a_pass_it_says_what_to_start(world, browse):
    page = words(browse(world.manager).get("/operations/"))
    assert "No alert process ever ended a pass." in page
    assert "Start “manage.py run_alerts”" in page
    run_pass(world.now, process_name="alerts:tests@here")
    ProcessBeat.objects.filter(name="alerts:tests@here").update(pass_finished=world.now - timedelta(minutes=5))
    assert "has ended a pass for 5 min" in words(browse(world.manager).get("/operations/"))


def test_what_was_not_noticed_and_not_sent_is_red_until_a_pass_comes(world, browse):
    incident = world.incident(minutes=40)
    run_pass(world.now, process_name="alerts:tests@here")
    assert reds() == []
    Clock.objects.filter(kind="resolution").update(wake_at=world.now - timedelta(minutes=5))
    [overdue] = reds()
    assert "A clock has been due for 5" in overdue
    run_pass(world.now, process_name="alerts:tests@here")
    assert reds() == []
    Delivery.objects.update(state="pending", attempts=1, sent_at=None, next_attempt_at=world.now - timedelta(minutes=2))
    [unsent] = reds()
    assert "was not sent" in unsent
    assert incident.reference not in words(browse(world.manager).get("/operations/support.txt"))


def test_a_clock_that_cannot_be_computed_is_named_with_its_incident(world, browse):
    incident = world.incident(minutes=20)
    run_pass(world.now, process_name="alerts:tests@here")
    failing = Clock.objects.filter(subject_id=incident.pk, kind="response")
    failing.update(wake_errors=3, wake_at=world.now + timedelta(seconds=20))
    page = words(browse(world.manager).get("/operations/"))
    assert f"The Response clock of {incident.reference} could not be computed 3 times in a row." in page
    assert "failed 3 times" in page


def test_dead_letters_and_standing_queues_are_to_be_looked_at(world, browse):
    world.incident(minutes=40)
    run_pass(world.now, process_name="alerts:tests@here")
    Delivery.objects.update(state="dead", end_reason="550 no such user")
    OutboxEvent.objects.create(topic="x", key="1", at=world.now - timedelta(minutes=10))
    IdempotencyKey.objects.create(
        owner="x", key="1", fingerprint="1", created_at=world.now - timedelta(days=2), lease_until=world.now
    )
    page = words(browse(world.manager).get("/operations/"))
    for said in ("could not be delivered.", "facts wait in the outbox", "the hourly purge does not run"):
        assert said in page
    assert reds() == []


def test_late_breaches_are_counted_but_not_what_was_reported_late_nor_what_a_jump_showed(world):
    incident = world.incident(minutes=40)
    run_pass(world.now, process_name="alerts:tests@here")
    breaches = Alert.objects.filter(level=100)
    breaches.update(due_at=world.now - timedelta(seconds=61))
    assert late_alerts(world.now) == 0  # it was reported after its deadline
    incident.events.update(recorded_at=incident.opened_at)
    assert late_alerts(world.now) == 1
    breaches.update(due_at=world.now - timedelta(seconds=60))
    assert late_alerts(world.now) == 0
    breaches.update(due_at=world.now - timedelta(seconds=61), clock_jump=True)
    assert late_alerts(world.now) == 0


def test_the_audit_says_clean_or_what_is_wrong(world, browse):
    incident = world.incident(minutes=40)
    run_pass(world.now, process_name="alerts:tests@here")
    browser = browse(world.manager)
    assert "Every rule holds." in words(browser.post("/operations/audit/"))
    Clock.objects.filter(subject_id=incident.pk, kind="resolution").update(target_s=5)
    assert "target_s is not what its events say" in words(browser.post("/operations/audit/"))


def test_what_goes_to_support_holds_no_address_and_no_name(world, browse):
    world.incident(minutes=40, title="Secret matter")
    run_pass(world.now, process_name="alerts:tests@here")
    Delivery.objects.filter(recipient=world.tam).update(state="dead", end_reason="550 no such user")
    browser = browse(world.manager)
    assert 'href="/operations/support.txt" data-copy' in browser.get("/operations/").text
    answer = browser.get("/operations/support.txt")
    assert answer["Content-Type"].startswith("text/plain")
    assert "last full pass: " in answer.text
    assert "process tests@here" in answer.text
    for secret in ("@tamhub.example", "Aldgate", "Secret matter", "Tara", "550"):
        assert secret not in answer.text


def test_it_costs_the_same_whatever_goes_on(world, browse):
    browser = browse(world.manager)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/operations/", headers=HTMX).status_code == 200
        return len(queries)

    world.incident(minutes=40)
    run_pass(world.now, process_name="alerts:one@here")
    Clock.objects.filter(kind="resolution").update(wake_errors=1, wake_at=world.now)
    before = cost()
    for _ in range(4):
        world.incident(minutes=40)
    run_pass(world.now, process_name="alerts:two@here")
    Clock.objects.filter(kind="resolution").update(wake_errors=1, wake_at=world.now)
    assert cost() == before
