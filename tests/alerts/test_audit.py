"""Each invariant is missed when it is broken; what can be mended is mended."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import QuerySet

from alerts import audit, operations
from alerts.models import Alert, Delivery, DeliveryAttempt
from alerts.operations.owing import owe
from alerts.operations.passes import repair
from alerts.routing import Recipient, chain_of
from incidents import operations as incidents
from incidents.models import Incident
from kernel import outbox
from kernel.models import OutboxEvent
from sla.models import Clock
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
BREACHED = MONDAY + timedelta(hours=1, seconds=1)


def rules(now: datetime = BREACHED) -> set[str]:
    return {violation.rule for violation in audit.violations(now, stopped_too=True)}


@pytest.fixture(autouse=True)
def _a_breach_that_was_told() -> None:
    an_incident(client=a_client("castor", policy=a_policy(resolution_s=360000), deputy=a_user("deputy")))
    operations.run_pass(BREACHED, process_name="test")
    outbox.sequence()
    assert rules() == set()


def response() -> QuerySet[Clock]:
    return Clock.objects.filter(kind="response")


def test_r1_a_clock_past_its_deadline_that_no_sweep_noticed() -> None:
    incident = an_incident(client=a_client(policy=a_policy()))
    due = Clock.objects.get(subject_id=incident.pk, kind="response").due_at
    assert due is not None
    assert "R1" not in rules(due + timedelta(seconds=30))
    assert "R1" in rules(due + timedelta(seconds=31))


def test_r1_sees_a_clock_whose_sweep_fails_again_and_again() -> None:
    incident = an_incident(client=a_client(policy=a_policy()))
    clock = Clock.objects.filter(subject_id=incident.pk, kind="response")
    now = BREACHED + timedelta(minutes=5)
    clock.update(wake_errors=7, wake_at=now + timedelta(seconds=60))
    assert "R1" in rules(now)


def test_r2_a_breach_without_an_alert_gets_one() -> None:
    Alert.objects.all().delete()
    assert rules() == {"R2"}
    assert repair(BREACHED) == 1
    assert rules() == set()
    assert Delivery.objects.get().state == "pending"


def test_r3_an_alert_without_a_delivery_gets_one() -> None:
    Delivery.objects.all().delete()
    assert rules() == {"R3"}
    assert repair(BREACHED) == 1
    assert rules() == set()
    assert Delivery.objects.get().address == "tam-of-castor@tamhub.example"


def test_r4_a_due_delivery_that_nobody_takes() -> None:
    Delivery.objects.update(state="pending", next_attempt_at=BREACHED)
    assert rules(BREACHED + timedelta(seconds=60)) == set()
    assert rules(BREACHED + timedelta(seconds=61)) == {"R4"}


def test_r5_a_lease_left_in_the_future_is_taken_over() -> None:
    Delivery.objects.update(state="pending", lease_until=BREACHED + timedelta(hours=1))
    assert rules() == {"R5"}
    operations.deliver(BREACHED)
    assert rules() == set()


def test_r6_a_sent_delivery_without_an_accepted_attempt() -> None:
    DeliveryAttempt.objects.update(outcome="retry")
    assert rules() == {"R6"}


@pytest.mark.parametrize(
    "columns",
    [
        {"due_at": BREACHED},
        {"elapsed_s": 7},
        {"target_s": 7},
        {"wake_at": None},
        {"wake_at": BREACHED + timedelta(days=1)},
        {"state": "running", "breached_at": None},
    ],
)
def test_r7_a_clock_that_is_not_what_its_events_say(columns) -> None:
    response().update(**columns)
    assert rules() == {"R7"}


def test_r7_a_clock_that_is_missing_or_has_no_events() -> None:
    clock = response().get()
    Alert.objects.all().delete()
    response().update(cycle=2)
    found = [v.text for v in audit.violations(BREACHED) if v.rule == "R7"]
    assert found == [
        f"incident {clock.subject_id} lacks its response clock 1",
        f"clock {clock.pk} of incident {clock.subject_id} has no events",
    ]


def test_r8_a_dead_delivery_is_handed_on() -> None:
    Delivery.objects.update(state="dead")
    assert rules() == {"R8"}
    assert repair(BREACHED + timedelta(seconds=1)) == 1
    assert rules() == set()
    assert Delivery.objects.get(state="pending").address == "deputy@tamhub.example"


def test_r8_leaves_alone_what_is_over() -> None:
    """What died before its alert was withdrawn stays dead when the alert is raised anew; a dead withdrawal does not."""
    died = Delivery.objects.get()
    alert = died.alert
    assert alert is not None
    tam = [Recipient(chain_of(alert.snapshot)[0])]
    owe(alert, tam, now=BREACHED, notice="retracted")
    Delivery.objects.update(state="dead")
    alert.round = 2
    alert.save()
    owe(alert, tam, now=BREACHED)
    assert rules() == {"R8"}
    for _ in range(2):
        repair(BREACHED + timedelta(seconds=1))
    assert rules() == set()
    instead = Delivery.objects.get(address="deputy@tamhub.example")
    assert (instead.notice, instead.round) == ("retracted", 1)


def test_r9_a_fact_that_nobody_gave_its_place() -> None:
    OutboxEvent.objects.update(position=None)
    assert rules(BREACHED + timedelta(minutes=6)) == {"R9"}


def test_r10_an_open_incident_without_clocks() -> None:
    Clock.objects.all().delete()
    assert rules() == {"R10"}


def test_r11_an_alert_that_nobody_heard_and_that_did_not_go_on() -> None:
    alert = Alert.objects.get(level=100)
    assert alert.escalate_at is not None
    late = alert.escalate_at + timedelta(seconds=60)
    assert rules(late - timedelta(seconds=1)) == set()
    assert rules(late) == {"R11"}
    operations.run_pass(late, process_name="test")
    assert rules(late) == set()


def test_r11_leaves_alone_what_has_stopped() -> None:
    incident = Incident.objects.get()
    incidents.acknowledge(incident=incident, actor=None, now=BREACHED)
    assert "R11" not in rules(BREACHED + timedelta(hours=1))


@pytest.mark.parametrize("columns", [{"notice": "operator"}, {"notice": "digest"}, {"client": "another"}])
def test_r12_a_message_that_belongs_to_the_wrong_thing(columns) -> None:
    if "client" in columns:
        columns = {"client": a_client()}
    Delivery.objects.update(**columns)
    assert "R12" in rules()


def test_r4_leaves_alone_what_is_held() -> None:
    """Quiet hours, hours of work, a digest, or a clock that has just jumped."""
    Delivery.objects.update(state="pending", next_attempt_at=BREACHED + timedelta(hours=8))
    assert "R4" not in rules(BREACHED + timedelta(hours=7))
    Delivery.objects.update(next_attempt_at=BREACHED, in_digest=True)
    assert "R4" not in rules(BREACHED + timedelta(hours=7))


def test_r8_does_not_ask_for_another_when_a_second_message_reaches_the_same_person() -> None:
    died = Delivery.objects.get()
    Delivery.objects.update(state="dead")
    assert died.alert is not None
    again = Delivery(
        alert=died.alert,
        client=died.client,
        recipient=died.recipient,
        role=died.role,
        address="endpoint-1",
        channel="chat",
        next_attempt_at=BREACHED,
        created_at=BREACHED,
    )
    again.save()
    assert rules() == set()


def test_a_row_that_cannot_be_repaired_holds_up_no_other(monkeypatch) -> None:
    an_incident(client=a_client("pollux", policy=a_policy(resolution_s=360000)))
    operations.sweep(BREACHED)
    Delivery.objects.all().delete()
    broken = Alert.objects.filter(level=100).earliest("pk")
    broken.snapshot = {**broken.snapshot, "chain": [{"nonsense": 1}]}
    broken.save()
    assert repair(BREACHED) == 1
    assert list(audit.alerts_without_delivery()) == [broken]


def test_the_command_prints_each_violation_and_fails() -> None:
    Delivery.objects.all().delete()
    printed = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("alert_audit", stdout=printed, stderr=StringIO())
    assert ended.value.code == 1
    assert "R3 alert" in printed.getvalue()


def test_the_command_is_content_when_all_holds() -> None:
    Incident.objects.all().delete()
    Clock.objects.all().delete()
    printed = StringIO()
    call_command("alert_audit", "--all", stdout=printed)
    assert printed.getvalue() == "All invariants hold.\n"
