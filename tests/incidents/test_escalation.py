"""Who was told, and who is next: computed as the alerts would be told, without telling anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from alerts.models import Alert, Delivery
from alerts.operations.raising import Passed, raise_levels
from alerts.queries import alerts_about
from incidents import operations
from incidents.escalation import ladders_of
from incidents.explaining import stored_clocks
from sla.ladder import Step
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
LADDER = (Step(50, ("tam",)), Step(75, ("service_manager", "tam")), Step(100, ("service_manager",)))


def after(**time):
    return MONDAY + timedelta(**time)


@pytest.fixture
def incident():
    policy = a_policy("gold", response_s=3600, resolution_s=4 * 3600, ladder=LADDER, thresholds=[50, 75, 100])
    manager = a_user("daniel", Role.MANAGER, first_name="Daniel", last_name="Roth")
    return an_incident(client=a_client("aldgate", policy=policy, service_manager=manager))


def ladders(incident, *, now):
    alerts = list(alerts_about("incident", incident.pk))
    return ladders_of(incident, stored_clocks(incident), alerts, hops={}, now=now)


def told(rung):
    return rung.label, rung.is_ahead, [one.name for one in rung.people]


def test_each_level_to_come_says_when_and_who_will_be_told(incident):
    response, resolution = ladders(incident, now=after(minutes=2))
    tam = str(incident.client.tam)
    assert [told(rung) for rung in response.rungs] == [
        ("50%", True, [tam]),
        ("75%", True, ["Daniel Roth", tam]),
        ("100%", True, ["Daniel Roth"]),
    ]
    assert [rung.at for rung in response.rungs] == [
        after(minutes=30),
        after(minutes=45),
        after(hours=1, seconds=1),
    ]
    assert resolution.rungs[0].at == after(hours=2)
    assert Delivery.objects.count() == 0


def test_what_was_told_stands_where_it_was_told_and_the_rest_is_ahead(incident):
    operations.acknowledge(incident=incident, actor=None, now=after(minutes=5))
    [clock] = [clock for clock in stored_clocks(incident) if clock.kind == "resolution"]
    raise_levels([Passed(clock, [50])], now=after(hours=2))
    [ladder] = ladders(incident, now=after(hours=2))
    assert [(rung.label, rung.is_ahead) for rung in ladder.rungs] == [("50%", False), ("75%", True), ("100%", True)]
    assert ladder.rungs[0].people[0].delivery == Delivery.objects.get()


def test_a_paused_clock_has_nothing_ahead(incident):
    operations.hold(incident=incident, reason="client", actor=None, now=after(minutes=5))
    assert ladders(incident, now=after(minutes=6)) == []


def test_an_alert_that_nobody_takes_goes_on_to_who_is_next(incident):
    [clock] = [clock for clock in stored_clocks(incident) if clock.kind == "resolution"]
    raise_levels([Passed(clock, [50])], now=after(hours=2))
    Alert.objects.update(escalate_at=after(hours=2, minutes=30))
    rungs = [rung for ladder in ladders(incident, now=after(hours=2)) for rung in ladder.rungs]
    assert [told(rung) for rung in rungs if rung.label.startswith("+")] == [
        ("+30\u00a0min", True, ["Daniel Roth"]),
    ]


def test_nothing_is_asked_for_a_closed_incident_and_the_same_for_many_clocks(incident):
    def cost(one, *, now):
        clocks, alerts = stored_clocks(one), list(alerts_about("incident", one.pk))
        ladders_of(one, clocks, alerts, hops={}, now=now)
        with CaptureQueriesContext(connection) as queries:
            ladders_of(one, clocks, alerts, hops={}, now=now)
        return len(queries)

    both = cost(incident, now=after(minutes=5))
    operations.acknowledge(incident=incident, actor=None, now=after(minutes=5))
    assert cost(incident, now=after(minutes=6)) == both
    operations.resolve(incident=incident, actor=None, now=after(minutes=7))
    assert cost(incident, now=after(minutes=8)) == 0
