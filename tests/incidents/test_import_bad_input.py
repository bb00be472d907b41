"""What an import does with files that are damaged, wrong or no logs at all: it says where, and keeps what is good."""

from __future__ import annotations

import codecs
import gzip
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Client
from incidents.models import Incident, IncidentEvent
from projects.models import Project
from sla.models import Clock
from tests.factories import a_client, a_policy
from tests.incidents import agreement
from tests.incidents.imports import LOG_HEADER, SAMPLE, Result, a_log, everything_stored, import_file, log_row

pytestmark = pytest.mark.django_db
GOOD = log_row("INC1", "Resolved", 0, "1/3/2016 09:00")
ALSO_GOOD = log_row("INC9", "New", 0, "1/3/2016 09:00")


@pytest.fixture
def client() -> Client:
    return a_client("acme", policy=a_policy())


def refused(content: bytes, tmp_path: Path, client: Client, *, name: str = "log.csv") -> str:
    """The message for a file of which nothing can be used."""
    file = tmp_path / name
    file.write_bytes(content)
    result = import_file(file, client=client)
    assert result.code == 2
    assert not any(everything_stored().values())
    return result.message


def import_around(bad: str | bytes, tmp_path: Path, client: Client) -> Result:
    """The bad content between two good rows, which are stored as whole incidents whatever it is."""
    middle = bad if isinstance(bad, bytes) else bad.encode()
    file = tmp_path / "log.csv"
    file.write_bytes(b"\n".join([LOG_HEADER.encode(), GOOD.encode(), middle, ALSO_GOOD.encode(), b""]))
    result = import_file(file, client=client, rejects=tmp_path / "rejects.csv")
    stored = Incident.objects.order_by("external_ref").values_list("external_ref", flat=True)
    assert [number for number in stored if number in ("INC1", "INC9")] == ["INC1", "INC9"]
    assert Clock.objects.count() == 2 * len(stored)
    return result


# ---------------------------------------------------------------------------------- nothing can be used: 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "The file is empty.", id="empty"),
        pytest.param(b"\n\r\n  \n,,,\n", "The file holds no line.", id="blank lines alone"),
        pytest.param(gzip.compress(b""), "The file is empty.", id="empty gzip"),
        pytest.param(
            b"number,incident_state\nINC1,New\n",
            "The header lacks these columns of a ServiceNow event log: "
            "sys_mod_count, sys_updated_at, opened_at, priority.",
            id="columns missing",
        ),
        pytest.param(
            f"{LOG_HEADER.upper()}\n{GOOD}\n".encode(),
            "The header lacks these columns of a ServiceNow event log: number",
            id="header in capitals",
        ),
        pytest.param(f"{GOOD}\n".encode(), "The header lacks these columns", id="no header"),
        pytest.param(
            f"number,{LOG_HEADER}\n".encode(), "Line 1, the header: these columns stand twice: number", id="doubled"
        ),
        pytest.param(
            f"{LOG_HEADER},größe\n".encode("cp1252"), "Line 1, the header: is not UTF-8 (byte 0xF6", id="cp1252"
        ),
        pytest.param(f"{LOG_HEADER}\n{GOOD}\n".encode("utf-16"), "Line 1: the file is UTF-16", id="UTF-16"),
        pytest.param(
            f"{LOG_HEADER}\n{GOOD}\n".encode("utf-16-le"), "Line 1: the file is UTF-16 or no text", id="no mark"
        ),
        pytest.param(
            LOG_HEADER.replace(",", ";").encode() + b"\n",
            "Line 1, the header: columns are separated by “;”, a comma is expected.",
            id="semicolons",
        ),
        pytest.param(LOG_HEADER.replace(",", "\t").encode(), "columns are separated by “TAB”", id="tabs"),
        pytest.param(LOG_HEADER.replace(",", "|").encode(), "columns are separated by “|”", id="bars"),
        pytest.param(
            b'"number";"priority"\n', "Line 1, the header: has something other than a comma after a", id="quoted"
        ),
        pytest.param(b"<!DOCTYPE html>\n<html><p>Sign in</p></html>\n", "The header lacks these columns", id="HTML"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "Line 1, the header: is not UTF-8 (byte 0x89", id="PNG"),
        pytest.param(b"\0\0\0\x18ftypmp42", "Line 1: the file is UTF-16 or no text at all", id="video"),
        pytest.param(b'number,"incident_state\n' + b"x\n" * 5, "opens a quote that is never closed", id="open quote"),
        pytest.param(b"a," * 200_000 + b"\n", "The header lacks these columns", id="200,000 columns"),
        pytest.param(b"x" * 3_000_000, "Line 1, the header: is longer than 1048576 characters", id="one long line"),
    ],
)
def test_a_file_that_is_no_log_is_refused_with_the_reason(
    content: bytes, message: str, tmp_path: Path, client: Client
) -> None:
    assert message in refused(content, tmp_path, client)


