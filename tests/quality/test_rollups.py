"""Roll-ups kept from the outbox equal those built anew, and both equal a plain count."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import operations
from incidents.models import Incident
from kernel import outbox
from kernel.models import OutboxCursor
from quality.models import Rollup
from quality.operations import CONSUMER, keep_rollups, rebuild_rollups
from quality.queries import Compliance, compliance, compliance_by_client_and_month, compliance_by_month
from sla.models import Clock
from tests.factories import MONDAY, a_client, a_department, a_policy, an_incident
from tests.quality.worlds import NOW, a_past, something_happens, two_clients

pytestmark = pytest.mark.django_db


def kept():
    """All cells that count something, as a dict."""
    fields = ("day", "client__slug", "department__slug", "priority", "kind")
    rows = Rollup.objects.values_list(*fields, "met", "missed", "running")
    found = {row[:5]: row[5:] for row in rows}
    assert len(found) == len(rows)
    return found


def counted(zone=UTC):
    """The same by plain loops over the incidents and their clocks' rows."""
    cells: dict = {}
    for incident in Incident.objects.select_related("client", "department"):
        day = incident.opened_at.astimezone(zone).date()
        for kind in ("response", "resolution"):
            cycles = list(Clock.objects.filter(subject_id=incident.pk, kind=kind).order_by("cycle"))
            missed = any(cycle.state == "breached" for cycle in cycles)
            verdict = "missed" if missed else "met" if cycles[-1].stopped_at else "running"
            cell = (day, incident.client.slug, incident.department.slug, incident.priority, kind)
            cells.setdefault(cell, Counter())[verdict] += 1
    return {cell: (count["met"], count["missed"], count["running"]) for cell, count in cells.items()}


@pytest.mark.parametrize("seed", range(4))
def test_after_any_operations_what_was_kept_is_what_a_rebuild_gives(seed):
    chance = random.Random(seed)
    clients = two_clients()
    incidents = a_past(clients, incidents=10, seed=seed, now=NOW)
    now = NOW
    for _round in range(4):
        for _step in range(8):
            now += timedelta(seconds=chance.randrange(4 * 3600))
            something_happens(chance.choice(incidents), chance=chance, at=now, now=now)
        incidents += a_past(clients, incidents=2, seed=seed + 100, now=now)
        keep_rollups()
        assert kept() == counted()
    incrementally = kept()
    rebuild_rollups()
    assert kept() == incrementally


def test_an_incident_that_moves_to_another_department_leaves_its_cell():
    incident = an_incident(at=MONDAY, department=a_department("network"))
    keep_rollups()
    operations.assign(incident=incident, department=a_department("dba"), actor=None, now=MONDAY + timedelta(minutes=2))
    keep_rollups()
    assert {cell[2] for cell in kept()} == {"dba"}


def test_a_day_begins_at_midnight_of_the_installation(settings):
    settings.TIME_ZONE = "Europe/Vienna"
    an_incident(at=datetime(2026, 6, 1, 22, 30, tzinfo=UTC))
    keep_rollups()
    assert {cell[0] for cell in kept()} == {date(2026, 6, 2)}


def test_keeping_twice_changes_nothing_and_takes_no_event_twice():
    a_past(two_clients(), incidents=5, seed=3, now=NOW)
    assert keep_rollups() > 0
    before = kept()
    assert keep_rollups() == 0
    assert kept() == before


def test_facts_of_other_rooms_move_the_cursor_and_count_nothing():
    outbox.put("client.changed", key="1", payload={"client": 1}, at=MONDAY)
    outbox.put("clock.breached", key="1", payload={"question": 1}, at=MONDAY)
    outbox.put("incident.opened", key="gone", payload={"incident": 10**9}, at=MONDAY)
    assert keep_rollups() == 3
    assert kept() == {}
    assert OutboxCursor.objects.get(consumer=CONSUMER).position == 3


