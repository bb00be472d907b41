"""The quality report against plain loops over the same incidents, and its borders."""

import statistics
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Grant, Role
from incidents import operations
from incidents.models import Incident
from incidents.permissions import incidents_visible_to
from kernel.errors import Invalid
from quality.export import as_json
from quality.queries import quality_report
from sla.models import Clock
from tests.factories import MONDAY, a_client, a_department, a_policy, a_user, an_incident, grant
from tests.quality.worlds import NOW, a_past, two_clients

pytestmark = pytest.mark.django_db
EVERYTHING = ("month", "department", "priority", "client")


def report(**options):
    return as_json(quality_report(Incident.objects.all(), **{"now": NOW, **options}))


# --- the oracle: no arrays, no shared code -------------------------------------------------------------------------
def expected(incidents, *, group_by, now):
    groups: dict = {}
    for incident in incidents:
        values = {
            "month": incident.opened_at.astimezone(UTC).strftime("%Y-%m"),
            "department": incident.department.slug,
            "priority": incident.priority,
            "client": incident.client.slug,
        }
        groups.setdefault(tuple(values[key] for key in group_by), []).append(incident)
    return {
        "groups": [
            {"key": dict(zip(group_by, key, strict=True)), **expected_group(groups[key], now=now)}
            for key in sorted(groups)
        ],
        "total": expected_group(incidents, now=now),
    }


def expected_group(incidents, *, now):
    return {
        "incidents": len(incidents),
        "response": expected_measure(incidents, kind="response", now=now),
        "resolution": expected_measure(incidents, kind="resolution", now=now),
    }


def expected_measure(incidents, *, kind, now):
    counts, business, wall = {"met": 0, "missed": 0, "running": 0}, [], []
    for incident in incidents:
        cycles = list(Clock.objects.filter(subject_id=incident.pk, kind=kind).order_by("cycle"))
        late = [c for c in cycles if c.state == "breached" or (c.stopped_at is None and c.due_at and c.due_at < now)]
        counts["missed" if late else "met" if cycles[-1].stopped_at else "running"] += 1
        if cycles[-1].stopped_at:
            business.append(sum(cycle.elapsed_s for cycle in cycles))
            wall.append((cycles[-1].stopped_at - incident.opened_at).total_seconds())
    return {**counts, "business_s": expected_times(business), "wall_s": expected_times(wall)}


def expected_times(values):
    if not values:
        return dict.fromkeys(("mean", "median", "p90", "max"))
    p90 = statistics.quantiles(values, n=10, method="inclusive")[8] if len(values) > 1 else values[0]
    exact = {"mean": statistics.mean(values), "median": statistics.median(values), "p90": p90, "max": max(values)}
    return {name: pytest.approx(value, abs=0.5001) for name, value in exact.items()}


@pytest.mark.parametrize(
    "group_by", [(), ("month",), ("department",), ("priority",), ("client",), ("client", "month"), EVERYTHING]
)
def test_the_report_is_what_plain_loops_count(group_by):
    a_past(two_clients(), incidents=60, seed=1, now=NOW)
    later = NOW + timedelta(hours=2)
    incidents = list(Incident.objects.select_related("client", "department"))
    found = report(group_by=group_by, now=later)
    wanted = expected(incidents, group_by=group_by, now=later)
    if not group_by:
        wanted["groups"] = []
    assert found == wanted
    assert {n for n in ("met", "missed", "running") if found["total"]["resolution"][n]} == {"met", "missed", "running"}


def test_keys_are_sorted_in_the_order_they_were_asked_for():
    client, other = two_clients()
    an_incident(client=other, priority="P1", at=MONDAY)
    an_incident(client=client, priority="P2", at=MONDAY)
    an_incident(client=client, priority="P1", at=MONDAY - timedelta(days=5))
    found = [group["key"] for group in report(group_by=("client", "month"))["groups"]]
    assert found == [
        {"client": "aldgate", "month": "2026-02"},
        {"client": "aldgate", "month": "2026-03"},
        {"client": "helios", "month": "2026-03"},
    ]
    assert list(found[0]) == ["client", "month"]


def test_without_incidents_the_counts_are_zero_and_the_times_unknown():
    nothing = {"mean": None, "median": None, "p90": None, "max": None}
    measure = {"met": 0, "missed": 0, "running": 0, "business_s": nothing, "wall_s": nothing}
    assert report(group_by=EVERYTHING) == {
        "groups": [],
        "total": {"incidents": 0, "response": measure, "resolution": measure},
    }


def test_a_clock_past_its_deadline_is_missed_even_if_no_sweep_came():
    an_incident(client=a_client(policy=a_policy(response_s=900, resolution_s=3600)), at=MONDAY)
    at_the_deadline = report(now=MONDAY + timedelta(seconds=900))["total"]["response"]
    one_second_later = report(now=MONDAY + timedelta(seconds=901))["total"]["response"]
    assert (at_the_deadline["running"], at_the_deadline["missed"]) == (1, 0)
    assert (one_second_later["running"], one_second_later["missed"]) == (0, 1)
    assert Clock.objects.get(kind="response").state == Clock.State.RUNNING


def test_a_paused_clock_is_running_however_long_it_waits():
    incident = an_incident(client=a_client(policy=a_policy(response_s=900, resolution_s=3600)), at=MONDAY)
    operations.hold(incident=incident, reason="client", actor=None, now=MONDAY + timedelta(minutes=5))
    assert report(now=MONDAY + timedelta(days=30))["total"]["resolution"]["running"] == 1


