"""`quality_report` on the command line: its three formats and its refusals."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from incidents import operations
from incidents.models import Incident
from quality.export import as_csv, as_json
from quality.queries import quality_report
from tests.factories import MONDAY, a_client, a_policy, an_incident
from tests.quality.worlds import NOW, a_past, two_clients

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = io.StringIO()
    call_command("quality_report", *arguments, stdout=out)
    return out.getvalue()


def test_json_holds_groups_and_total_by_the_contract():
    a_past(two_clients(), incidents=8, seed=1, now=NOW)
    found = json.loads(run("--group-by", "month,client", "--format", "json"))
    assert set(found) == {"groups", "total"}
    group = found["groups"][0]
    assert set(group) == {"key", "incidents", "response", "resolution"}
    assert list(group["key"]) == ["month", "client"]
    assert set(group["response"]) == {"met", "missed", "running", "business_s", "wall_s"}
    assert set(group["response"]["wall_s"]) == {"mean", "median", "p90", "max"}
    assert found["total"]["incidents"] == sum(one["incidents"] for one in found["groups"]) == 8


def test_client_and_period_narrow_the_report():
    client, other = two_clients()
    an_incident(client=client, at=MONDAY)
    an_incident(client=client, at=MONDAY - timedelta(days=3))
    an_incident(client=other, at=MONDAY)
    arguments = ["--client", "aldgate", "--from", "2026-03-01", "--to", "2026-04-01", "--format", "json"]
    assert json.loads(run(*arguments))["total"]["incidents"] == 1


def test_csv_has_a_line_per_group_and_ends_with_the_total():
    a_past(two_clients(), incidents=8, seed=2, now=NOW)
    report = quality_report(Incident.objects.all(), group_by=("client", "priority"), now=NOW)
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert len(rows) == len(report.groups) + 1
    for row, group in zip(rows, [*as_json(report)["groups"], {"key": {}, **as_json(report)["total"]}], strict=True):
        assert row["client"] == group["key"].get("client", "")
        assert int(row["incidents"]) == group["incidents"]
        assert int(row["resolution_missed"]) == group["resolution"]["missed"]
        mean = group["resolution"]["wall_s"]["mean"]
        assert row["resolution_wall_s_mean"] == ("" if mean is None else str(mean))


def test_csv_makes_no_formula_of_a_slug():
    an_incident(client=a_client("-cmd", name="Cmd"), at=MONDAY)
    assert run("--group-by", "client", "--format", "csv").splitlines()[1].startswith("'-cmd,")


def test_the_table_says_times_and_shares_as_people_do():
    incident = an_incident(client=a_client("helios", policy=a_policy(response_s=900, resolution_s=3600)), at=MONDAY)
    operations.resolve(incident=incident, actor=None, now=MONDAY + timedelta(minutes=72))
    lines = run("--group-by", "client").replace("\u00a0", " ").splitlines()
    assert lines[0].split()[:3] == ["client", "clock", "incidents"]
    assert lines[3].startswith("helios  resolution")
    assert "1 h 12 min" in lines[3]
    assert "0.0%" in lines[3]
    assert lines[-1].startswith("total ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--client", "nobody"], "nobody"),
        (["--from", "2026-13-01"], "YYYY-MM-DD"),
        (["--to", "yesterday"], "YYYY-MM-DD"),
        (["--group-by", "weekday"], "weekday"),
        (["--group-by", "month,"], "month, department, priority, client"),
        (["--from", "2026-02-01", "--to", "2026-01-01"], "ends before"),
    ],
)
def test_what_it_does_not_understand_it_refuses_by_name(arguments, says):
    with pytest.raises(CommandError, match=says):
        run(*arguments)