def test_a_spreadsheet_with_the_wrong_name_is_refused(tmp_path: Path, client: Client) -> None:
    with zipfile.ZipFile(tmp_path / "book.zip", "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    content = (tmp_path / "book.zip").read_bytes()
    assert "spreadsheet or an archive" in refused(content, tmp_path, client)


def test_a_file_that_is_gzip_by_its_name_only_is_refused(tmp_path: Path, client: Client) -> None:
    content = f"{LOG_HEADER}\n{GOOD}\n".encode()
    assert "is not compressed by gzip" in refused(content, tmp_path, client, name="log.csv.gz")


@pytest.mark.parametrize("kept", [2, 12, 40])
def test_a_gzip_file_cut_off_before_its_first_row_is_refused(kept: int, tmp_path: Path, client: Client) -> None:
    assert "damaged" in refused(SAMPLE.read_bytes()[:kept], tmp_path, client, name="log.csv.gz")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--project", "nowhere"], "The client has no project nowhere."),
        (["--project", "theirs"], "The client has no project theirs."),
        (["--policy", "nothing"], "There is no SLA policy nothing."),
        (["--rejects", "{folder}"], "cannot be written"),
    ],
)
def test_options_that_name_nothing_are_refused(
    options: list[str], message: str, tmp_path: Path, client: Client
) -> None:
    Project.objects.create(client=a_client("other"), slug="theirs", name="Theirs")
    log = a_log(tmp_path / "log.csv", [GOOD])
    result = import_file(log, *(option.format(folder=tmp_path) for option in options), client=client)
    assert result.code == 2
    assert message in result.message
    assert not Incident.objects.exists()


def test_a_client_that_does_not_exist_or_is_archived_is_refused(tmp_path: Path, client: Client) -> None:
    log = a_log(tmp_path / "log.csv", [GOOD])
    nobody = import_file(log, client=Client(slug="nobody"))
    assert (nobody.code, nobody.message) == (2, "There is no client nobody.")
    Client.objects.update(archived_at=timezone.now())
    archived = import_file(log, client=client)
    assert (archived.code, archived.message) == (2, "The client acme is archived.")


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_opened_is_refused(name: str, tmp_path: Path, client: Client) -> None:
    result = import_file(tmp_path / name, client=client)
    assert result.code == 2
    assert "cannot be opened" in result.message


def test_a_time_zone_that_does_not_exist_is_refused(client: Client) -> None:
    with pytest.raises(CommandError, match="Europe/Nowhere is not an IANA time zone"):
        call_command(
            "import_incidents", str(SAMPLE), "--format=servicenow", "--client=acme", "--timezone=Europe/Nowhere"
        )


def test_a_header_without_rows_is_no_error(tmp_path: Path, client: Client) -> None:
    result = import_file(a_log(tmp_path / "log.csv", []), client=client)
    assert (result.code, result.counts) == (0, {})
    assert "The file has a header and no rows." in result.said


