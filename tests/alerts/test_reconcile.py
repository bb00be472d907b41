"""An alert that turns out untrue is withdrawn, and who was told is told; it is raised again when it becomes true."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from alerts import operations
from alerts.models import Alert, Endpoint
from alerts.operations import delivering
from incidents import operations as incidents
from incidents.models import Incident
from kernel.errors import Conflict
from kernel.models import History, OutboxEvent
from sla.models import Calendar, Clock
from sla.operations import TargetInput
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
BREACHED = MONDAY + HOUR + SECOND


def at(hours: float) -> datetime:
    return MONDAY + hours * HOUR


def response(incident: Incident) -> Clock:
    return Clock.objects.get(subject_id=incident.pk, kind="response")


def breach(incident: Incident) -> Alert:
    return Alert.objects.get(clock=response(incident), level=100)


@pytest.fixture
def incident() -> Incident:
    """P1: response due after one hour; P3: after three."""
    always = Calendar.objects.get(slug="always")
    targets = [TargetInput("P1", 3600, 360000, always), TargetInput("P3", 3 * 3600, 360000, always)]
    return an_incident(client=a_client(policy=a_policy(targets=targets)), priority="P1")


def test_a_response_in_time_that_becomes_known_late_withdraws_the_alert(incident: Incident) -> None:
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    incidents.acknowledge(incident=incident, actor=None, now=at(1.2), at=at(0.9))
    withdrawn = breach(incident)
    assert withdrawn.state == "retracted"
    assert (response(incident).state, response(incident).wake_at) == ("met", None)
    operations.deliver(at(1.2))
    assert [(d.notice, d.state) for d in withdrawn.deliveries.order_by("pk")] == [
        ("raised", "sent"),
        ("retracted", "sent"),
    ]
    assert mail.outbox[-1].subject.startswith(f"Withdrawn: Response of INC-{incident.pk}")


def test_what_was_not_sent_yet_is_not_sent_and_nobody_hears_of_it(incident: Incident) -> None:
    operations.sweep(BREACHED)
    incidents.acknowledge(incident=incident, actor=None, now=at(1.2), at=at(0.9))
    delivery = breach(incident).deliveries.get()
    assert (delivery.state, delivery.end_reason) == ("cancelled", "no longer true")
    assert operations.deliver(at(1.3)).claimed == 0


def test_a_mail_under_way_while_its_alert_is_withdrawn_is_followed_by_another(incident: Incident) -> None:
    operations.sweep(BREACHED)
    assert delivering.claim(BREACHED)
    incidents.acknowledge(incident=incident, actor=None, now=at(1.2), at=at(0.9))
    assert {d.notice: d.state for d in breach(incident).deliveries.all()} == {
        "raised": "cancelled",
        "retracted": "pending",
    }


def test_where_the_duty_has_chats_each_place_hears_once_that_it_is_withdrawn(incident: Incident) -> None:
    User.objects.update(is_active=False)  # so that the duty is told
    for name in ("On call", "Night shift"):
        Endpoint.objects.create(owner=None, name=name, kind="ntfy", sealed_url="", hint="ntfy")
    operations.sweep(BREACHED)
    while delivering.claim(BREACHED):
        pass
    incidents.acknowledge(incident=incident, actor=None, now=at(1.2), at=at(0.9))
    told = breach(incident).deliveries.filter(notice="raised").values_list("address", flat=True)
    again = breach(incident).deliveries.filter(notice="retracted").values_list("address", flat=True)
    assert len(told) == 3
    assert sorted(again) == sorted(told)


def test_thresholds_that_lie_ahead_again_are_told_again(incident: Incident) -> None:
    operations.sweep(at(0.9))
    assert response(incident).alerted_level == 90
    incidents.edit(incident=incident, changes={"priority": "P3"}, actor=None, now=at(0.9))
    clock = response(incident)
    assert (clock.alerted_level, clock.wake_at) == (0, at(1.5))
    assert set(Alert.objects.values_list("state", flat=True)) == {"retracted"}
    operations.sweep(at(1.5))
    again = Alert.objects.get(clock=clock, level=50)
    assert (again.state, again.round) == ("open", 2)


def test_a_breach_undone_by_a_lower_priority_is_raised_again_when_that_deadline_passes(incident: Incident) -> None:
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    incidents.edit(incident=incident, changes={"priority": "P3"}, actor=None, now=at(2))
    assert breach(incident).state == "retracted"
    operations.deliver(at(2))
    operations.sweep(at(3) + SECOND)
    again = breach(incident)
    assert (again.state, again.round, again.due_at, again.detected_at) == ("open", 2, at(3), at(3) + SECOND)
    operations.deliver(at(3) + SECOND)
    rounds = again.deliveries.order_by("pk").values_list("round", "notice", "state")
    assert list(rounds) == [(1, "raised", "sent"), (1, "retracted", "sent"), (2, "raised", "sent")]
    assert OutboxEvent.objects.filter(topic="clock.breached").count() == 2


def test_an_alert_that_is_true_stays(incident: Incident) -> None:
    operations.sweep(BREACHED)
    incidents.acknowledge(incident=incident, actor=None, now=at(1.2))
    assert breach(incident).state == "open"
    assert breach(incident).deliveries.get().state == "pending"


def test_looking_at_clocks_without_alerts_costs_one_query(incident: Incident) -> None:
    clocks = list(Clock.objects.all())
    operations.reconcile(clocks, now=at(0.1))  # the policy's terms are read once per process
    with CaptureQueriesContext(connection) as queries:
        operations.reconcile(clocks, now=at(0.1))
    assert len(queries) == 1


def test_acknowledging_is_told_in_the_history_once(incident: Incident) -> None:
    operations.sweep(BREACHED)
    tam = a_user("tam", Role.TAM)
    for _ in range(2):
        operations.acknowledge_alert(breach(incident), actor=tam, at=at(2))
    seen = breach(incident)
    assert (seen.state, seen.acked_by, seen.acked_at) == ("acked", tam, at(2))
    assert History.objects.filter(subject_kind="alerts.alert", verb="acknowledged").count() == 1


def test_what_was_withdrawn_cannot_be_acknowledged(incident: Incident) -> None:
    operations.sweep(BREACHED)
    incidents.acknowledge(incident=incident, actor=None, now=at(1.2), at=at(0.9))
    with pytest.raises(Conflict):
        operations.acknowledge_alert(breach(incident), actor=a_user("tam", Role.TAM), at=at(2))
