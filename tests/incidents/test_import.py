"""Imports of a ServiceNow event log: what is stored, what a second file adds, what nobody is alerted of."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BufferedReader, BytesIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.models import Client
from alerts.models import Alert, Delivery
from alerts.operations import sweep
from departments.models import GroupMapping
from incidents.importing import operations, run
from incidents.models import FAR_FUTURE, Hop, Incident, IncidentEvent
from kernel.models import OutboxEvent
from projects.models import Project
from sla.models import Clock, SlaPolicy
from tests.factories import a_client, a_department, a_policy
from tests.incidents import agreement
from tests.incidents.imports import SAMPLE, a_log, everything_stored, import_file, log_row
from tests.incidents.oracle import Promise

pytestmark = pytest.mark.django_db

MakePromise = Callable[..., tuple[SlaPolicy, Promise]]


@pytest.fixture
def client() -> Client:
    """One target around the clock: a response within an hour, a resolution within four."""
    return a_client("acme", policy=a_policy())


def clock(number: str, kind: str) -> Clock:
    incident = Incident.objects.get(external_ref=number)
    return Clock.objects.get(subject_kind="incident", subject_id=incident.pk, kind=kind)


def sample_lines() -> list[str]:
    return gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()


def two_incidents() -> list[str]:
    """Two incidents, five events."""
    return [
        log_row("INC1", "New", 0, "1/3/2016 08:05"),
        log_row("INC1", "Active", 1, "1/3/2016 08:30"),
        log_row("INC1", "Resolved", 2, "1/3/2016 11:00"),
        log_row("INC2", "New", 0, "1/3/2016 08:10"),
        log_row("INC2", "Closed", 1, "2/3/2016 08:10"),
    ]


# ------------------------------------------------------------------------------------- against the oracle


@pytest.mark.parametrize("make", [agreement.promise_around_the_clock, agreement.promise_in_office_hours])
@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo"])
def test_the_sample_is_stored_as_the_independent_replay_has_it(make: MakePromise, zone: str, client: Client) -> None:
    now = timezone.now()
    policy, promise = make(at=now)
    agreement.map_groups(client)
    result = import_file(SAMPLE, "--policy", policy.slug, "--timezone", zone, client=client)
    assert result.code == 0
    assert result.counts == {"read": 4907, "created": 642}
    assert list(agreement.differences(SAMPLE, promise, client=client, now=now, zone=zone)) == []


def test_an_export_taken_piece_by_piece_ends_as_the_whole(tmp_path: Path, client: Client) -> None:
    """Each piece knows more rows of each incident, the last ones first: most lie before what is stored already."""
    now = timezone.now()
    policy, promise = agreement.promise_in_office_hours(at=now)
    header, *rows = sample_lines()
    for remainder in (2, 0, 1):
        piece = a_log(
            tmp_path / "piece.csv", [row for row in rows if int(row.split(",")[5]) % 3 == remainder], header=header
        )
        assert import_file(piece, "--policy", policy.slug, client=client).code == 0
    assert list(agreement.differences(SAMPLE, promise, client=client, now=now)) == []


# --------------------------------------------------------------------------------------------- what is stored


def test_an_incident_has_the_words_of_its_latest_row(tmp_path: Path, client: Client) -> None:
    rows = [*two_incidents(), log_row("INC2", "Closed", 2, "2/3/2016 09:00", category="Network", subcategory="?")]
    import_file(a_log(tmp_path / "log.csv", rows), client=client)
    first, second = Incident.objects.order_by("external_ref")
    assert (first.source, first.client, first.title) == ("servicenow", client, "Category 5 / Subcategory 7")
    assert (second.title, second.category) == ("Network", "Network")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("New", ("new", "")),
        ("Active", ("in_progress", "")),
        ("Awaiting User Info", ("on_hold", "client")),
        ("Awaiting Evidence", ("on_hold", "client")),
        ("Awaiting Vendor", ("on_hold", "vendor")),
        ("Awaiting Problem", ("on_hold", "problem")),
        ("Resolved", ("resolved", "")),
        ("Closed", ("closed", "")),
    ],
)
def test_each_state_of_the_log_is_a_status(
    state: str, expected: tuple[str, str], tmp_path: Path, client: Client
) -> None:
    import_file(a_log(tmp_path / "log.csv", [log_row("INC1", state, 0, "1/3/2016 08:05")]), client=client)
    incident = Incident.objects.get()
    assert (incident.status, incident.hold_reason) == expected


def test_the_response_ends_with_the_first_state_that_is_not_new(tmp_path: Path, client: Client) -> None:
    import_file(a_log(tmp_path / "log.csv", two_incidents()), client=client)
    response = clock("INC1", "response")
    assert (response.state, response.elapsed_s) == ("met", 1800)
    assert response.stopped_at == datetime(2016, 3, 1, 8, 30, tzinfo=UTC)


def test_waiting_for_a_problem_counts_and_waiting_for_the_client_does_not(tmp_path: Path, client: Client) -> None:
    rows = [
        log_row("INC1", "Awaiting Problem", 0, "1/3/2016 09:00"),
        log_row("INC1", "Awaiting User Info", 1, "1/3/2016 10:00"),
        log_row("INC1", "Active", 2, "1/3/2016 15:00"),
        log_row("INC1", "Resolved", 3, "1/3/2016 15:30"),
    ]
    import_file(a_log(tmp_path / "log.csv", rows), client=client)
    assert clock("INC1", "resolution").elapsed_s == 2.5 * 3600


def test_an_event_earlier_than_the_one_before_it_counts_as_at_that_instant(tmp_path: Path, client: Client) -> None:
    rows = [
        log_row("INC1", "Active", 0, "29/2/2016 23:00"),
        log_row("INC1", "Awaiting Vendor", 1, "1/3/2016 09:00"),
        log_row("INC1", "Resolved", 2, "1/3/2016 08:30"),
    ]
    import_file(a_log(tmp_path / "log.csv", rows), client=client)
    times = [event.at.strftime("%d. %H:%M") for event in IncidentEvent.objects.order_by("at", "pk")]
    assert times == ["01. 08:00", "01. 09:00", "01. 09:00"]
    assert Incident.objects.get().status == "resolved"


def test_rows_come_by_sys_mod_count_wherever_they_stand_in_the_file(tmp_path: Path, client: Client) -> None:
    first, second, third, *others = two_incidents()
    import_file(a_log(tmp_path / "log.csv", [third, first, *others, second]), client=client)
    assert list(IncidentEvent.objects.filter(incident__external_ref="INC1").values_list("status", flat=True)) == [
        *("new", "in_progress", "resolved")
    ]
    assert Incident.objects.get(external_ref="INC1").status == "resolved"


def test_times_are_local_to_the_zone_named(tmp_path: Path, client: Client) -> None:
    rows = [log_row("INC1", "Active", 0, "1/7/2016 09:00", opened_at="1/7/2016 08:00")]
    import_file(a_log(tmp_path / "log.csv", rows), "--timezone", "Europe/Vienna", client=client)
    assert Incident.objects.get().opened_at == datetime(2016, 7, 1, 6, 0, tzinfo=UTC)


def test_groups_are_departments_by_the_clients_mapping_and_hops_are_kept(tmp_path: Path, client: Client) -> None:
    GroupMapping.objects.create(client=client, group="Group 70", department=a_department("unix"))
    GroupMapping.objects.create(client=a_client("other"), group="Group 71", department=a_department("dba"))
    rows = [
        log_row("INC1", "New", 0, "1/3/2016 08:05"),
        log_row("INC1", "Active", 1, "1/3/2016 08:30", assignment_group="Group 70"),
        log_row("INC1", "Active", 2, "1/3/2016 08:40", assignment_group="Group 70"),
        log_row("INC1", "Resolved", 3, "1/3/2016 11:00", assignment_group="Group 71"),
    ]
    import_file(a_log(tmp_path / "log.csv", rows), client=client)
    hops = Hop.objects.order_by("started_at").values_list("department__slug", "started_at__hour", "started_at__minute")
    assert list(hops) == [("support", 8, 5), ("unix", 8, 30), ("support", 11, 0)]
    assert Incident.objects.get().department.slug == "support"
    assert IncidentEvent.objects.get(external_id="3").changes == {"group": ["Group 70", "Group 71"]}


def test_project_and_policy_are_those_named(tmp_path: Path, client: Client) -> None:
    project = Project.objects.create(client=client, slug="migration", name="Migration")
    policy = a_policy("gold", response_s=600)
    import_file(
        a_log(tmp_path / "log.csv", two_incidents()), "--project", "migration", "--policy", "gold", client=client
    )
    incident = Incident.objects.order_by("pk")[0]
    assert (incident.project, incident.sla_policy) == (project, policy)
    assert clock("INC1", "response").state == "breached"


def test_each_imported_incident_is_told_in_the_outbox_once(tmp_path: Path, client: Client) -> None:
    import_file(a_log(tmp_path / "log.csv", two_incidents()), client=client)
    told = OutboxEvent.objects.filter(topic="incident.imported").order_by("pk")
    assert [event.payload["incident"] for event in told] == list(
        Incident.objects.order_by("pk").values_list("pk", flat=True)
    )


@pytest.mark.parametrize("compressed", [True, False])
def test_a_file_may_come_by_the_standard_input(
    compressed: bool, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = a_log(tmp_path / "log.csv", two_incidents()).read_bytes()
    raw = BytesIO(gzip.compress(content) if compressed else content)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BufferedReader(raw)))
    assert import_file("-", client=client).counts == {"read": 5, "created": 2}


# --------------------------------------------------------------------------------------------- a second run


def test_a_second_run_writes_nothing(client: Client) -> None:
    import_file(SAMPLE, client=client)
    before = everything_stored()
    again = import_file(SAMPLE, client=client)
    assert (again.code, again.counts) == (0, {"read": 4907, "unchanged": 642})
    assert everything_stored() == before


def test_a_longer_export_adds_only_the_events_that_are_new(tmp_path: Path, client: Client) -> None:
    import_file(a_log(tmp_path / "log.csv", two_incidents()[:4]), client=client)
    before = everything_stored()
    later = import_file(a_log(tmp_path / "later.csv", two_incidents()), client=client)
    assert (later.code, later.counts) == (0, {"read": 5, "updated": 1, "unchanged": 1})
    after = everything_stored()
    assert after["IncidentEvent"][:-1] == before["IncidentEvent"]
    assert after["Incident"][0] == before["Incident"][0]
    added = Incident.objects.get(external_ref="INC2")
    assert (added.status, added.version) == ("closed", 2)


def test_an_export_of_the_latest_rows_alone_is_added_to_what_is_known(tmp_path: Path, client: Client) -> None:
    import_file(a_log(tmp_path / "log.csv", two_incidents()[:1]), client=client)
    later = import_file(a_log(tmp_path / "later.csv", two_incidents()[1:3]), client=client)
    assert later.counts == {"read": 2, "updated": 1}
    assert Incident.objects.get().status == "resolved"


def test_the_same_log_for_another_client_is_another_clients(tmp_path: Path, client: Client) -> None:
    log = a_log(tmp_path / "log.csv", two_incidents())
    import_file(log, client=client)
    assert import_file(log, client=a_client("other")).counts == {"read": 5, "created": 2}


def test_a_row_that_contradicts_what_is_stored_is_rejected_and_the_others_are_kept(
    tmp_path: Path, client: Client
) -> None:
    import_file(a_log(tmp_path / "log.csv", two_incidents()), client=client)
    before = everything_stored()
    rows = two_incidents()
    rows[2] = log_row("INC1", "Active", 2, "1/3/2016 11:00")
    again = import_file(a_log(tmp_path / "other.csv", rows), client=client, rejects=tmp_path / "rejects.csv")
    assert (again.code, again.counts) == (3, {"read": 5, "unchanged": 2, "rejected": 1})
    assert again.rejected == [(4, "sys_mod_count 2 contradicts what was imported before")]
    assert everything_stored() == before


def test_another_opening_of_a_known_incident_is_rejected_line_by_line(tmp_path: Path, client: Client) -> None:
    import_file(a_log(tmp_path / "log.csv", two_incidents()), client=client)
    rows = [log_row("INC2", "New", count, "2/3/2016 09:00", opened_at="2/3/2016 08:00") for count in (7, 8)]
    again = import_file(a_log(tmp_path / "other.csv", rows), client=client, rejects=tmp_path / "rejects.csv")
    assert (again.code, again.counts) == (3, {"read": 2, "rejected": 2})
    assert [line for line, _reason in again.rejected] == [2, 3]
    assert "opened_at contradicts what was imported before" in again.rejected[0][1]


def test_a_row_that_repeats_another_is_rejected_with_both_numbers(tmp_path: Path, client: Client) -> None:
    rows = [*two_incidents(), two_incidents()[1]]
    for counts in ({"created": 2}, {"unchanged": 2}):
        result = import_file(a_log(tmp_path / "log.csv", rows), client=client, rejects=tmp_path / "rejects.csv")
        assert (result.code, result.counts) == (3, {"read": 6, "rejected": 1, **counts})
        assert result.rejected == [(7, "repeats line 3")]
    assert IncidentEvent.objects.count() == 5


def test_two_different_rows_of_one_sys_mod_count_are_both_kept(tmp_path: Path, client: Client) -> None:
    rows = [
        log_row("INC1", "New", 0, "1/3/2016 08:05"),
        log_row("INC1", "Active", 0, "1/3/2016 08:30"),
    ]
    log = a_log(tmp_path / "log.csv", rows)
    import_file(log, client=client)
    assert import_file(log, client=client).counts == {"read": 2, "unchanged": 1}
    assert list(IncidentEvent.objects.values_list("external_id", "status")) == [("0", "new"), ("0#2", "in_progress")]


def test_two_rows_of_one_sys_mod_count_are_a_tie_wherever_they_stand_in_the_file(
    tmp_path: Path, client: Client
) -> None:
    rows = [
        log_row("INC1", "New", 0, "1/3/2016 08:05"),
        log_row("INC2", "New", 0, "1/3/2016 08:05"),
        log_row("INC1", "Active", 0, "1/3/2016 08:30"),
    ]
    assert import_file(a_log(tmp_path / "log.csv", rows), client=client).counts == {"read": 3, "created": 2}
    assert IncidentEvent.objects.filter(incident__external_ref="INC1").count() == 2


# ---------------------------------------------------------------------------------------------- dry run


def test_a_dry_run_reports_the_same_and_writes_nothing(tmp_path: Path, client: Client) -> None:
    log = a_log(tmp_path / "log.csv", [*two_incidents(), log_row("INC3", "Lost", 0, "1/3/2016 08:05")])
    dry = import_file(log, "--dry-run", client=client)
    assert "nothing was written" in dry.said
    assert not any(everything_stored().values())
    real = import_file(log, client=client)
    assert (dry.code, dry.counts) == (real.code, real.counts) == (3, {"read": 6, "created": 2, "rejected": 1})


# ----------------------------------------------------------------------------------------------- alerts


def test_nobody_is_alerted_of_the_past(client: Client) -> None:
    import_file(SAMPLE, client=client)
    breached = Clock.objects.filter(state="breached")
    assert breached.exists()
    assert set(Alert.objects.values_list("clock", "level", "state")) == {(c.pk, 100, "past") for c in breached}
    sweep(timezone.now() + timedelta(days=1), limit=10_000)
    assert set(Alert.objects.values_list("state", flat=True)) == {"past"}
    assert not Delivery.objects.exists()


def test_what_comes_after_the_import_is_alerted_as_ever(tmp_path: Path, client: Client) -> None:
    """Opened three hours ago: half and three quarters of the resolution's four hours are past, 90 % are not."""
    opened = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=3, minutes=10)
    text = f"{opened:%d/%m/%Y %H:%M}"
    import_file(a_log(tmp_path / "log.csv", [log_row("INC1", "Active", 0, text, opened_at=text)]), client=client)
    sweep(opened + timedelta(hours=3, minutes=20))
    assert not Alert.objects.exists()
    sweep(opened + timedelta(hours=3, minutes=36))
    assert list(Alert.objects.values_list("level", "state")) == [(90, "open")]
    assert Incident.objects.get().next_due_at == opened + timedelta(hours=4)