# -------------------------------------------------------------------------------- some rows are refused: 3


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(log_row("INC5", "-100", 0, "1/3/2016 09:00"), "the state “-100” is unknown", id="state"),
        pytest.param(log_row("INC5", "new", 0, "1/3/2016 09:00"), "the state “new” is unknown", id="small letters"),
        pytest.param(
            log_row("INC5", "New", 0, "30/2/2016 09:00"), "“30/2/2016 09:00” is no date and time that exists", id="day"
        ),
        pytest.param(
            log_row("INC5", "New", 0, "1/3/2016 24:00"), "“1/3/2016 24:00” is no date and time that exists", id="hour"
        ),
        pytest.param(
            log_row("INC5", "New", 0, "2016-03-01 09:00"),
            "“2016-03-01 09:00” is not a time of the form day/month/year hour:minute",
            id="ISO",
        ),
        pytest.param(log_row("INC5", "New", 0, "?"), "“?” is not a time", id="no time"),
        pytest.param(log_row("INC5", "New", 0, "1/3/2016 09:00", opened_at="?"), "“?” is not a time", id="no opening"),
        pytest.param(log_row("INC5", "New", 0, "1/1/2999 00:00"), "tells of the future", id="future"),
        pytest.param(log_row("INC5", "New", 0, "31/12/9999 23:59"), "tells of the future", id="end of time"),
        pytest.param(log_row("INC5", "New", 0, "31/12/1970 00:00"), "lies too far in the past", id="long ago"),
        pytest.param(
            log_row("INC5", "New", 0, "1/3/2016 09:00", priority="5 - None"),
            "the priority “5 - None” is unknown",
            id="priority",
        ),
        pytest.param(
            log_row("INC5", "New", 0, "1/3/2016 09:00", sys_mod_count="1.5"),
            "sys_mod_count “1.5” is not a number",
            id="count",
        ),
        pytest.param(log_row("?", "New", 0, "1/3/2016 09:00"), "the number is missing", id="no number"),
        pytest.param(
            log_row("I" * 121, "New", 0, "1/3/2016 09:00"), "the number is longer than 120 characters", id="number"
        ),
        pytest.param(
            log_row("INC5", "New", 0, "1/3/2016 09:00", assignment_group="G" * 201), "is too long", id="group"
        ),
        pytest.param("INC5,New,0", "has 3 columns, the header has 9", id="too few"),
        pytest.param(log_row("INC5", "New", 0, "1/3/2016 09:00") + ",,", "has 11 columns, the header", id="too many"),
        pytest.param("a," * 200_000, "has 200001 columns, the header has 9", id="200,000 columns"),
        pytest.param("INC5,N\0ew", "holds a NUL character", id="NUL"),
        pytest.param('INC5,Ne"w,"0"x', "has something other than a comma after a closing quote", id="quotes"),
        pytest.param(
            log_row("INC5", "New", 0, "1/3/2016 09:00", category="Störung").encode("cp1252"),
            "is not UTF-8 (byte 0xF6 at character",
            id="cp1252",
        ),
        pytest.param(
            log_row("INC5", "New", 0, "1/3/2016 09:00", category="x" * 131_073),
            "holds a cell of more than 131072 characters",
            id="huge cell",
        ),
        pytest.param(
            log_row("INC5", "New", 0, "1/3/2016 09:00", category="x" * 3_000_000),
            "is longer than 1048576 characters",
            id="huge line",
        ),
    ],
)
def test_a_bad_row_is_refused_by_its_number_and_the_others_are_kept(
    bad: str | bytes, reason: str, tmp_path: Path, client: Client
) -> None:
    result = import_around(bad, tmp_path, client)
    assert (result.code, result.counts) == (3, {"read": 3, "created": 2, "rejected": 1})
    [(line, told)] = result.rejected
    assert line == 3
    assert reason in told


