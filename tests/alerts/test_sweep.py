"""What the sweep notices and records. Time is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from accounts.models import Role
from alerts import operations
from alerts.models import Alert, Delivery
from departments.models import Absence
from incidents import operations as incidents
from incidents.models import Incident
from incidents.subject import IncidentClocks
from kernel.models import OutboxEvent
from sla.models import Clock
from sla.subjects import register
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def at(hours: float) -> datetime:
    return MONDAY + hours * HOUR


def clock(incident: Incident, kind: str = "response") -> Clock:
    return Clock.objects.get(subject_kind="incident", subject_id=incident.pk, kind=kind)


def alerts(state: str = Alert.State.OPEN) -> list[tuple[str, int]]:
    return list(Alert.objects.filter(state=state).order_by("kind", "level").values_list("kind", "level"))


def addresses(rows: Iterable[Delivery]) -> set[str]:
    return {delivery.address for delivery in rows}


@pytest.fixture
def incident() -> Incident:
    """Response due after one hour, resolution after four, around the clock."""
    return an_incident(client=a_client("castor", policy=a_policy()))


def test_nothing_is_owed_before_the_first_threshold(incident: Incident) -> None:
    assert operations.sweep(at(0.5) - SECOND).found == 0
    assert not Alert.objects.exists()


def test_a_threshold_is_told_to_the_tam_alone(incident: Incident) -> None:
    result = operations.sweep(at(0.5))
    assert (result.raised, result.breached) == (1, 0)
    assert alerts() == [("response", 50)]
    assert addresses(Delivery.objects.all()) == {"tam-of-castor@tamhub.example"}
    assert clock(incident).wake_at == at(0.75)


def test_at_the_deadline_a_clock_is_not_breached_and_one_second_later_it_is(incident: Incident) -> None:
    operations.sweep(at(1))
    assert clock(incident).state == "running"
    operations.sweep(at(1) + SECOND)
    late = clock(incident)
    assert (late.state, late.breached_at, late.alerted_level) == ("breached", at(1), 100)
    assert ("response", 100) in alerts()


def test_a_breach_is_recorded_once_however_often_one_looks(incident: Incident) -> None:
    for _ in range(3):
        operations.sweep(at(1) + SECOND)
    assert Alert.objects.filter(level=100).count() == 1
    assert Delivery.objects.count() == 1
    assert OutboxEvent.objects.filter(topic="clock.breached").count() == 1


def test_of_levels_passed_at_once_the_breach_is_sent_and_the_others_are_kept_as_overtaken(incident: Incident) -> None:
    operations.sweep(at(1.6))
    assert alerts() == [("response", 100)]
    assert alerts(Alert.State.SKIPPED) == [("response", 50), ("response", 75), ("response", 90), ("response", 150)]
    assert Alert.objects.get(deliveries__isnull=False).level == 100


def test_of_thresholds_passed_at_once_the_highest_is_sent(incident: Incident) -> None:
    operations.sweep(at(0.8))
    assert (alerts(), alerts(Alert.State.SKIPPED)) == ([("response", 75)], [("response", 50)])


def test_after_the_breach_the_next_threshold_is_still_ahead(incident: Incident) -> None:
    operations.sweep(at(1) + SECOND)
    assert clock(incident).wake_at == at(1.5)
    operations.sweep(at(1.5))
    assert ("response", 150) in alerts()
    assert clock(incident).wake_at is None


def test_a_response_at_the_deadline_is_no_breach_even_if_it_becomes_known_later(incident: Incident) -> None:
    incidents.acknowledge(incident=incident, actor=None, now=at(2), at=at(1))
    operations.sweep(at(2))
    assert clock(incident).state == "met"
    assert ("response", 100) not in alerts()


def test_a_response_one_second_late_is_a_breach_even_if_no_sweep_ran(incident: Incident) -> None:
    incidents.acknowledge(incident=incident, actor=None, now=at(1) + SECOND)
    assert clock(incident).state == "breached"
    operations.sweep(at(1) + 2 * SECOND)
    assert alerts() == [("response", 100)]
    assert clock(incident).wake_at is None


def test_a_breach_goes_to_the_service_manager_as_well() -> None:
    manager = a_user("manager", Role.MANAGER)
    an_incident(client=a_client("castor", policy=a_policy(), service_manager=manager))
    operations.sweep(at(0.5))
    assert addresses(Delivery.objects.all()) == {"tam-of-castor@tamhub.example"}
    operations.sweep(at(1) + SECOND)
    told = Delivery.objects.filter(alert__level=100)
    assert addresses(told) == {"tam-of-castor@tamhub.example", "manager@tamhub.example"}


def test_an_absent_tam_is_passed_over_for_the_stand_in_and_the_alert_says_so() -> None:
    tam, stand_in = a_user("tam", Role.TAM), a_user("stand-in", Role.TAM)
    client = a_client("castor", policy=a_policy(), tam=tam)
    Absence.objects.create(user=tam, starts_at=at(-24), ends_at=at(24), stand_in=stand_in)
    an_incident(client=client)
    operations.sweep(at(1) + SECOND)
    delivery = Delivery.objects.get()
    assert (delivery.address, delivery.role) == ("stand-in@tamhub.example", "tam_stand_in")
    assert [c["skipped"] for c in Alert.objects.get(deliveries=delivery).snapshot["chain"]] == ["absent", ""]


def test_when_nobody_can_be_reached_the_duty_mailbox_gets_it(settings) -> None:
    settings.DUTY_EMAIL = "duty@tamhub.example"
    an_incident(client=a_client(policy=a_policy(), tam=a_user("gone", Role.TAM, is_active=False)))
    operations.sweep(at(1) + SECOND)
    delivery = Delivery.objects.get()
    assert (delivery.address, delivery.role, delivery.recipient) == ("duty@tamhub.example", "duty", None)


def test_a_clock_that_cannot_be_measured_does_not_hold_up_the_others() -> None:
    client = a_client(policy=a_policy())
    bad, good = an_incident(client=client), an_incident(client=client)
    register("incident", Unreadable(bad.pk))
    try:
        now = at(1) + SECOND
        for waited in (2, 4, 8, 16, 32, 60, 60):
            assert operations.sweep(now).failed == 1
            stuck = clock(bad)
            assert stuck.wake_at == now + timedelta(seconds=waited)
            assert stuck.state == "running"
            now = stuck.wake_at
        assert ("response", 100) in alerts()
        assert clock(good).state == "breached"
    finally:
        register("incident", IncidentClocks())
    operations.sweep(now)
    mended = clock(bad)
    assert (mended.state, mended.wake_errors) == ("breached", 0)


def test_the_operators_are_told_of_a_clock_that_fails_three_times_and_once_a_day(settings) -> None:
    settings.DUTY_EMAIL = "duty@tamhub.example"
    bad = an_incident(client=a_client(policy=a_policy()))
    register("incident", Unreadable(bad.pk))
    try:
        now = at(1) + SECOND
        for failed in range(1, 7):
            operations.sweep(now)
            assert Delivery.objects.filter(notice="operator").count() == (failed >= 3)
            wakes = clock(bad).wake_at
            assert wakes is not None
            now = wakes
        Clock.objects.update(wake_errors=2)
        operations.sweep(now)
        told = Delivery.objects.get(notice="operator")
    finally:
        register("incident", IncidentClocks())
    assert (told.address, told.role, told.alert) == ("duty@tamhub.example", "duty", None)
    assert "unreadable events" in told.body
    assert operations.deliver(now).sent == 1


class Unreadable(IncidentClocks):
    """Incidents one of which has events that cannot be read."""

    def __init__(self, incident_id: int) -> None:
        self.incident_id = incident_id

    def replay(self, subject_ids, *, now):
        if self.incident_id in subject_ids:
            raise ValueError("unreadable events")
        return super().replay(subject_ids, now=now)


def test_a_stored_clock_that_differs_from_its_events_is_put_right(incident: Incident, caplog) -> None:
    Clock.objects.filter(pk=clock(incident).pk).update(due_at=at(0.4), wake_at=at(0.4))
    operations.sweep(at(0.4) + SECOND)
    put_right = clock(incident)
    assert (put_right.state, put_right.due_at, put_right.wake_at) == ("running", at(1), at(0.5))
    assert not Alert.objects.exists()
    assert "differed from its events" in caplog.text


def test_breaches_of_the_past_are_recorded_and_not_sent(incident: Incident) -> None:
    incidents.resolve(incident=incident, actor=None, now=at(30))
    for _ in range(2):
        operations.record_past(Clock.objects.all(), detected_at=at(31))
    assert alerts(Alert.State.PAST) == [("resolution", 100), ("response", 100)]
    operations.sweep(at(32))
    assert not Delivery.objects.exists()
    assert all(c.wake_at is None for c in Clock.objects.all())
