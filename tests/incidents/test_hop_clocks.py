"""What departments promise each other: one clock to accept and one to finish per hop; nobody is charged for others."""

from __future__ import annotations

import pytest
from django.utils import timezone

from alerts.models import Alert
from alerts.operations import sweep
from departments.operations import map_group, update_department
from incidents import operations
from incidents.attribution import attribution
from incidents.models import Incident
from incidents.settling import story_of
from kernel.errors import Invalid
from sla.models import Clock, SlaPolicy
from sla.operations import update_policy
from tests.factories import a_calendar, a_client, a_department, a_policy, a_user, an_incident
from tests.incidents.clocks import HOUR_S, assert_as_replayed, at, clock, states, targets
from tests.incidents.imports import LOG_HEADER, import_file, log_row

pytestmark = pytest.mark.django_db
FAR = {"P1": (100, 1000), "P2": (100, 1000)}


@pytest.fixture
def client():
    return a_client(policy=a_policy(targets=targets(**FAR)))


@pytest.fixture
def network():
    """Accepts within one hour, finishes within four (P2), around the clock."""
    return a_promising("network")


def a_promising(slug, *, calendar=None, **policy):
    promised = targets(P1=(0.5, 2), P2=(1, 4)) if calendar is None else None
    ola = a_policy(
        f"ola-{slug}", scope="department", targets=promised, calendar=calendar, response_s=HOUR_S,
        resolution_s=4 * HOUR_S, **policy,
    )  # fmt: skip
    department = a_department(slug)
    return update_department(department=department, changes={"ola": ola}, actor=None, at=at(-1))


def give(incident, department, now, **fields):
    return operations.assign(incident=incident, department=department, actor=None, now=now, **fields)


def test_a_department_that_promises_nothing_has_no_clocks(client):
    incident = an_incident(client=client)
    give(incident, a_department("backup"), at(1))
    assert set(Clock.objects.values_list("kind", flat=True)) == {"response", "resolution"}


def test_a_hop_is_accepted_when_somebody_of_it_takes_it_and_finished_when_it_moves_on(client, network):
    incident = an_incident(client=client)
    give(incident, network, at(1))
    assert (clock(incident, "accept", 2).due_at, clock(incident, "finish", 2).due_at) == (at(2), at(5))
    operations.assign(incident=incident, assignee=a_user("engineer"), actor=None, now=at(1.5))
    give(incident, a_department("backup"), at(3))
    assert states(incident, "accept") == [(2, "met", 1800)]
    assert states(incident, "finish") == [(2, "met", 2 * HOUR_S)]
    assert_as_replayed(incident, now=at(4))


def test_going_on_with_it_accepts_it_too(client, network):
    incident = an_incident(client=client, department=network)
    operations.acknowledge(incident=incident, actor=None, now=at(2))
    assert states(incident, "accept") == [(1, "breached", 2 * HOUR_S)]
    operations.resolve(incident=incident, actor=None, now=at(3))
    assert states(incident, "finish") == [(1, "met", 3 * HOUR_S)]


def test_handing_on_stops_the_clock_but_is_no_acceptance(client, network):
    incident = an_incident(client=client, department=network)
    give(incident, a_department("backup"), at(0.5))
    assert states(incident, "accept") == [(1, "met", 1800)]
    stay = story_of(incident, incident.events.all(), until=at(1)).stays[0]
    assert (stay.accepted_at, stay.ended_at) == (None, int(at(0.5).timestamp()))


def test_what_is_given_to_a_person_is_accepted_at_once(client, network):
    incident = an_incident(client=client)
    give(incident, network, at(1), assignee=a_user("engineer"))
    assert states(incident, "accept") == [(2, "met", 0)]


def test_a_hop_that_comes_back_is_a_new_one_and_is_not_charged_for_the_others(client, network):
    incident = an_incident(client=client, department=network)
    give(incident, a_department("backup"), at(3))
    give(incident, network, at(50))
    assert states(incident, "finish") == [(1, "met", 3 * HOUR_S), (3, "running", 0)]
    assert clock(incident, "finish", 3).due_at == at(54)


def test_waiting_for_the_client_stops_it_waiting_for_a_problem_does_not(client):
    ola = a_promising("network", pause_on=["client", "problem"])
    incident = an_incident(client=client, department=ola)
    operations.acknowledge(incident=incident, actor=None, now=at(0))
    operations.hold(incident=incident, reason="client", actor=None, now=at(1))
    operations.hold(incident=incident, reason="problem", actor=None, now=at(2))
    operations.resume(incident=incident, actor=None, now=at(3))
    assert clock(incident, "finish").due_at == at(5)
    assert clock(incident, "finish").elapsed_s == HOUR_S


def test_what_arrives_on_hold_begins_to_count_when_work_goes_on(client, network):
    incident = an_incident(client=client)
    operations.hold(incident=incident, reason="client", actor=None, now=at(0.5))
    give(incident, network, at(1))
    assert states(incident, "accept") == [(2, "paused", 0)]
    operations.resume(incident=incident, actor=None, now=at(10))
    assert (states(incident, "accept"), clock(incident, "finish", 2).due_at) == ([(2, "met", 0)], at(14))