def test_an_incident_keeps_its_good_rows(tmp_path: Path, client: Client) -> None:
    rows = [
        log_row("INC1", "New", 0, "1/3/2016 08:05"),
        log_row("INC1", "-100", 1, "1/3/2016 08:30"),
        log_row("INC1", "Closed", 2, "1/3/2016 11:00", priority="1 - Critical"),
        log_row("INC1", "Closed", 3, "1/3/2016 12:00", priority="9 - Whatever"),
    ]
    result = import_file(a_log(tmp_path / "log.csv", rows), client=client)
    assert (result.code, result.counts) == (3, {"read": 4, "created": 1, "rejected": 2})
    incident = Incident.objects.get()
    assert (incident.status, incident.priority, incident.events.count()) == ("closed", "P1", 2)


def test_a_row_that_was_put_right_takes_its_place_among_the_others(tmp_path: Path, client: Client) -> None:
    def rows(state: str) -> list[str]:
        return [
            log_row("INC1", "New", 0, "1/3/2016 08:05"),
            log_row("INC1", state, 1, "1/3/2016 08:30"),
            log_row("INC1", "Closed", 2, "1/3/2016 11:00"),
        ]

    import_file(a_log(tmp_path / "log.csv", rows("Avtive")), client=client)
    result = import_file(a_log(tmp_path / "log.csv", rows("Active")), client=client)
    assert (result.code, result.counts) == (0, {"read": 3, "updated": 1})
    assert Clock.objects.get(kind="response").elapsed_s == 1800


def test_rows_that_disagree_about_the_opening_are_refused_after_the_first(tmp_path: Path, client: Client) -> None:
    rows = [
        log_row("INC1", "New", 0, "1/3/2016 08:05"),
        log_row("INC1", "Active", 1, "1/3/2016 08:30", opened_at="1/3/2016 07:00"),
    ]
    result = import_file(a_log(tmp_path / "log.csv", rows), client=client, rejects=tmp_path / "rejects.csv")
    assert result.rejected == [(3, "opened_at differs from line 2")]


def test_an_open_quote_swallows_nothing_after_it(tmp_path: Path, client: Client) -> None:
    result = import_around('INC5,"New,0,1/3/2016 09:00', tmp_path, client)
    assert (result.code, result.counts) == (3, {"read": 3, "created": 2, "rejected": 1})
    assert result.rejected == [(3, "opens a quote that is never closed")]


def test_quotes_may_hold_commas_line_ends_and_quotes(tmp_path: Path, client: Client) -> None:
    quoted = log_row("INC5", "New", 0, "1/3/2016 09:00", category='"The ""net"",\nall of it"')
    result = import_around(quoted + "\nINC6,bad", tmp_path, client)
    assert result.rejected == [(5, "has 2 columns, the header has 9")]
    assert Incident.objects.get(external_ref="INC5").category == 'The "net",\nall of it'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_any_line_ends_are_read_with_a_byte_order_mark_or_without(
    end: str, mark: bytes, tmp_path: Path, client: Client
) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(mark + end.join([LOG_HEADER, GOOD, "INC5,bad", ALSO_GOOD]).encode())
    result = import_file(file, client=client, rejects=tmp_path / "rejects.csv")
    assert result.counts == {"read": 3, "created": 2, "rejected": 1}
    assert [line for line, _reason in result.rejected] == [3]


def test_blank_lines_are_passed_over_and_counted(tmp_path: Path, client: Client) -> None:
    result = import_file(a_log(tmp_path / "log.csv", ["", GOOD, ",,,,,,,,", ALSO_GOOD, "", "  ", ""]), client=client)
    assert (result.code, result.counts) == (0, {"read": 2, "created": 2})
    assert "Blank lines passed over: 5" in result.said


def test_columns_may_stand_in_any_order_with_spaces_and_with_others(tmp_path: Path, client: Client) -> None:
    header = ", ".join(reversed([*LOG_HEADER.split(","), "mood"]))
    row = ",".join(reversed([*GOOD.split(","), "bad"]))
    assert import_file(a_log(tmp_path / "log.csv", [row], header=header), client=client).counts == {
        **{"read": 1, "created": 1}
    }


