"""The life of an incident: what each verb does to status, clocks and events. Time is an argument."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerts.models import Alert
from alerts.operations import sweep
from incidents import operations
from incidents.models import FAR_FUTURE, Incident, Status
from kernel.errors import Conflict, Invalid, Stale
from kernel.models import OutboxEvent
from sla.models import Clock
from tests.factories import MONDAY, a_calendar, a_client, a_department, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def clock(incident: Incident, kind: str, cycle: int = 1) -> Clock:
    return Clock.objects.get(subject_kind="incident", subject_id=incident.pk, kind=kind, cycle=cycle)


def at(hours: float) -> datetime:
    return MONDAY + hours * HOUR


@pytest.fixture
def incident() -> Incident:
    """Response due after one hour, resolution after four, around the clock."""
    return an_incident(client=a_client(policy=a_policy()))


def test_a_new_incident_has_both_clocks_running_from_its_opening(incident: Incident) -> None:
    response, resolution = clock(incident, "response"), clock(incident, "resolution")
    assert (response.state, response.due_at) == ("running", at(1))
    assert (resolution.state, resolution.due_at) == ("running", at(4))
    assert response.wake_at == at(0.5)
    assert incident.next_due_at == at(1)
    assert incident.department.slug == "support"


def test_acknowledging_at_the_deadline_meets_the_response(incident: Incident) -> None:
    operations.acknowledge(incident=incident, actor=None, now=at(1))
    stopped = clock(incident, "response")
    assert (stopped.state, stopped.stopped_at, stopped.elapsed_s, stopped.wake_at) == ("met", at(1), 3600, None)


def test_acknowledging_one_second_late_breaches_and_the_next_sweep_tells_of_it(incident: Incident) -> None:
    operations.acknowledge(incident=incident, actor=None, now=at(1) + timedelta(seconds=1))
    late = clock(incident, "response")
    assert (late.state, late.breached_at) == ("breached", at(1))
    sweep(at(1) + timedelta(seconds=5))
    assert Alert.objects.get(clock=late, level=Alert.BREACH).deliveries.exists()


def test_acknowledging_twice_is_acknowledging_once(incident: Incident) -> None:
    first = operations.acknowledge(incident=incident, actor=None, now=at(0.2))
    second = operations.acknowledge(incident=incident, actor=None, now=at(0.4))
    assert second.responded_at == at(0.2)
    assert second.version == first.version


def test_waiting_for_the_client_pauses_the_resolution_and_moves_the_deadline(incident: Incident) -> None:
    operations.hold(incident=incident, reason="client", actor=None, now=at(1))
    paused = clock(incident, "resolution")
    assert (paused.state, paused.due_at, paused.wake_at, paused.elapsed_s) == ("paused", None, None, 3600)
    resumed = operations.resume(incident=incident, actor=None, now=at(3))
    assert clock(incident, "resolution").due_at == at(6)
    assert resumed.next_due_at == at(6)


def test_waiting_for_a_problem_pauses_nothing(incident: Incident) -> None:
    operations.hold(incident=incident, reason="problem", actor=None, now=at(1))
    assert clock(incident, "resolution").due_at == at(4)


def test_the_response_clock_stops_at_the_first_hold(incident: Incident) -> None:
    operations.hold(incident=incident, reason="client", actor=None, now=at(0.5))
    assert clock(incident, "response").state == "met"


def test_neither_assigning_nor_commenting_stops_the_response_clock(incident: Incident) -> None:
    operations.assign(incident=incident, department=a_department("dba"), actor=None, now=at(0.1))
    operations.comment(incident=incident, text="We look into it.", is_public=True, actor=None, now=at(0.2))
    assert clock(incident, "response").state == "running"


def test_resolving_while_on_hold_counts_the_hold_as_a_pause(incident: Incident) -> None:
    operations.hold(incident=incident, reason="client", actor=None, now=at(1))
    operations.resolve(incident=incident, resolution="It was theirs.", actor=None, now=at(30))
    stopped = clock(incident, "resolution")
    assert (stopped.state, stopped.elapsed_s, stopped.due_at) == ("met", 3600, at(33))


def test_a_paused_clock_with_nothing_left_is_met_when_stopped_and_due_at_the_next_open_second_when_resumed() -> None:
    office = a_calendar()
    incident = an_incident(client=a_client(policy=a_policy(calendar=office, response_s=600, resolution_s=8 * 3600)))
    operations.hold(incident=incident, reason="client", actor=None, now=at(8))
    operations.resume(incident=incident, actor=None, now=at(10))
    assert clock(incident, "resolution").due_at == at(24)


def test_a_target_used_up_at_closing_time_is_due_at_closing_time() -> None:
    incident = an_incident(
        client=a_client(policy=a_policy(calendar=a_calendar(), response_s=600, resolution_s=8 * 3600))
    )
    assert clock(incident, "resolution").due_at == at(8)
    operations.resolve(incident=incident, resolution="Later that night", actor=None, now=at(9))
    assert clock(incident, "resolution").state == "breached"


def test_reopening_continues_the_clock_and_counts_the_time_in_between_as_a_pause(incident: Incident) -> None:
    operations.resolve(incident=incident, resolution="Done", actor=None, now=at(2))
    reopened = operations.reopen(incident=incident, actor=None, now=at(26))
    again = clock(incident, "resolution")
    assert (again.state, again.due_at, again.elapsed_s, again.stopped_at) == ("running", at(28), 7200, None)
    assert (reopened.status, reopened.reopen_count, reopened.resolved_at) == ("in_progress", 1, None)


def test_reopening_under_the_policy_new_cycle_starts_a_second_clock_and_keeps_the_first() -> None:
    incident = an_incident(client=a_client(policy=a_policy(reopen="new_cycle")))
    operations.resolve(incident=incident, resolution="Done", actor=None, now=at(2))
    operations.reopen(incident=incident, actor=None, now=at(26))
    assert clock(incident, "resolution", 1).state == "met"
    assert clock(incident, "resolution", 2).due_at == at(30)


def test_closing_directly_stops_both_clocks_and_leaves_no_deadline(incident: Incident) -> None:
    closed = operations.close(incident=incident, actor=None, now=at(0.5))
    assert {c.state for c in Clock.objects.filter(subject_id=incident.pk)} == {"met"}
    assert (closed.resolved_at, closed.closed_at, closed.next_due_at) == (at(0.5), at(0.5), FAR_FUTURE)


def test_a_changed_priority_counts_from_the_opening_with_the_pauses_kept() -> None:
    from sla.models import Calendar
    from sla.operations import TargetInput

    always = Calendar.objects.get(slug="always")
    targets = [TargetInput("P1", 600, 2 * 3600, always), TargetInput("P2", 3600, 4 * 3600, always)]
    incident = an_incident(client=a_client(policy=a_policy(targets=targets)), priority="P2")
    operations.hold(incident=incident, reason="client", actor=None, now=at(0.5))
    operations.resume(incident=incident, actor=None, now=at(1.5))
    operations.edit(incident=incident, changes={"priority": "P1"}, actor=None, now=at(1.6))
    assert clock(incident, "resolution").due_at == at(3)
    assert clock(incident, "response").state == "breached"


def test_what_the_table_does_not_allow_is_a_conflict(incident: Incident) -> None:
    with pytest.raises(Conflict, match="cannot become"):
        operations.reopen(incident=incident, actor=None, now=at(1))
    operations.resolve(incident=incident, resolution="Done", actor=None, now=at(1))
    with pytest.raises(Conflict):
        operations.hold(incident=incident, reason="client", actor=None, now=at(2))
    with pytest.raises(Conflict):
        operations.acknowledge(incident=incident, actor=None, now=at(2))


def test_a_verb_may_report_the_past_but_not_before_what_is_known_already(incident: Incident) -> None:
    operations.acknowledge(incident=incident, actor=None, now=at(2), at=at(0.5))
    assert clock(incident, "response").state == "met"
    with pytest.raises(Conflict, match="later than that"):
        operations.hold(incident=incident, reason="client", actor=None, now=at(2), at=at(0.25))
    with pytest.raises(Invalid, match="before the incident"):
        operations.resolve(incident=incident, resolution="?", actor=None, now=at(2), at=at(-1))
    with pytest.raises(Invalid, match="future"):
        operations.resolve(incident=incident, resolution="?", actor=None, now=at(2), at=at(3))


def test_editing_what_somebody_else_changed_is_refused(incident: Incident) -> None:
    operations.edit(incident=incident, changes={"title": "Core switch"}, actor=None, now=at(1), expected_version=1)
    with pytest.raises(Stale):
        operations.edit(incident=incident, changes={"title": "Edge switch"}, actor=None, now=at(1), expected_version=1)


def test_equal_values_are_no_change(incident: Incident) -> None:
    same = operations.edit(incident=incident, changes={"title": incident.title}, actor=None, now=at(1))
    assert same.version == incident.version


def test_each_change_is_one_event_and_one_fact_in_the_outbox(incident: Incident) -> None:
    person = a_user("priya")
    operations.acknowledge(incident=incident, actor=person, now=at(0.1))
    operations.assign(incident=incident, assignee=person, actor=person, now=at(0.2))
    kinds = list(incident.events.values_list("kind", flat=True))
    assert kinds == ["opened", "acknowledged", "assigned"]
    facts = OutboxEvent.objects.filter(topic__startswith="incident.").order_by("pk")
    assert list(facts.values_list("topic", flat=True)) == [f"incident.{kind}" for kind in kinds]


def test_changes_of_department_are_hops_without_gaps(incident: Incident) -> None:
    operations.assign(incident=incident, department=a_department("network"), actor=None, now=at(1))
    operations.assign(incident=incident, department=a_department("dba"), actor=None, now=at(2))
    stays = [(h.department.slug, h.started_at, h.ended_at) for h in incident.hops.select_related("department")]
    assert stays == [("support", at(0), at(1)), ("network", at(1), at(2)), ("dba", at(2), None)]


def test_an_incident_cannot_stand_above_itself() -> None:
    client = a_client()
    above, below = an_incident(client=client), an_incident(client=client)
    operations.edit(incident=below, changes={"parent": above}, actor=None, now=at(1))
    above = Incident.objects.get(pk=above.pk)
    with pytest.raises(Conflict, match="above itself"):
        operations.edit(incident=above, changes={"parent": below}, actor=None, now=at(1))


class TestReports:
    """What a ticketing system says of its tickets."""

    def report(self, client, now=None, **said):
        at_ = said.pop("at", None)
        opened_at = said.pop("opened_at", None)
        status, reason = said.pop("status", None), said.pop("hold_reason", "")
        ticket = operations.Report(
            source="jira",
            external_ref="OPS-1",
            words=said,
            opened_at=opened_at,
            status=status,
            hold_reason=reason,
            at=at_,
        )
        return operations.report(client=client, ticket=ticket, actor=None, now=now or at(1))

    def test_the_same_report_again_changes_nothing(self) -> None:
        client = a_client(policy=a_policy())
        first, did = self.report(client, title="Disk full", priority="P1", opened_at=at(0))
        again, did_again = self.report(client, title="Disk full", priority="P1", opened_at=at(0))
        assert (did, did_again) == ("created", "unchanged")
        assert first.pk == again.pk

    def test_a_reported_status_moves_the_clocks_at_the_reported_time(self) -> None:
        client = a_client(policy=a_policy())
        self.report(client, title="Disk full", priority="P1", opened_at=at(0))
        incident, did = self.report(client, status="on_hold", hold_reason="vendor", at=at(0.5))
        assert did == "updated"
        assert clock(incident, "response").stopped_at == at(0.5)
        assert incident.status == Status.ON_HOLD

    def test_a_new_ticket_says_title_priority_and_opening(self) -> None:
        with pytest.raises(Invalid) as refused:
            self.report(a_client(), title="Disk full", priority="P1")
        assert refused.value.field == "opened_at"
