"""A changed priority, policy or calendar: what counts from then on, what held before, and who is late by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.models import Alert
from alerts.operations import sweep
from incidents import operations
from incidents.models import EventKind
from incidents.settling import calendars, runs_of, story_of
from sla.measure import epoch
from sla.models import Clock
from sla.operations import update_calendar, update_policy
from sla.replay import changes_of
from tests.factories import MONDAY, a_calendar, a_client, a_policy, an_incident
from tests.incidents.clocks import HOUR_S, assert_as_replayed, at, clock, targets

pytestmark = pytest.mark.django_db


def two_tiers():
    return a_policy(targets=targets(P1=(1, 2), P3=(8, 24)))


@pytest.fixture
def incident():
    """P3: response within 8 hours, resolution within 24; as P1 within one and two."""
    return an_incident(client=a_client(policy=two_tiers()), priority="P3")


def set_priority(incident, priority, now):
    return operations.edit(incident=incident, changes={"priority": priority}, actor=None, now=now)


def test_a_raised_priority_that_finds_the_deadline_passed_is_late_by_change(incident):
    operations.acknowledge(incident=incident, actor=None, now=at(0.5))
    set_priority(incident, "P1", at(5))
    late = clock(incident, "resolution")
    assert (late.state, late.breached_at, late.late_by_change_at) == ("breached", at(2), at(5))
    assert clock(incident, "response").late_by_change_at is None
    assert_as_replayed(incident, now=at(6))


def test_one_alert_tells_it_once_and_says_so(incident):
    operations.acknowledge(incident=incident, actor=None, now=at(0.5))
    set_priority(incident, "P1", at(5))
    sweep(at(5))
    alerts = Alert.objects.filter(clock=clock(incident, "resolution"), deliveries__isnull=False).distinct()
    assert [(alert.level, alert.snapshot["late_by_change_at"]) for alert in alerts] == [(100, at(5).isoformat())]


def test_a_clock_that_was_late_before_the_change_is_not_late_by_it(incident):
    set_priority(incident, "P1", at(25))
    assert clock(incident, "resolution").late_by_change_at is None
    assert clock(incident, "resolution").breached_at == at(2)


def test_a_clock_that_runs_out_after_the_change_is_not_late_by_it(incident):
    set_priority(incident, "P1", at(1.5))
    sweep(at(3))
    late = clock(incident, "resolution")
    assert (late.state, late.late_by_change_at) == ("breached", None)


def test_a_change_there_and_back_changes_nothing(incident):
    before = list(Clock.objects.order_by("pk").values())
    set_priority(incident, "P1", at(5))
    assert clock(incident, "resolution").late_by_change_at == at(5)
    set_priority(incident, "P3", at(6))
    assert list(Clock.objects.order_by("pk").values()) == before


def test_what_held_before_a_change_is_kept(incident):
    set_priority(incident, "P1", at(1))
    story = story_of(incident, incident.events.all(), until=at(2))
    run = next(r for r in runs_of(story, opened_at=epoch(incident.opened_at)) if r.kind == "resolution")
    [change] = changes_of(started_at=run.started_at, phases=run.phases(calendars(now=at(2))))
    assert (change.at, change.former_target_s, change.target_s) == (epoch(at(1)), 24 * HOUR_S, 2 * HOUR_S)
    assert (change.before.due_at, change.after.due_at) == (epoch(at(24)), epoch(at(2)))


def test_another_policy_counts_from_the_opening_with_the_pauses_and_says_so_in_the_history(incident):
    faster = a_policy(targets=targets(P3=(1, 4)))
    operations.hold(incident=incident, reason="client", actor=None, now=at(1))
    operations.resume(incident=incident, actor=None, now=at(2))
    operations.edit(incident=incident, changes={"sla_policy": faster}, actor=None, now=at(3))
    assert clock(incident, "resolution").due_at == at(5)
    changed = incident.events.get(kind=EventKind.POLICY_CHANGED)
    assert (changed.policy_version, changed.at) == (faster.current, at(3))
    assert_as_replayed(incident, now=at(4))


def test_a_policy_whose_contract_does_not_pause_counts_what_was_paused_before(incident):
    strict = a_policy(targets=targets(P3=(1, 4)), pause_on=[])
    operations.hold(incident=incident, reason="client", actor=None, now=at(1))
    operations.edit(incident=incident, changes={"sla_policy": strict}, actor=None, now=at(6))
    late = clock(incident, "resolution")
    assert (late.due_at, late.state, late.late_by_change_at) == (at(4), "breached", at(6))


def test_naming_the_policy_that_counts_already_keeps_its_version(incident):
    policy = incident.policy_version.policy
    update_policy(policy=policy, changes={"targets": targets(P1=(1, 1))}, actor=None, at=at(1))
    operations.edit(incident=incident, changes={"sla_policy": policy}, actor=None, now=at(2))
    assert clock(incident, "resolution").due_at == at(24)
    assert not incident.events.filter(kind=EventKind.POLICY_CHANGED).exists()


def test_a_new_version_counts_for_what_becomes_known_after_it_however_early_it_was_opened():
    policy = two_tiers()
    client = a_client(policy=policy)
    known = an_incident(client=client, priority="P3", at=at(1), now=at(2))
    update_policy(policy=policy, changes={"targets": targets(P3=(1, 12))}, actor=None, at=at(3))
    told_later = an_incident(client=client, priority="P3", at=at(1), now=at(4))
    assert (clock(known, "resolution").due_at, clock(told_later, "resolution").due_at) == (at(25), at(13))


def test_a_calendar_counts_as_it_was_when_the_incident_became_known():
    calendar = a_calendar()
    client = a_client(policy=a_policy(calendar=calendar, reopen="new_cycle"))
    known = an_incident(client=client)
    update_calendar(calendar=calendar, changes={"holidays": ["2026-03-02"]}, actor=None, at=at(1))
    told_later = an_incident(client=client, at=MONDAY, now=at(2))
    assert clock(known, "resolution").due_at == at(4)
    assert clock(told_later, "resolution").due_at == at(4 + 24)
    operations.resolve(incident=known, actor=None, now=at(3))
    operations.reopen(incident=known, actor=None, now=at(3.5))
    first, second = clock(known, "resolution", 1), clock(known, "resolution", 2)
    assert first.calendar_version == second.calendar_version
    assert_as_replayed(known, now=at(4))


def test_an_incident_from_before_events_said_what_was_promised_keeps_its_column(incident):
    incident.events.update(policy_version=None)
    set_priority(incident, "P1", at(1))
    assert clock(incident, "resolution").due_at == at(2)
    assert_as_replayed(incident, now=at(1) + timedelta(minutes=1))
