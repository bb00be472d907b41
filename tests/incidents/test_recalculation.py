"""The newest terms for what is open: seen before it happens, done once, told in the history."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role
from alerts.models import Alert
from alerts.operations import sweep
from incidents import operations
from incidents.models import EventKind, IncidentEvent
from incidents.operations import recalculate
from kernel import history
from kernel.errors import Conflict, Invalid
from sla.models import Clock
from sla.operations import update_calendar, update_policy
from tests.factories import a_calendar, a_client, a_policy, a_user, an_incident
from tests.incidents.clocks import assert_as_replayed, at, clock, targets

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy():
    return a_policy("gold", targets=targets(P2=(1, 8)))


def tighten(policy, hours=4):
    update_policy(policy=policy, changes={"targets": targets(P2=(1, hours))}, actor=None, at=at(1))


def run(subject, now, *, dry_run=False, reason="New contract"):
    return recalculate(subject, reason=reason, actor=None, now=now, dry_run=dry_run)


def test_a_preview_shows_each_deadline_before_and_after_and_changes_nothing(policy):
    incident = an_incident(client=a_client(policy=policy))
    tighten(policy)
    before = list(Clock.objects.values())
    found = run(policy, at(2), dry_run=True)
    [one] = found.incidents
    assert [(m.kind, m.before.due_at, m.after.due_at) for m in one.clocks] == [("resolution", at(8), at(4))]
    assert (one.incident, found.becoming_late, found.saved, found.is_all) == (incident, 0, 0, True)
    assert list(Clock.objects.values()) == before
    assert not IncidentEvent.objects.filter(kind=EventKind.RECALCULATED).exists()


def test_it_says_who_would_be_late_and_who_would_be_saved(policy):
    an_incident(client=a_client(policy=policy))
    tighten(policy)
    assert run(policy, at(5), dry_run=True).becoming_late == 1
    update_policy(policy=policy, changes={"targets": targets(P2=(24, 48))}, actor=None, at=at(2))
    assert run(policy, at(9), dry_run=True).saved == 1


def test_applied_it_is_an_event_with_its_reason_and_a_line_in_the_policys_history(policy):
    incident = an_incident(client=a_client(policy=policy))
    tighten(policy)
    boss = a_user("boss", Role.MANAGER)
    recalculate(policy, reason="New contract", actor=boss, now=at(5))
    late = clock(incident, "resolution")
    assert (late.due_at, late.state, late.late_by_change_at) == (at(4), "breached", at(5))
    told = incident.events.get(kind=EventKind.RECALCULATED)
    assert (told.text, told.actor, told.policy_version) == ("New contract", boss, policy.versions.get(number=2))
    line = history.of(policy)[0]
    assert (line.verb, line.text, line.changes) == ("recalculated", "New contract", {"incidents": [None, 1]})
    assert_as_replayed(incident, now=at(6))


def test_done_twice_it_is_done_once(policy):
    incident = an_incident(client=a_client(policy=policy))
    tighten(policy)
    run(policy, at(2))
    assert run(policy, at(3)).incidents == ()
    assert incident.events.filter(kind=EventKind.RECALCULATED).count() == 1


def test_only_what_is_open_and_counts_by_an_older_version(policy):
    client = a_client(policy=policy)
    done = an_incident(client=client)
    operations.resolve(incident=done, actor=None, now=at(0.5))
    other = an_incident()
    due_at = clock(other, "resolution").due_at
    tighten(policy)
    an_incident(client=client, at=at(2))
    assert run(policy, at(3)).incidents == ()
    assert clock(other, "resolution").due_at == due_at


def test_alerts_that_are_no_longer_true_are_withdrawn(policy):
    incident = an_incident(client=a_client(policy=policy))
    sweep(at(9))
    update_policy(policy=policy, changes={"targets": targets(P2=(24, 48))}, actor=None, at=at(10))
    run(policy, at(10))
    assert clock(incident, "resolution").state == "running"
    assert set(Alert.objects.filter(level=100).values_list("state", flat=True)) == {"retracted"}


def test_a_newer_calendar_reaches_what_is_open_only_so():
    calendar = a_calendar()
    incident = an_incident(client=a_client(policy=a_policy(calendar=calendar)))
    update_calendar(calendar=calendar, changes={"always": True}, actor=None, at=at(1))
    operations.acknowledge(incident=incident, actor=None, now=at(1.5))
    an_incident(client=incident.client, at=at(2))
    assert [one.incident for one in run(calendar, at(3)).incidents] == [incident]
    assert clock(incident, "resolution").calendar_version == calendar.versions.get(number=2)
    assert run(calendar, at(4)).incidents == ()
    assert_as_replayed(incident, now=at(4))


def test_what_departments_and_vendors_owe_begins_with_the_next_handover():
    with pytest.raises(Conflict):
        run(a_policy(scope="department"), at(1))


def test_without_a_reason_nothing_happens(policy):
    with pytest.raises(Invalid):
        run(policy, at(1), reason="  ")


def test_a_large_number_comes_in_parts_of_which_each_is_whole(policy, monkeypatch):
    monkeypatch.setattr("incidents.operations.recalculating.MOST", 5)
    monkeypatch.setattr("incidents.operations.recalculating.BATCH", 2)
    client = a_client(policy=policy)
    for _number in range(7):
        an_incident(client=client)
    tighten(policy)
    first, second = run(policy, at(2)), run(policy, at(2) + timedelta(seconds=1))
    assert (len(first.incidents), first.is_all, len(second.incidents), second.is_all) == (5, False, 2, True)


def test_over_rest_it_is_a_preview_unless_told_otherwise(api, policy):
    incident = an_incident(client=a_client(policy=policy))
    tighten(policy)
    program = api(a_user("root", Role.ADMIN))
    url = "/api/v1/sla-policies/gold/recalculate/"
    body = program.post(url, {"reason": "New contract"}).json()
    assert (body["dry_run"], [one["reference"] for one in body["incidents"]]) == (True, [incident.reference])
    [moved] = body["incidents"][0]["clocks"]
    assert (moved["kind"], moved["after"]["target_s"]) == ("resolution", 4 * 3600)
    assert clock(incident, "resolution").due_at == at(8)
    assert program.post(url, {"reason": "New contract", "dry_run": False}).json()["is_all"] is True
    assert clock(incident, "resolution").due_at == at(4)
    assert program.post(url, {}).status_code == 400
    assert program.post("/api/v1/sla-policies/nowhere/recalculate/", {"reason": "x"}).status_code == 404


def test_a_token_for_one_client_sees_and_moves_that_clients_incidents_alone(api, policy):
    mine = an_incident(client=a_client("mine", policy=policy))
    other = an_incident(client=a_client("other", policy=policy))
    tighten(policy)
    program = api(a_user("root", Role.ADMIN), clients=("mine",))
    for dry_run in (True, False):
        answer = program.post(
            "/api/v1/sla-policies/gold/recalculate/", {"reason": "New contract", "dry_run": dry_run}
        ).json()
        assert [one["reference"] for one in answer["incidents"]] == [mine.reference]
    assert (clock(mine, "resolution").due_at, clock(other, "resolution").due_at) == (at(4), at(8))