def test_more_events_than_a_batch_are_all_taken(monkeypatch):
    monkeypatch.setattr("quality.operations.BATCH", 7)
    monkeypatch.setattr("quality.operations.RUNS_AT_ONCE", 2)
    a_past(two_clients(), incidents=15, seed=4, now=NOW)
    keep_rollups()
    assert kept() == counted()


def test_a_rebuild_mends_what_was_spoilt_and_the_command_says_how_many_cells():
    a_past(two_clients(), incidents=5, seed=5, now=NOW)
    keep_rollups()
    before = kept()
    Rollup.objects.update(met=99)
    call_command("rebuild_metrics")
    assert kept() == before
    assert keep_rollups() == 0


def test_a_rebuild_costs_the_same_for_a_few_incidents_and_for_many():
    clients = two_clients()

    def cost(new: int) -> int:
        a_past(clients, incidents=new, seed=new, now=NOW)
        outbox.sequence()
        with CaptureQueriesContext(connection) as queries:
            rebuild_rollups()
        return len(queries)

    cost(1)  # the first one makes the cursor
    assert cost(4) == cost(20)


# --- what reads them ------------------------------------------------------------------------------------------------
def a_month_of_verdicts():
    """March: one met, two missed, one running at the first client; the second one has a met in April."""
    first, second = (a_client(slug, policy=a_policy(response_s=900, resolution_s=3600)) for slug in ("one", "two"))
    for minutes in (10, 70, 80):
        incident = an_incident(client=first, at=MONDAY)
        operations.resolve(incident=incident, actor=None, now=MONDAY + timedelta(minutes=minutes))
    an_incident(client=first, at=MONDAY)
    april = MONDAY + timedelta(days=35)
    operations.resolve(incident=an_incident(client=second, at=april), actor=None, now=april + timedelta(minutes=10))
    keep_rollups()
    return first, second


def test_compliance_by_month_lists_every_month_and_leaves_out_what_runs():
    first, _second = a_month_of_verdicts()
    months = compliance_by_month(clients=[first.pk], first=date(2026, 2, 1), months=3, kind="resolution")
    assert months == [
        (date(2026, 2, 1), Compliance()),
        (date(2026, 3, 1), Compliance(met=1, missed=2, running=1)),
        (date(2026, 4, 1), Compliance()),
    ]
    assert [one.share for _month, one in months] == [None, pytest.approx(1 / 3), None]
    everybody = compliance_by_month(clients=None, first=date(2026, 4, 1), months=1, kind="resolution")
    assert everybody == [(date(2026, 4, 1), Compliance(met=1))]


def test_compliance_of_clients_is_one_query_and_says_nothing_of_clients_without_incidents(django_assert_num_queries):
    first, second = a_month_of_verdicts()
    with django_assert_num_queries(1):
        found = compliance(clients=[first.pk, second.pk], since=date(2026, 3, 1), until=date(2026, 4, 1))
    assert found == {
        first.pk: {
            "response": Compliance(met=1, missed=2, running=1),
            "resolution": Compliance(met=1, missed=2, running=1),
        }
    }


def test_compliance_of_clients_by_month_has_a_value_for_every_month(django_assert_num_queries):
    first, second = a_month_of_verdicts()
    with django_assert_num_queries(1):
        found = compliance_by_client_and_month(clients=[first.pk, second.pk], first=date(2026, 3, 1), months=2)
    assert found[first.pk]["resolution"] == [Compliance(met=1, missed=2, running=1), Compliance()]
    assert found[second.pk]["resolution"] == [Compliance(), Compliance(met=1)]


def test_what_departments_promise_each_other_is_not_counted_among_promises_to_clients():
    incident = an_incident(department=a_department("unix"), now=NOW)
    keep_rollups()
    before = kept()
    [response] = Clock.objects.filter(subject_id=incident.pk, kind="response")
    response.pk, response.kind = None, "accept"
    response.save()
    rebuild_rollups()
    assert kept() == before
