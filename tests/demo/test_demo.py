"""The demo: fresh at any hour, the same when it is started again, and with something to watch."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Client, Contact, Grant, User
from demo.seeding.content import load
from demo.seeding.duty import seed_duty
from demo.seeding.log import play_log
from demo.seeding.times import instant
from departments.models import Absence, Department, DutyShift
from departments.queries.roster import roster
from incidents.models import Incident, IncidentEvent
from sla.models import Clock

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
nows = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(["Europe/Vienna", "Europe/London", "Europe/Paris", "UTC"])
pasts = st.sampled_from(["-95min", "-6h", "-1d 23:59", "-1wd 18:00", "-3wd", "-41wd 03:50"])


@given(nows, zones, pasts)
def test_the_past_of_the_story_is_never_in_the_future(now, zone, text):
    assert instant(text, now=now, zone=zone) <= now


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-95min", NOON - timedelta(minutes=95)),
        ("-3d 14:05", datetime(2026, 11, 22, 13, 5, tzinfo=UTC)),
        ("-3wd 14:05", datetime(2026, 11, 20, 13, 5, tzinfo=UTC)),
        ("+2wd", datetime(2026, 11, 27, 11, tzinfo=UTC)),
    ],
)
def test_relative_times_read_as_the_content_says(text, expected):
    assert instant(text, now=NOON, zone="Europe/Vienna") == expected


@pytest.mark.parametrize("text", ["yesterday", "-3", "-1wd 9:00"])
def test_a_time_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="not a relative time"):
        instant(text, now=NOON, zone="UTC")


@pytest.mark.django_db
def test_the_demo_has_everybody_and_its_clocks_run_are_at_risk_and_breached_and_a_second_start_keeps_it():
    call_command("seed_demo", verbosity=0)
    assert Department.objects.exclude(head=None).count() >= 15
    assert (Client.objects.count(), User.objects.filter(username="contact").count()) == (14, 1)
    assert Contact.objects.count() == len(load("story")["contacts"])
    states = Counter(Clock.objects.filter(stopped_at=None).values_list("state", flat=True))
    assert min(states["running"], states["paused"], states["breached"]) > 0
    now = timezone.now()
    soon = Clock.objects.filter(state="running", due_at__gt=now, due_at__lt=now + timedelta(minutes=10))
    assert soon.exists()
    story = Incident.objects.exclude(external_ref__startswith="watch-")
    before = (User.objects.count(), Grant.objects.count(), story.filter(opened_at__lt=now - timedelta(hours=1)).count())
    call_command("seed_demo", verbosity=0)
    after = (User.objects.count(), Grant.objects.count(), story.filter(opened_at__lt=now - timedelta(hours=1)).count())
    assert after == before


@pytest.mark.django_db
def test_somebody_is_called_at_any_hour_but_for_the_one_gap_and_a_second_start_plans_nothing():
    call_command("seed_demo", verbosity=0)
    now = timezone.localtime().replace(minute=30)
    departments = list(Department.objects.filter(archived_at=None).select_related("calendar"))
    shown = roster(departments, begin=now - timedelta(days=30), end=now + timedelta(days=30))
    gaps = [(str(line.department), gap.starts_at.date()) for line in shown.departments for gap in line.gaps]
    assert {department for department, _day in gaps} == {"Infrastructure Operations"}
    assert len({day for _department, day in gaps}) == 1
    stand_ins = [duty for line in shown.departments for s in line.stretches for duty in s.duties if duty.is_stand_in]
    assert {str(duty.person) for duty in stand_ins} == {"Tina Okafor", "Agnes Toth"}
    before = (DutyShift.objects.count(), Absence.objects.count())
    seed_duty(now=now + timedelta(days=1))
    assert (DutyShift.objects.count(), Absence.objects.count()) == before


@pytest.mark.django_db
def test_the_log_goes_on_while_one_watches():
    call_command("seed_demo", verbosity=0)
    now, before = timezone.now(), IncidentEvent.objects.count()
    later = now + timedelta(days=1)
    assert play_log(now=later, since=now) > 0
    assert IncidentEvent.objects.count() > before
