"""The clock of the database jumps: what is noticed then is marked, told later, and only if it is still true."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerts import operations
from alerts.clockwatch import ClockWatch
from alerts.loops import Loops
from alerts.models import Alert, Delivery
from alerts.operations.passes import escalate_all
from alerts.operations.sweeping import sweep
from incidents.models import Incident
from sla.models import Clock
from tests.factories import MONDAY, a_client, a_policy, an_incident

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
# The right time is two hours earlier: nothing is due for a while.
RIGHT = MONDAY + HOUR / 4
WRONG = RIGHT + 2 * HOUR


@pytest.fixture
def incident() -> Incident:
    return an_incident(client=a_client("castor", policy=a_policy(resolution_s=360000)))


def jump(to: datetime, by: timedelta) -> None:
    operations.note_jump(by, now=to)
    sweep(to, after_jump=True)


@pytest.mark.parametrize(("late", "seen"), [(2, 0), (32, 0), (33, 31), (-28, 0), (-29, -31), (7202, 7200)])
def test_more_than_half_a_minute_between_both_clocks_is_a_jump(late: int, seen: int) -> None:
    watch = ClockWatch()
    assert not watch.look(MONDAY, monotonic=100.0)
    assert watch.look(MONDAY + late * SECOND, monotonic=102.0) == seen * SECOND


def test_a_jump_settles_within_half_a_minute() -> None:
    watch = ClockWatch()
    watch.look(MONDAY, monotonic=0.0)
    watch.look(MONDAY + HOUR, monotonic=2.0)
    assert watch.is_settling(monotonic=31.0)
    assert not watch.look(MONDAY + HOUR + 30 * SECOND, monotonic=32.0)
    assert not watch.is_settling(monotonic=32.0)


@pytest.mark.django_db
def test_what_is_noticed_right_after_a_jump_is_recorded_marked_and_held(incident: Incident) -> None:
    jump(WRONG, 2 * HOUR)
    alert = Alert.objects.get(level=100)
    assert (alert.clock_jump, alert.detected_at) == (True, WRONG)
    assert alert.deliveries.get().next_attempt_at == WRONG + 30 * SECOND
    assert escalate_all(WRONG + HOUR, after_jump=True) == 0


@pytest.mark.django_db
def test_if_the_time_is_right_after_all_it_is_told_half_a_minute_later(incident: Incident) -> None:
    jump(WRONG, 2 * HOUR)
    assert not Delivery.objects.filter(alert__isnull=False).due(WRONG + 29 * SECOND).exists()
    operations.deliver(WRONG + 30 * SECOND)
    assert Delivery.objects.get(alert__isnull=False).state == "sent"


@pytest.mark.django_db
def test_a_clock_that_is_set_right_in_time_wakes_nobody(incident: Incident, mailoutbox) -> None:
    jump(WRONG, 2 * HOUR)
    operations.note_jump(-2 * HOUR, now=RIGHT + 10 * SECOND)
    assert set(Alert.objects.values_list("state", flat=True)) == {"retracted"}
    operations.run_pass(RIGHT + 10 * SECOND, process_name="alerts:test")
    assert {message.to[0] for message in mailoutbox} == {"duty@localhost"}
    clock = Clock.objects.get(subject_id=incident.pk, kind="response")
    assert (clock.state, clock.alerted_level, clock.breached_at) == ("running", 0, None)
    later = operations.sweep(MONDAY + HOUR + SECOND)
    assert later.breached == 1
    assert Alert.objects.get(level=100).round == 2


@pytest.mark.django_db
def test_even_without_a_jump_backwards_each_is_measured_anew_before_it_is_told(incident: Incident, mailoutbox) -> None:
    """The time was set right while no pass looked; the message is due by then."""
    jump(WRONG, 2 * HOUR)
    Delivery.objects.update(next_attempt_at=RIGHT)
    Delivery.objects.filter(alert=None).delete()
    operations.deliver(RIGHT + 30 * SECOND)
    assert not mailoutbox
    assert Alert.objects.get(level=100).state == "retracted"


@pytest.mark.django_db
@pytest.mark.parametrize("back", [False, True])
def test_a_clock_that_cannot_be_measured_anew_holds_up_no_other(incident: Incident, mailoutbox, *, back: bool) -> None:
    other = an_incident(client=incident.client)
    jump(WRONG, 2 * HOUR)
    Clock.objects.filter(subject_id=incident.pk, kind="response").update(cycle=7)  # its events know nothing of it
    if back:
        jump(RIGHT, -2 * HOUR)
    operations.deliver((RIGHT if back else WRONG) + 31 * SECOND)
    told = Delivery.objects.filter(state="sent", alert__isnull=False).values_list("alert__subject_id", flat=True)
    assert sorted(told) == ([incident.pk] if back else [incident.pk, other.pk])


@pytest.mark.django_db
def test_after_a_jump_backwards_nothing_waits_for_a_time_that_was_never_reached(incident: Incident) -> None:
    other = an_incident(client=incident.client, at=MONDAY - 3 * HOUR, now=MONDAY - 3 * HOUR)
    sweep(RIGHT)
    Delivery.objects.update(first_attempt_at=WRONG, attempts=1, next_attempt_at=WRONG + HOUR)
    Clock.objects.filter(subject_id=other.pk).update(wake_errors=3, wake_at=WRONG + HOUR)
    operations.note_jump(-2 * HOUR, now=RIGHT)
    assert set(Delivery.objects.values_list("next_attempt_at", flat=True)) == {RIGHT}
    assert set(Clock.objects.filter(subject_id=other.pk).values_list("wake_at", flat=True)) == {RIGHT}


@pytest.mark.django_db
def test_the_operators_are_told_once_by_however_many_processes(incident: Incident, settings) -> None:
    settings.DUTY_EMAIL = "duty@tamhub.example"
    for _ in range(3):
        operations.note_jump(2 * HOUR, now=WRONG)
    told = Delivery.objects.get(notice="operator")
    assert (told.address, told.alert) == ("duty@tamhub.example", None)
    assert "7200 seconds" in told.subject


@pytest.mark.django_db
def test_the_loop_notices_a_jump(incident: Incident) -> None:
    running = Loops("alerts:test")
    running.sweep(RIGHT)
    running.sweep(WRONG)
    assert Alert.objects.get(level=100).clock_jump
    assert Delivery.objects.filter(notice="operator").exists()
