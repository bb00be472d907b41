"""Imports of a plain table: one row an incident, columns and times as in the API."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Client
from alerts.models import Alert, Delivery
from incidents.models import Incident
from incidents.operations import reopen, resolve
from projects.models import Project
from sla.models import Clock
from tests.factories import a_client, a_department, a_policy, a_user
from tests.incidents.imports import Result, a_log, everything_stored, import_file

pytestmark = pytest.mark.django_db
HEADER = "external_ref,title,priority,opened_at"
FULL = (
    "external_ref,title,priority,opened_at,responded_at,resolved_at,closed_at,status,hold_reason,department,assignee,"
    "description,category,service,is_major,source,project"
)


@pytest.fixture
def client() -> Client:
    return a_client("acme", policy=a_policy())


def import_rows(tmp_path: Path, client: Client, *rows: str, header: str = HEADER) -> Result:
    file = a_log(tmp_path / "incidents.csv", rows, header=header)
    return import_file(file, client=client, format="csv", rejects=tmp_path / "rejects.csv")


def test_the_four_needed_columns_make_an_open_incident(tmp_path: Path, client: Client) -> None:
    result = import_rows(tmp_path, client, "00042,Mail does not arrive,P2,2026-03-02T09:00:00+01:00")
    assert (result.code, result.counts) == (0, {"read": 1, "created": 1})
    incident = Incident.objects.get()
    assert (incident.source, incident.external_ref, incident.title) == ("csv", "00042", "Mail does not arrive")
    assert (incident.priority, incident.status, incident.department.slug) == ("P2", "new", "support")
    assert incident.opened_at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert set(Clock.objects.values_list("kind", flat=True)) == {"response", "resolution"}


def test_every_column_is_stored_and_the_clocks_run_by_its_times(tmp_path: Path, client: Client) -> None:
    project = Project.objects.create(client=client, slug="migration", name="Migration")
    engineer = a_user("erin")
    result = import_rows(
        tmp_path,
        client,
        "42,Mail,P1,2026-03-02T09:00:00Z,2026-03-02T09:20:30Z,2026-03-02T14:00:00Z,2026-03-03T08:00:00Z,closed,,"
        'microsoft,erin,"Two lines,\none comma",Mail,Exchange,true,otrs,migration',
        header=FULL,
    )
    assert result.code == 0
    incident = Incident.objects.get()
    assert (incident.status, incident.department, incident.assignee) == ("closed", a_department("microsoft"), engineer)
    assert (incident.description, incident.category, incident.service) == ("Two lines,\none comma", "Mail", "Exchange")
    assert (incident.is_major, incident.source, incident.project) == (True, "otrs", project)
    assert incident.closed_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    clocks = {clock.kind: (clock.state, clock.elapsed_s) for clock in Clock.objects.all()}
    assert clocks == {"response": ("met", 1230), "resolution": ("breached", 5 * 3600)}
    assert list(Alert.objects.values_list("level", "state")) == [(100, "past")]
    assert not Delivery.objects.exists()


def test_a_second_run_writes_nothing(tmp_path: Path, client: Client) -> None:
    rows = ["1,One,P1,2026-03-02T09:00:00Z", "2,Two,P2,2026-03-02T09:30:15.75+02:00"]
    import_rows(tmp_path, client, *rows)
    before = everything_stored()
    result = import_rows(tmp_path, client, *rows)
    assert (result.code, result.counts) == (0, {"read": 2, "unchanged": 2})
    assert everything_stored() == before


def test_a_later_table_adds_what_has_happened_since(tmp_path: Path, client: Client) -> None:
    header = f"{HEADER},responded_at,resolved_at"
    import_rows(tmp_path, client, "1,One,P2,2026-03-02T09:00:00Z,2026-03-02T09:10:00Z,", header=header)
    row = "1,One by another name,P2,2026-03-02T09:00:00Z,2026-03-02T09:10:00Z,2026-03-02T10:00:00Z"
    assert import_rows(tmp_path, client, row, header=header).counts == {"read": 1, "updated": 1}
    incident = Incident.objects.get()
    assert (incident.title, incident.status) == ("One by another name", "resolved")
    assert Clock.objects.get(kind="resolution").elapsed_s == 3600
    assert import_rows(tmp_path, client, row, header=header).counts == {"read": 1, "unchanged": 1}


def test_a_time_that_contradicts_what_is_known_is_refused(tmp_path: Path, client: Client) -> None:
    import_rows(tmp_path, client, "1,One,P2,2026-03-02T09:00:00Z")
    before = everything_stored()
    result = import_rows(tmp_path, client, "1,One,P2,2026-03-02T07:00:00Z")
    assert (result.code, result.counts) == (3, {"read": 1, "rejected": 1})
    assert "opened_at contradicts what is known" in result.rejected[0][1]
    assert everything_stored() == before


def test_an_incident_that_is_finished_is_not_reopened_by_a_table(tmp_path: Path, client: Client) -> None:
    header = f"{HEADER},resolved_at"
    import_rows(tmp_path, client, "1,One,P2,2026-03-02T09:00:00Z,2026-03-02T10:00:00Z", header=header)
    result = import_rows(tmp_path, client, "1,One,P2,2026-03-02T09:00:00Z,", header=header)
    assert result.code == 3
    assert "reopen it in TamHub or by the API" in result.rejected[0][1]


def test_closed_alone_says_resolved_as_well_and_repeats_unchanged(tmp_path: Path, client: Client) -> None:
    header = f"{HEADER},resolved_at,closed_at"
    for became in ("created", "unchanged"):
        result = import_rows(tmp_path, client, "1,One,P2,2026-03-02T09:00:00Z,,2026-03-02T10:00:00Z", header=header)
        assert (result.code, result.counts) == (0, {"read": 1, became: 1})
    incident = Incident.objects.get()
    assert (incident.status, incident.resolved_at) == ("closed", incident.closed_at)


def test_a_table_without_the_times_of_an_end_says_nothing_of_it(tmp_path: Path, client: Client) -> None:
    row = "1,One,P2,2026-03-02T09:00:00Z"
    import_rows(tmp_path, client, row)
    resolve(incident=Incident.objects.get(), actor=None, now=timezone.now())
    result = import_rows(tmp_path, client, row)
    assert (result.code, result.counts) == (0, {"read": 1, "unchanged": 1})


def test_what_was_reopened_since_stays_open_until_a_table_tells_of_another_end(tmp_path: Path, client: Client) -> None:
    header = f"{HEADER},resolved_at"
    row = "1,One,P2,2026-03-02T09:00:00Z"
    import_rows(tmp_path, client, f"{row},2026-03-02T10:00:00Z", header=header)
    reopen(incident=Incident.objects.get(), actor=None, now=timezone.now(), at=datetime(2026, 3, 2, 11, tzinfo=UTC))
    result = import_rows(tmp_path, client, f"{row},2026-03-02T10:00:00Z", header=header)
    assert (result.code, result.counts) == (0, {"read": 1, "unchanged": 1})
    result = import_rows(tmp_path, client, f"{row},2026-03-02T12:00:00Z", header=header)
    assert (result.code, result.counts) == (0, {"read": 1, "updated": 1})
    incident = Incident.objects.get()
    assert (incident.status, incident.resolved_at) == ("resolved", datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert Clock.objects.get(kind="resolution").elapsed_s == 2 * 3600


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2026-03-02T09:00:00", "has no offset from UTC (add Z or +01:00)"),
        ("2026-02-30T09:00:00Z", "is no date and time that exists"),
        ("2026-03-02T25:00:00Z", "is no date and time that exists"),
        ("2026-03-02T09:00:00+99:00", "is no date and time that exists"),
        ("2026-03-02", "is not a time like"),
        ("45321", "is not a time like"),
        ("01/02/03", "is not a time like"),
        ("02.03.2026 09:00", "is not a time like"),
        ("٢٠٢٦-03-02T09:00:00Z", "is not a time like"),
        ("2999-01-01T00:00:00Z", "tells of the future"),
        ("0001-01-01T00:00:00+14:00", "lies too far in the past"),
        ("9999-12-31T23:59:59-12:00", "tells of the future"),
        ("", "opened_at is missing"),
    ],
)
def test_a_time_that_cannot_be_is_refused_by_its_line(time: str, reason: str, tmp_path: Path, client: Client) -> None:
    result = import_rows(tmp_path, client, f"1,One,P2,{time}", "2,Two,P2,2026-03-02T09:00:00Z")
    assert (result.code, result.counts) == (3, {"read": 2, "created": 1, "rejected": 1})
    [(line, told)] = result.rejected
    assert line == 2
    assert reason in told


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"title": " "}, "title is missing"),
        ({"external_ref": "\u200b"}, "external_ref is missing"),
        ({"external_ref": "x" * 121}, "external_ref is longer than 120 characters"),
        ({"priority": "High"}, "the priority “High” is none of P1, P2, P3, P4"),
        ({"department": "plumbing"}, "the department “plumbing” is unknown"),
        ({"assignee": "nobody"}, "the assignee “nobody” is unknown"),
        ({"project": "theirs"}, "the project “theirs” is unknown"),
        ({"is_major": "maybe"}, "the is_major “maybe” is unknown"),
        ({"status": "lost"}, "the status “lost” is unknown"),
        ({"status": "resolved"}, "the status resolved needs resolved_at"),
        ({"status": "new", "responded_at": "2026-03-02T10:00:00Z"}, "the status new contradicts responded_at"),
        ({"status": "on_hold", "responded_at": "2026-03-02T10:00:00Z"}, "on_hold needs a hold_reason"),
        ({"responded_at": "2026-03-02T08:00:00Z"}, "responded_at lies before opened_at"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_its_name(
    cells: dict[str, str], reason: str, tmp_path: Path, client: Client
) -> None:
    Project.objects.create(client=a_client("other"), slug="theirs", name="Theirs")
    values = {"external_ref": "1", "title": "One", "priority": "P2", "opened_at": "2026-03-02T09:00:00Z", **cells}
    row = ",".join(values.get(name, "") for name in FULL.split(","))
    result = import_rows(tmp_path, client, row, header=FULL)
    assert (result.code, result.counts) == (3, {"read": 1, "rejected": 1})
    assert reason in result.rejected[0][1]
    assert not any(everything_stored().values())


def test_one_external_ref_twice_in_a_table_is_refused_the_second_time(tmp_path: Path, client: Client) -> None:
    rows = ["1,One,P2,2026-03-02T09:00:00Z", "1,One again,P2,2026-03-02T09:00:00Z"]
    assert import_rows(tmp_path, client, *rows).rejected == [(3, "this external_ref stands in line 2 already")]


def test_a_row_of_another_client_is_refused_whether_that_client_exists_or_not(tmp_path: Path, client: Client) -> None:
    a_client("other")
    rows = [f"{n},One,P2,2026-03-02T09:00:00Z,{slug}" for n, slug in enumerate(["acme", "other", "nobody", ""])]
    result = import_rows(tmp_path, client, *rows, header=f"{HEADER},client")
    assert result.rejected == [(3, "the row is another client's"), (4, "the row is another client's")]
    assert result.count("created") == 2


def test_a_column_that_nobody_knows_is_refused_before_anything_is_read(tmp_path: Path, client: Client) -> None:
    result = import_rows(tmp_path, client, "1,One,P2,2026-03-02T09:00:00Z,high", header=f"{HEADER},urgency")
    assert result.code == 2
    assert "The header has unknown columns: urgency." in result.message


def test_a_formula_is_stored_as_the_text_it_is(tmp_path: Path, client: Client) -> None:
    import_rows(tmp_path, client, "1,=1+1,P2,2026-03-02T09:00:00Z")
    assert Incident.objects.get().title == "=1+1"
