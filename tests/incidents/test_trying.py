"""A rule tried on the past: what counts changes nothing, and each part of another rule changes what it should."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from incidents import operations, trying
from incidents.models import Incident
from incidents.trying import Rule, drafted, tried
from kernel.errors import Invalid
from sla.ladder import Step
from sla.models import Calendar, Clock
from sla.operations import TargetInput, set_client_policy
from sla.terms import terms_of
from tests.factories import MONDAY, a_calendar, a_client, a_department, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
HOUR = 3600
LATER = MONDAY + timedelta(days=20)


def after(**time):
    return MONDAY + timedelta(**time)


def trial(user, rule, *, since=MONDAY - timedelta(days=1), client=None):
    return tried(user, rule, since=since, until=LATER, client=client, now=LATER)


@pytest.fixture
def manager():
    return a_user("manager", Role.MANAGER)


@pytest.fixture
def client():
    return a_client("aldgate", policy=a_policy("gold", response_s=HOUR, resolution_s=4 * HOUR))


def resolved(client, *, hours=3.0, waits=(), **fields):
    """Acknowledged after ten minutes and resolved after so many hours; `waits` are (reason, from, to) in hours."""
    incident = an_incident(client=client, now=LATER, **fields)
    operations.acknowledge(incident=incident, actor=None, now=LATER, at=after(minutes=10))
    for reason, begin, end in waits:
        operations.hold(incident=incident, reason=reason, actor=None, now=LATER, at=after(hours=begin))
        operations.resume(incident=incident, actor=None, now=LATER, at=after(hours=end))
    operations.resolve(incident=incident, actor=None, now=LATER, at=after(hours=hours))
    return incident


def draft(*, response_s=HOUR, resolution_s=4 * HOUR, calendar=None, **fields):
    calendar = calendar or Calendar.objects.get(slug="always")
    fields.setdefault("pause_on", ["client", "vendor"])
    return drafted(targets=[TargetInput("P1", response_s, resolution_s, calendar)], **fields)


def test_what_counts_already_changes_nothing(manager, client):
    """Whatever happened to the incidents: the rule measures as the operations do."""
    resolved(client)
    resolved(client, hours=6, waits=[("vendor", 1, 2), ("problem", 2, 3)])
    reopened = resolved(client, hours=1)
    operations.reopen(incident=reopened, actor=None, now=LATER, at=after(hours=30))
    moved = an_incident(client=client, now=LATER)
    operations.assign(incident=moved, department=a_department("unix"), actor=None, now=LATER, at=after(hours=1))
    operations.edit(incident=moved, changes={"priority": "P1"}, actor=None, now=LATER)
    found = trial(manager, Rule())
    assert (found.incidents, found.changed) == (4, [])
    assert found.before == found.after
    assert found.messages_before == found.messages_after
    assert found.before[Clock.Kind.RESOLUTION].missed == 3


def test_a_shorter_target_is_told_with_both(manager, client):
    incident = resolved(client)
    found = trial(manager, Rule(terms=draft(resolution_s=2 * HOUR)))
    [changed] = found.changed
    assert (changed.incident_id, changed.kind) == (incident.pk, "resolution")
    assert (changed.before.verdict, changed.before.left_s) == ("met", HOUR)
    assert (changed.after.verdict, changed.after.left_s) == ("missed", -HOUR)
    assert changed.reasons == ("Target 2\u00a0h, not 4\u00a0h",)
    assert (found.newly_missed, found.no_longer_missed) == (1, 0)
    assert (found.before["resolution"].share, found.after["resolution"].share) == (1.0, 0.0)


def test_a_reason_that_becomes_a_pause_saves_what_it_cost(manager, client):
    resolved(client, hours=5, waits=[("problem", 1, 3)])
    found = trial(manager, Rule(terms=draft(pause_on=["client", "vendor", "problem"])))
    [changed] = found.changed
    assert (changed.before.verdict, changed.after.verdict) == ("missed", "met")
    assert changed.reasons == ("2\u00a0h would be a pause: Waiting for a problem",)
    assert found.no_longer_missed == 1


def test_a_reason_that_is_no_pause_any_more_counts(manager, client):
    resolved(client, hours=5, waits=[("client", 1, 3)])
    [changed] = trial(manager, Rule(terms=draft(pause_on=[]))).changed
    assert changed.reasons == ("2\u00a0h would count: Waiting for client",)


def test_another_calendar_counts_for_whatever_was_promised(manager):
    office = a_calendar("office")
    client = a_client(policy=a_policy("office-gold", calendar=office, resolution_s=10 * HOUR))
    resolved(client, hours=25)
    always = Calendar.objects.get(slug="always")
    [changed] = trial(manager, Rule(calendar_id=always.pk)).changed
    assert (changed.before.used_s, changed.after.used_s) == (9 * HOUR, 25 * HOUR)
    assert changed.reasons == ("16\u00a0h more lie within the service hours",)


def test_another_ladder_tells_others_and_moves_no_clock(manager, client):
    resolved(client, hours=5)
    ladder = (Step(75, ("head", "tam")), Step(100, ("service_manager",)), Step(150, ("user:boss",)))
    found = trial(manager, Rule(ladder=ladder))
    assert found.changed == []
    assert found.messages_before == {"tam": 4, "service_manager": 1}
    assert found.messages_after == {"head": 1, "tam": 1, "service_manager": 1}


def test_reopened_under_another_rule_a_second_clock_counts(manager, client):
    incident = resolved(client, hours=3)
    operations.reopen(incident=incident, actor=None, now=LATER, at=after(hours=5))
    operations.resolve(incident=incident, actor=None, now=LATER, at=after(hours=8))
    [changed] = trial(manager, Rule(terms=draft(reopen="new_cycle"))).changed
    assert (changed.before.verdict, changed.after.verdict) == ("missed", "met")
    assert changed.reasons == ("Reopening is measured otherwise",)


def test_updates_that_would_be_promised_are_counted(manager, client):
    resolved(client, hours=3)
    always = Calendar.objects.get(slug="always")
    terms = drafted(targets=[TargetInput("P1", HOUR, 4 * HOUR, always, HOUR)], pause_on=["client", "vendor"])
    found = trial(manager, Rule(terms=terms))
    assert found.before["update"].share is None
    assert (found.after["update"].met, found.after["update"].missed) == (0, 1)


def test_only_what_was_opened_in_the_period_and_belongs_to_ones_clients_is_trial(manager, client):
    resolved(client)
    other = a_client("other", policy=a_policy("silver"))
    resolved(other)
    assert trial(manager, Rule()).incidents == 2
    assert trial(manager, Rule(), client=client).incidents == 1
    assert trial(client.tam, Rule()).incidents == 1
    assert trial(manager, Rule(), since=after(days=1)).incidents == 0


def test_nothing_is_written_and_the_queries_do_not_grow(manager, client):
    resolved(client)
    rule = Rule(terms=draft(resolution_s=HOUR))
    before = list(Clock.objects.order_by("pk").values())

    def cost():
        with CaptureQueriesContext(connection) as queries:
            trial(manager, rule)
        reads = ("SELECT", "DECLARE")  # PostgreSQL hands out long answers by a cursor
        assert all(query["sql"].lstrip('"( ').upper().startswith(reads) for query in queries.captured_queries)
        return len(queries)

    cost()
    once = cost()
    for _number in range(5):
        resolved(client, hours=2)
    assert cost() == once
    assert list(Clock.objects.order_by("pk").values())[: len(before)] == before


def test_too_many_incidents_are_refused(manager, client, monkeypatch):
    monkeypatch.setattr(trying, "MOST_INCIDENTS", 0)
    resolved(client)
    with pytest.raises(Invalid, match="shorter period"):
        trial(manager, Rule())


def test_a_stored_policy_is_tried_as_it_stands(manager, client):
    strict = a_policy("strict", response_s=60, resolution_s=120)
    resolved(client)
    rule = Rule(terms=terms_of(strict.current_id))
    assert {one.kind for one in trial(manager, rule).changed} == {"response", "resolution"}
    set_client_policy(client=client, policy=strict, actor=None, at=LATER)
    assert Incident.objects.get().policy_version.policy.slug == "gold"
