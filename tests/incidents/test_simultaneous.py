"""What happens in one second: what people do keeps its order; what systems report of it does not depend on theirs."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from accounts.models import Role
from incidents import operations
from incidents.models import EventKind, IncidentEvent
from incidents.operations import Report, report
from sla.businesstime import BusinessCalendar, CalendarSpec
from sla.replay import Mark, replay
from tests.factories import a_client, a_policy, a_user, an_incident
from tests.incidents.clocks import assert_as_replayed, at, clock

pytestmark = pytest.mark.django_db
ALWAYS = BusinessCalendar.compile(CalendarSpec.parse({"timezone": "UTC", "always": True}))


def test_a_stop_in_the_very_second_of_the_deadline_is_in_time():
    incident = an_incident(client=a_client(policy=a_policy()))
    operations.resolve(incident=incident, actor=None, now=at(4))
    assert clock(incident, "resolution").state == "met"


@pytest.mark.parametrize("opened", [0.0, 0.4, 0.9])
def test_fractions_of_the_second_do_not_matter(opened):
    incident = an_incident(client=a_client(policy=a_policy()))
    operations.resolve(incident=incident, actor=None, now=at(4) + timedelta(seconds=opened))
    assert clock(incident, "resolution").state == "met"


def test_what_people_do_within_a_second_keeps_the_order_in_which_they_did_it():
    incident = an_incident()
    for verb, fields in [("hold", {"reason": "client"}), ("resume", {}), ("resolve", {}), ("reopen", {})]:
        getattr(operations, verb)(incident=incident, actor=None, now=at(1), **fields)
    incident.refresh_from_db()
    assert (incident.status, clock(incident, "resolution").state) == ("in_progress", "running")
    operations.hold(incident=incident, reason="vendor", actor=None, now=at(1))
    assert clock(incident, "resolution").state == "paused"
    assert_as_replayed(incident, now=at(2))


@pytest.mark.parametrize("order", list(permutations(["resolved", "on_hold", "in_progress"])))
def test_of_what_several_systems_report_of_one_second_a_stop_counts_in_whatever_order_they_came(order):
    incident = an_incident(client=a_client(policy=a_policy()))
    for number, status in enumerate(order):
        IncidentEvent.objects.create(
            incident=incident,
            kind=EventKind.IMPORTED,
            at=at(1),
            recorded_at=at(1) + timedelta(seconds=number),
            via=f"system of {status}",
            status=status,
            hold_reason="client" if status == "on_hold" else "",
        )
    operations.comment(incident=incident, text="seen", actor=None, now=at(2))
    incident.refresh_from_db()
    resolution = clock(incident, "resolution")
    assert (incident.status, resolution.stopped_at, resolution.elapsed_s) == ("resolved", at(1), 3600)


def test_what_one_system_reports_of_one_second_keeps_its_order():
    client, jira = a_client(), a_user("jira", Role.INTEGRATION)
    for status in ("resolved", "in_progress"):
        ticket = Report(
            source="jira",
            external_ref="1",
            words={"title": "Down", "priority": "P2"},
            opened_at=at(0),
            status=status,
            at=at(1),
        )
        incident, _outcome = report(client=client, ticket=ticket, actor=jira, now=at(1.5))
    assert incident.status == "in_progress"


@pytest.mark.parametrize("order", list(permutations([Mark.STOP, Mark.PAUSE, Mark.RESUME])))
def test_what_was_counted_does_not_depend_on_the_order_within_a_second(order):
    state = replay(started_at=0, target_s=100, marks=[(60, mark) for mark in order], calendar=ALWAYS, now=60)
    assert state.elapsed_s == 60
