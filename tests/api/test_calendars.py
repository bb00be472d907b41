"""`calendars/` and what it computes."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from kernel.api.times import parse_instant
from sla.models import Calendar, CalendarVersion
from tests.factories import a_calendar, a_user

pytestmark = pytest.mark.django_db
FILE = Path(__file__).parents[1] / "data" / "business_time" / "vectors.json"
GROUPS = json.loads(FILE.read_text())["groups"]
COMPUTE = "/api/v1/calendars/compute/"
MONDAY_AT_NINE = "2026-03-02T09:00:00Z"
CASE = {"op": "add", "start": MONDAY_AT_NINE, "seconds": 3600}
TAKEN = ("op", "start", "end", "seconds", "pauses")


@pytest.fixture
def program(api):
    return api(a_user("root", Role.ADMIN))


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["id"])
def test_it_computes_what_other_projects_compute_inline_and_stored(program, group):
    cases = [{name: case[name] for name in TAKEN if name in case} for case in group["cases"]]
    expected = [case.get("expect_seconds", case.get("expect")) for case in group["cases"]]
    stored = program.post("/api/v1/calendars/", {"slug": "theirs", "name": "Theirs", **group["calendar"]})
    assert stored.status_code == 201, stored.content
    read_back = {name: value for name, value in stored.json().items() if name not in {"id", "version"}}
    for calendar in (group["calendar"], "theirs", read_back):
        answer = program.post(COMPUTE, {"calendar": calendar, "cases": cases})
        assert answer.status_code == 200, answer.content
        for case, got, want in zip(cases, answer.json()["results"], expected, strict=True):
            assert got == want if isinstance(want, int) else parse_instant(got) == parse_instant(want), case


def test_computing_stores_nothing(program):
    before = Calendar.objects.count(), CalendarVersion.objects.count()
    with CaptureQueriesContext(connection) as queries:
        assert program.post(COMPUTE, {"calendar": {"timezone": "Europe/Vienna"}, "cases": [CASE]}).status_code == 200
    assert (Calendar.objects.count(), CalendarVersion.objects.count()) == before
    assert not [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "DELETE")) or "sla_" in q["sql"]]


def test_a_calendar_of_which_nothing_is_said_is_open_in_office_hours(program):
    case = {"op": "between", "start": "2026-03-02T00:00:00Z", "end": "2026-03-09T00:00:00Z"}
    answer = program.post(COMPUTE, {"calendar": {}, "cases": [case]})
    assert answer.json() == {"results": [5 * 9 * 3600]}


def test_an_answer_is_an_instant_in_utc_or_whole_seconds(program):
    cases = [
        CASE,
        {**CASE, "op": "subtract"},
        {"op": "between", "start": MONDAY_AT_NINE, "end": "2026-03-02T12:30:00+02:00"},
    ]
    answer = program.post(COMPUTE, {"calendar": {"always": True}, "cases": cases})
    assert answer.json() == {"results": ["2026-03-02T10:00:00Z", "2026-03-02T08:00:00Z", 5400]}


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ({"op": "multiply"}, "cases.1.op"),
        ({"start": "2026-03-02T09:00:00"}, "cases.1.start"),
        ({"start": "2026-02-30T09:00:00Z"}, "cases.1.start"),
        ({"start": 1772442000}, "cases.1.start"),
        ({"seconds": "60"}, "cases.1.seconds"),
        ({"seconds": -1}, "cases.1.seconds"),
        ({"seconds": 60.0}, "cases.1.seconds"),
        ({"seconds": 2**63}, "cases.1.seconds"),
        ({"seconds": None}, "cases.1.seconds"),
        ({"end": MONDAY_AT_NINE}, "cases.1.end"),
        ({"op": "between"}, "cases.1.end"),
        ({"pauses": [[MONDAY_AT_NINE]]}, "cases.1.pauses.0"),
        ({"pauses": [[MONDAY_AT_NINE, "soon"]]}, "cases.1.pauses.0.1"),
        ({"op": "subtract", "pauses": [[MONDAY_AT_NINE, MONDAY_AT_NINE]]}, "cases.1.pauses"),
        ({"colour": "red"}, "cases.1.colour"),
        ({"start": "2199-12-31T00:00:00Z", "seconds": 300_000_000}, "cases.1.seconds"),
    ],
)
def test_a_case_that_cannot_be_is_named(program, case, field):
    answer = program.post(COMPUTE, {"calendar": {"always": True}, "cases": [CASE, {**CASE, **case}]})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [field])


@pytest.mark.parametrize("cases", [[], None, {}, "x", [None], [CASE] * 1001])
def test_a_list_of_cases_that_is_none_is_refused(program, cases):
    assert program.post(COMPUTE, {"calendar": {}, "cases": cases}).status_code == 400


BAD_CALENDARS = [
    ({"timezone": "Mars/Olympus"}, "timezone"),
    ({"timezone": 1}, "timezone"),
    ({"hours": {}}, "hours"),
    ({"hours": {"mon": []}}, "hours"),
    ({"hours": {"monday": [["09:00", "17:00"]]}}, "hours"),
    ({"hours": {"mon": [["9:00", "17:00"]]}}, "hours.mon.0"),
    ({"hours": {"mon": [["09:00"]]}}, "hours.mon.0"),
    ({"hours": {"mon": [["09:00", "17:00"], ["16:00", "18:00"]]}}, "hours.mon.1"),
    ({"hours": {"mon": [["24:00", "17:00"]]}}, "hours.mon.0"),
    ({"hours": [["09:00", "17:00"]]}, "hours"),
    ({"holidays": ["2026-02-30"]}, "holidays.0"),
    ({"holidays": ["25.12.2026"]}, "holidays.0"),
    ({"holidays": "2026-12-25"}, "holidays"),
    ({"date_hours": {"2026-13-01": []}}, "date_hours.2026-13-01"),
    ({"country": "XX"}, "country"),
    ({"country": "Austria"}, "country"),
    ({"hours": {"mon": [["09:00", "25:00"]]}}, "hours.mon.0"),
    ({"hours": {"sun": [["22:00", "06:00"]], "mon": [["05:00", "09:00"]]}}, "hours.mon.0"),
    ({"date_hours": {"2026-12-24": [["08:00", "12:00"], ["11:00", "13:00"]]}}, "date_hours.2026-12-24.1"),
    ({"always": "yes"}, "always"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("fields", "named"), BAD_CALENDARS)
def test_a_calendar_that_cannot_be_is_refused_by_field_when_stored_and_when_computed_with(program, fields, named):
    stored = program.post("/api/v1/calendars/", {"slug": "bad", "name": "Bad", **fields})
    assert (stored.status_code, [e["field"] for e in stored.json()["errors"]]) == (400, [named])
    computed = program.post(COMPUTE, {"calendar": fields, "cases": [CASE]})
    assert (computed.status_code, [e["field"] for e in computed.json()["errors"]]) == (400, [f"calendar.{named}"])
    assert not Calendar.objects.filter(slug="bad").exists()


@pytest.mark.parametrize("calendar", ["nowhere", 7, None, [], ""])
def test_a_calendar_that_is_none_is_refused(program, calendar):
    answer = program.post(COMPUTE, {"calendar": calendar, "cases": [CASE]})
    assert (answer.status_code, {e["field"] for e in answer.json()["errors"]}) == (400, {"calendar"})


def test_public_holidays_of_a_country_are_closed_but_not_listed_among_the_own(program):
    fields = {"slug": "paris", "name": "Paris", "timezone": "Europe/Paris", "country": "FR", "holidays": ["2026-03-03"]}
    body = program.post("/api/v1/calendars/", fields).json()
    assert (body["country"], body["holidays"]) == ("FR", ["2026-03-03"])
    days = [
        {"op": "between", "start": f"{day}T00:00:00Z", "end": f"{day}T23:00:00Z"}
        for day in ("2026-07-14", "2026-03-03", "2026-03-04")
    ]
    assert program.post(COMPUTE, {"calendar": "paris", "cases": days}).json() == {"results": [0, 0, 9 * 3600]}


def test_changed_hours_are_a_new_version_and_a_new_name_is_none(program):
    calendar = a_calendar("office")
    url = "/api/v1/calendars/office/"
    first = CalendarVersion.objects.get(calendar=calendar)
    assert program.patch(url, {"name": "Head office"}, headers={"If-Match": '"1"'}).status_code == 200
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1
    answer = program.patch(url, {"always": True}, headers={"If-Match": '"2"'})
    assert (answer.json()["always"], answer.json()["hours"]) == (True, first.hours)
    versions = CalendarVersion.objects.filter(calendar=calendar).order_by("number")
    assert [(version.number, version.always) for version in versions] == [(1, False), (2, True)]


def test_hours_of_a_day_to_come_are_a_version_that_can_be_withdrawn(program):
    a_calendar("office")
    url = "/api/v1/calendars/office/"
    later = (timezone.now() + timedelta(days=7)).replace(microsecond=0)
    changes = {"always": True, "valid_from": later.isoformat()}
    answer = program.patch(url, changes, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["always"]) == (200, False)
    shown = program.get(f"{url}versions/").json()["results"]
    assert [(v["number"], v["is_in_force"], v["always"]) for v in shown] == [(2, False, True), (1, True, False)]
    assert parse_instant(shown[0]["valid_from"]) == later
    assert program.post(f"{url}withdraw/", {"number": 1}).status_code == 409
    assert program.post(f"{url}withdraw/", {"number": 2}).status_code == 200
    assert [v["number"] for v in program.get(f"{url}versions/").json()["results"]] == [1]


def test_the_first_version_of_a_calendar_counts_at_once(program):
    body = {"slug": "new", "name": "New", "valid_from": "2030-01-01T00:00:00Z"}
    answer = program.post("/api/v1/calendars/", body)
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, ["valid_from"])


def test_hours_that_the_change_of_clocks_skips_or_doubles_count_as_they_happen(program):
    """On 29 March 2026 there is no 02:30 in Prague; on 25 October there are two."""
    night = {"timezone": "Europe/Prague", "hours": {"sun": [["02:00", "03:00"]]}}
    days = [
        {"op": "between", "start": f"{day}T00:00:00Z", "end": f"{day}T06:00:00Z"}
        for day in ("2026-03-29", "2026-03-22", "2026-10-25")
    ]
    assert program.post(COMPUTE, {"calendar": night, "cases": days}).json() == {"results": [0, 3600, 7200]}