# ------------------------------------------------------------------------------------------- broken files


def test_of_half_a_gzip_file_whole_incidents_are_kept_and_the_whole_file_completes_them(
    tmp_path: Path, client: Client
) -> None:
    now = timezone.now()
    policy, promise = agreement.promise_in_office_hours(at=now)
    whole = SAMPLE.read_bytes()
    half = tmp_path / "half.csv.gz"
    half.write_bytes(whole[: len(whole) // 2])
    result = import_file(half, "--policy", policy.slug, client=client, rejects=tmp_path / "rejects.csv")
    assert result.code == 3
    *cut_off, (last, reason) = result.rejected
    assert "the file is damaged from here on" in reason
    assert {told for _line, told in cut_off} <= {"the file breaks off within this incident"}
    assert [line for line, _told in cut_off] == list(range(last - len(cut_off), last))
    kept = Incident.objects.count()
    assert 200 < kept == result.count("created")
    assert IncidentEvent.objects.count() == last - len(cut_off) - 2  # the header, and line numbers begin with 1
    # What was kept is whole: nothing is added to it.
    completed = import_file(SAMPLE, "--policy", policy.slug, client=client)
    assert completed.counts == {"read": 4907, "created": 642 - kept, "unchanged": kept}
    assert list(agreement.differences(SAMPLE, promise, client=client, now=now)) == []


def test_a_gzip_file_with_a_wrong_checksum_is_kept_but_for_its_last_incident(tmp_path: Path, client: Client) -> None:
    content = bytearray(gzip.compress("\n".join([LOG_HEADER, GOOD, ALSO_GOOD, ""]).encode()))
    content[-6] ^= 0xFF
    file = tmp_path / "log.csv.gz"
    file.write_bytes(content)
    result = import_file(file, client=client, rejects=tmp_path / "rejects.csv")
    assert result.code == 3
    assert [line for line, _reason in result.rejected] == [3, 4]
    assert Incident.objects.get().external_ref == "INC1"


def test_a_small_file_that_unpacks_to_a_giant_line_is_refused_by_that_line(tmp_path: Path, client: Client) -> None:
    file = tmp_path / "log.csv.gz"
    with gzip.open(file, "wb", compresslevel=1) as packed:
        packed.write(f"{LOG_HEADER}\n{GOOD}\n".encode())
        for _mebibyte in range(64):
            packed.write(b"x" * 1_048_576)
        packed.write(f"\n{ALSO_GOOD}\n".encode())
    result = import_file(file, client=client, rejects=tmp_path / "rejects.csv")
    assert result.rejected == [(3, "is longer than 1048576 characters")]
    assert result.count("created") == 2


# ------------------------------------------------------------------------------------------- what is said


def test_the_first_hundred_refusals_are_shown_and_the_rest_is_counted(tmp_path: Path, client: Client) -> None:
    rows = [log_row(f"INC{n}", "Lost", 0, "1/3/2016 09:00") for n in range(250)]
    result = import_file(a_log(tmp_path / "log.csv", rows), client=client)
    assert (result.code, result.count("rejected")) == (3, 250)
    shown = result.errors.splitlines()
    assert shown[0] == "line 2 (INC0): the state “Lost” is unknown"
    assert len(shown) == 101
    assert shown[-1] == "... and 150 more; name a file by --rejects to get them all"


def test_the_rejects_file_has_all_refusals_and_the_terminal_none(tmp_path: Path, client: Client) -> None:
    rows = [log_row(f"=INC{n}", "Lost", 0, "1/3/2016 09:00") for n in range(250)]
    rejects = tmp_path / "rejects.csv"
    result = import_file(a_log(tmp_path / "log.csv", rows), client=client, rejects=rejects)
    assert [line for line, _reason in result.rejected] == list(range(2, 252))
    assert result.errors == ""
    lines = rejects.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "line,reference,reason"
    assert lines[1].startswith("2,'=INC0,")  # no formula for a spreadsheet