def test_wall_time_holds_the_pause_and_business_time_does_not():
    incident = an_incident(client=a_client(policy=a_policy(response_s=900, resolution_s=3600)), at=MONDAY)
    for minutes, verb, extra in [(5, "hold", {"reason": "client"}), (65, "resume", {}), (75, "resolve", {})]:
        at = MONDAY + timedelta(minutes=minutes)
        getattr(operations, verb)(incident=incident, actor=None, now=at, **extra)
    found = report(now=MONDAY + timedelta(days=1))["total"]["resolution"]
    assert (found["business_s"]["max"], found["wall_s"]["max"], found["met"]) == (15 * 60, 75 * 60, 1)


def test_with_a_new_cycle_a_missed_first_one_stays_missed_and_both_count_their_time():
    client = a_client(policy=a_policy(response_s=900, resolution_s=3600, reopen="new_cycle"))
    incident = an_incident(client=client, at=MONDAY)
    for hours, verb in [(2, "resolve"), (10, "reopen"), (10.5, "resolve")]:
        getattr(operations, verb)(incident=incident, actor=None, now=MONDAY + timedelta(hours=hours))
    found = report(now=MONDAY + timedelta(days=1))["total"]["resolution"]
    assert (found["met"], found["missed"], found["running"]) == (0, 1, 0)
    assert (found["business_s"]["mean"], found["wall_s"]["mean"]) == (2.5 * 3600, 10.5 * 3600)


# --- the period ---------------------------------------------------------------------------------------------------
def test_a_date_is_midnight_in_the_installations_zone_and_the_end_is_left_out(settings):
    settings.TIME_ZONE = "Europe/Vienna"
    client = a_client()
    vienna = ZoneInfo("Europe/Vienna")
    for at in (
        datetime(2026, 2, 28, 23, 59, 59, tzinfo=vienna),
        datetime(2026, 3, 1, 0, 0, 0, tzinfo=vienna),
        datetime(2026, 3, 31, 23, 59, 59, tzinfo=vienna),  # summer time by now
        datetime(2026, 4, 1, 0, 0, 0, tzinfo=vienna),
    ):
        an_incident(client=client, at=at)
    found = report(date_from=date(2026, 3, 1), date_to=date(2026, 4, 1), group_by=("month",))
    assert [(group["key"], group["incidents"]) for group in found["groups"]] == [({"month": "2026-03"}, 2)]
    months = [(group["key"]["month"], group["incidents"]) for group in report(group_by=("month",))["groups"]]
    assert months == [("2026-02", 1), ("2026-03", 2), ("2026-04", 1)]


def test_a_month_whose_first_midnight_does_not_exist_begins_when_the_clocks_have_been_moved(settings):
    """Asunción, 1 October 2017: at 00:00 it became 01:00."""
    settings.TIME_ZONE = "America/Asuncion"
    moved = datetime(2017, 10, 1, 4, 0, tzinfo=UTC)
    client = a_client()
    for at in (moved - timedelta(seconds=1), moved):
        an_incident(client=client, at=at, now=NOW)
    assert [group["key"]["month"] for group in report(group_by=("month",))["groups"]] == ["2017-09", "2017-10"]
    assert report(date_from=date(2017, 10, 1))["total"]["incidents"] == 1


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(Invalid) as error:
        report(date_from=date(2026, 3, 2), date_to=date(2026, 3, 1))
    assert error.value.field == "to"


@pytest.mark.parametrize("keys", [("weekday",), ("month", "month"), ("",)])
def test_keys_that_nobody_knows_and_keys_named_twice_are_refused(keys):
    with pytest.raises(Invalid) as error:
        report(group_by=keys)
    assert error.value.field == "group_by"


# --- scope and cost -------------------------------------------------------------------------------------------------
def test_a_tams_report_counts_the_own_clients_only():
    mine, others = two_clients()
    an_incident(client=mine, at=MONDAY)
    an_incident(client=others, at=MONDAY)
    assert mine.tam is not None
    found = as_json(quality_report(incidents_visible_to(mine.tam), group_by=("client",), now=NOW))
    assert [(group["key"]["client"], group["incidents"]) for group in found["groups"]] == [("aldgate", 1)]
    assert found["total"]["response"]["missed"] == 1


def test_a_heads_report_counts_the_own_department_of_every_client():
    head = a_user("head", Role.HEAD)
    grant(head, Role.HEAD, Grant.Scope.DEPARTMENT, a_department("dba").pk)
    for client in two_clients():
        for slug in ("dba", "network"):
            an_incident(client=client, at=MONDAY, department=a_department(slug))
    found = as_json(quality_report(incidents_visible_to(head), group_by=("department",), now=NOW))
    assert [(group["key"]["department"], group["incidents"]) for group in found["groups"]] == [("dba", 2)]


def test_the_report_costs_the_same_for_a_few_incidents_and_for_many():
    clients = two_clients()

    def cost(new: int) -> int:
        a_past(clients, incidents=new, seed=new, now=NOW)
        with CaptureQueriesContext(connection) as queries:
            report(group_by=EVERYTHING)
        return len(queries)

    assert cost(2) == cost(25)