def test_a_handover_outside_hours_counts_from_the_next_opening(client):
    network = a_promising("network", calendar=a_calendar())
    incident = an_incident(client=client)
    give(incident, network, at(10))  # Monday 19:00; open from 9 to 17
    assert clock(incident, "accept", 2).due_at == at(25)


def test_reopened_in_the_same_department_its_clock_goes_on(client, network):
    incident = an_incident(client=client, department=network)
    operations.resolve(incident=incident, actor=None, now=at(1))
    operations.reopen(incident=incident, actor=None, now=at(20))
    assert clock(incident, "finish").due_at == at(23)
    assert states(incident, "accept") == [(1, "met", HOUR_S)]


def test_the_promise_is_the_one_in_force_at_the_handover(client, network):
    incident = an_incident(client=client, department=network)
    update_policy(policy=network.ola, changes={"targets": targets(P2=(1, 1))}, actor=None, at=at(1))
    update_department(department=network, changes={"ola": None}, actor=None, at=at(1))
    assert clock(incident, "finish").due_at == at(4)
    assert_as_replayed(incident, now=at(2))


def test_a_raised_priority_counts_from_the_handover_and_only_for_the_hop_that_has_it(client, network):
    incident = an_incident(client=client, department=network, priority="P2")
    give(incident, a_promising("backup"), at(3))
    operations.edit(incident=incident, changes={"priority": "P1"}, actor=None, now=at(5.5))
    assert (states(incident, "finish")[0], clock(incident, "finish", 1).target_s) == (
        (1, "met", 3 * HOUR_S),
        4 * HOUR_S,
    )
    late = clock(incident, "finish", 2)
    assert (late.state, late.breached_at, late.late_by_change_at) == ("breached", at(5), at(5.5))
    assert_as_replayed(incident, now=at(6))


def test_a_handover_reported_late_gives_each_hop_its_own_clock_and_keeps_their_alerts(client, network):
    incident = an_incident(client=client)
    give(incident, network, at(2))
    sweep(at(6.5))
    told = Alert.objects.get(clock=clock(incident, "finish", 2), level=100)
    give(incident, a_department("backup"), at(7), at=at(1))
    moved = clock(incident, "finish", 3)
    assert (moved.started_at, moved.alerts.get(level=100)) == (at(2), told)
    assert states(incident, "finish") == [(3, "breached", 0)]
    assert_as_replayed(incident, now=at(7))


def test_clients_are_told_nothing_by_it(client, network):
    incident = an_incident(client=client, department=network)
    incident.refresh_from_db()
    assert incident.next_due_at == at(100)


def test_only_a_promise_between_departments_can_be_one(client):
    with pytest.raises(Invalid) as refused:
        update_department(department=a_department(), changes={"ola": a_policy()}, actor=None, at=at(0))
    assert refused.value.field == "ola"
    ola = a_policy(scope=SlaPolicy.Scope.DEPARTMENT)
    with pytest.raises(Invalid):
        an_incident(client=client, sla_policy=ola)


def test_what_was_too_much_falls_on_the_hops_that_were_over():
    client = a_client(policy=a_policy(targets=targets(P2=(1, 6))))
    network, backup = a_promising("network"), a_promising("backup")
    incident = an_incident(client=client, department=network)  # promised 6 h; each finishes within 4 h
    give(incident, backup, at(10))
    operations.resolve(incident=incident, actor=None, now=at(16))
    found = attribution(Clock.objects.filter(subject_id=incident.pk), now=at(17))
    assert (found.excess_s, dict(found.by_hop)) == (10 * HOUR_S, {1: int(7.5 * HOUR_S), 2: int(2.5 * HOUR_S)})
    assert not found.plan_is_at_fault


def test_where_every_hop_kept_its_promise_the_plan_is_at_fault(network):
    client = a_client(policy=a_policy(targets=targets(P2=(1, 2))))
    incident = an_incident(client=client, department=network)
    operations.resolve(incident=incident, actor=None, now=at(3))
    found = attribution(Clock.objects.filter(subject_id=incident.pk), now=at(4))
    assert (found.excess_s, found.by_hop, found.plan_is_at_fault) == (HOUR_S, {}, True)


def test_an_import_measures_hops_too_and_tells_nobody_of_the_past(network, tmp_path):
    client = a_client("acme", policy=a_policy(targets=targets(**FAR)))
    map_group(client=client, group="Group 1", department=network, actor=None, at=at(-1))
    rows = [
        log_row("INC1", "New", 0, "1/3/2016 08:00"),
        log_row("INC1", "Active", 1, "1/3/2016 09:00", assignment_group="Group 1"),
        log_row("INC1", "Resolved", 2, "1/3/2016 18:00", assignment_group="Group 1"),
    ]
    file = tmp_path / "log.csv"
    file.write_text("\n".join([LOG_HEADER, *rows]))
    assert import_file(file, client=client).code == 0
    incident = Incident.objects.get(external_ref="INC1")
    assert (states(incident, "accept"), states(incident, "finish")) == (
        [(2, "met", 0)],
        [(2, "breached", 9 * HOUR_S)],
    )
    assert list(Alert.objects.values_list("kind", "level", "state")) == [("finish", 100, "past")]
    assert_as_replayed(incident, now=timezone.now())
    assert import_file(file, client=client).counts.keys() == {"read", "unchanged"}