def test_a_finished_incident_owes_nothing(tmp_path: Path, client: Client) -> None:
    import_file(a_log(tmp_path / "log.csv", two_incidents()), client=client)
    assert set(Incident.objects.values_list("next_due_at", flat=True)) == {FAR_FUTURE}
    assert not Clock.objects.filter(wake_at__isnull=False).exists()


# ------------------------------------------------------------------------------------------ transactions


def test_a_batch_that_loses_a_race_for_an_incident_is_tried_again_and_finds_it(
    tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_file(a_log(tmp_path / "log.csv", two_incidents()[3:]), client=client)
    look = operations._known
    looks: list[int] = []

    def look_too_early(*arguments: object) -> object:
        looks.append(1)
        return ({}, {}) if len(looks) == 1 else look(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(operations, "_known", look_too_early)
    result = import_file(a_log(tmp_path / "all.csv", two_incidents()), client=client)
    assert (result.code, result.counts) == (0, {"read": 5, "created": 1, "unchanged": 1})
    assert len(looks) == 2


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tickets went into each transaction."""
    sizes: list[int] = []

    def store(tickets: list[object], **options: object) -> operations.Outcome:
        sizes.append(len(tickets))
        return operations.store(tickets, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "store", store)
    return sizes


def many(tmp_path: Path, count: int) -> Path:
    return a_log(tmp_path / "log.csv", [log_row(f"INC{n}", "New", 0, "1/3/2016 08:05") for n in range(count)])


def test_a_transaction_takes_at_most_five_hundred_incidents(
    tmp_path: Path, client: Client, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "time", SimpleNamespace(perf_counter=lambda: 0.0))  # as fast as can be
    import_file(many(tmp_path, 1300), client=client)
    assert sum(batches) == 1300
    assert max(batches) == 500


def test_on_a_slow_database_transactions_become_smaller(
    tmp_path: Path, client: Client, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten milliseconds an incident: after the first, transactions take well under a second."""
    monkeypatch.setattr(run, "time", SimpleNamespace(perf_counter=lambda: 0.01 * sum(batches)))
    import_file(many(tmp_path, 400), client=client)
    assert max(batches[1:]) <= 50


def test_an_interrupted_run_keeps_whole_incidents_and_the_same_command_goes_on(
    tmp_path: Path, client: Client, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(run.Run, "_report", _interrupt)
        result = import_file(many(tmp_path, 600), client=client)
    assert result.code == 130
    stored = Incident.objects.count()
    assert stored == batches[0] < 600
    assert Clock.objects.count() == 2 * stored
    assert import_file(many(tmp_path, 600), client=client).counts == {
        **{"read": 600, "created": 600 - stored, "unchanged": stored}
    }


def _interrupt(*_args: object) -> None:
    raise KeyboardInterrupt
