"""Calendar files into the roster: idempotent, event by event, and the roster's own file changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from departments.ical.writing import write_calendar
from departments.models import DutyShift
from departments.operations import import_shifts, plan_shift, record_absence
from departments.queries.feeds import department_entries, person_entries
from kernel.errors import Invalid
from tests.factories import MONDAY, a_department, a_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
VIENNA = ZoneInfo("Europe/Vienna")


def calendar(*events, head=()):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", *head]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def event(uid="one", *, start="20260302T080000Z", end="20260302T160000Z", who="ada", **more):
    lines = [f"UID:{uid}", f"DTSTART:{start}", f"DTEND:{end}"]
    if who:
        lines.append(f"ATTENDEE;CN={who}:mailto:{who}@tamhub.example")
    return [*lines, *(f"{name.replace('_', '-')}:{value}" for name, value in more.items())]


def bring(text, *, department=None, source="outlook", at=MONDAY):
    return import_shifts(text=text, department=department, source=source, zone=VIENNA, actor=None, at=at)


def counts(report):
    return report.created, report.changed, report.unchanged, report.cancelled


def test_the_same_file_twice_changes_nothing_the_second_time():
    a_user("ada")
    text = calendar(event(), event("two", start="20260303T080000Z", end="20260303T160000Z"))
    assert counts(bring(text)) == (2, 0, 0, 0)
    before = list(DutyShift.objects.values())
    assert counts(bring(text)) == (0, 0, 2, 0)
    assert list(DutyShift.objects.values()) == before


def test_a_moved_event_moves_its_shift_and_a_cancelled_one_takes_it_away():
    a_user("ada")
    bring(calendar(event()))
    uid = DutyShift.objects.get().uid
    assert counts(bring(calendar(event(end="20260302T170000Z")))) == (0, 1, 0, 0)
    shift = DutyShift.objects.get()
    assert (shift.uid, shift.ends_at, shift.version) == (uid, datetime(2026, 3, 2, 17, 0, tzinfo=UTC), 2)
    assert counts(bring(calendar(event(STATUS="CANCELLED")))) == (0, 0, 0, 1)
    assert not DutyShift.objects.exists()
    assert counts(bring(calendar(event(STATUS="CANCELLED")))) == (0, 0, 0, 0)


def test_a_series_keeps_its_local_hour_over_the_change_of_the_clock():
    a_user("ada")
    lines = [
        *("UID:nights", "SUMMARY:Nights", "ATTENDEE:mailto:Ada@TamHub.example", "RRULE:FREQ=DAILY;COUNT=4"),
        *("DTSTART;TZID=Europe/Vienna:20260327T180000", "DTEND;TZID=Europe/Vienna:20260328T080000"),
        "EXDATE;TZID=Europe/Vienna:20260328T180000",
    ]
    assert counts(bring(calendar(lines))) == (3, 0, 0, 0)
    shifts = [(s.starts_at.astimezone(VIENNA).hour, s.ends_at.astimezone(VIENNA).hour) for s in DutyShift.objects.all()]
    assert shifts == [(18, 8)] * 3
    assert [shift.starts_at.hour for shift in DutyShift.objects.all()] == [17, 16, 16]


def test_one_of_a_series_can_be_moved_or_cancelled_and_what_the_series_drops_goes():
    a_user("ada")
    a_user("bob")
    series = event("w", start="20260302T080000Z", end="20260302T160000Z", RRULE="FREQ=WEEKLY;COUNT=4")
    assert counts(bring(calendar(series))) == (4, 0, 0, 0)
    moved = event("w", start="20260309T090000Z", end="20260309T160000Z", who="bob", RECURRENCE_ID="20260309T080000Z")
    gone = event(
        "w",
        start="20260316T080000Z",
        end="20260316T160000Z",
        RECURRENCE_ID="20260316T080000Z",
        STATUS="CANCELLED",
    )
    # Bob takes over from Ada: her shift goes, his comes.
    assert counts(bring(calendar(series, moved, gone))) == (1, 0, 2, 2)
    assert DutyShift.objects.get(user__username="bob").starts_at.hour == 9
    shorter = event("w", start="20260302T080000Z", end="20260302T160000Z", RRULE="FREQ=WEEKLY;COUNT=1")
    assert counts(bring(calendar(shorter))) == (0, 0, 1, 2)


def test_the_title_names_who_is_on_duty_where_nobody_is_invited_and_the_organizer_is_last():
    a_user("ada", first_name="Ada", last_name="King")
    a_user("planner")
    by_title = event("t", who="", SUMMARY="On call: Ada King (Unix)", ORGANIZER="mailto:planner@tamhub.example")
    by_organizer = event(
        "o", who="", start="20260303T080000Z", end="20260303T160000Z", ORGANIZER="MAILTO:planner@tamhub.example"
    )
    assert counts(bring(calendar(by_title, by_organizer))) == (2, 0, 0, 0)
    assert {s.source_uid: s.user.username for s in DutyShift.objects.all()} == {"t": "ada", "o": "planner"}


def test_what_cannot_be_planned_is_told_by_event_and_the_good_ones_are_kept():
    a_user("ada")
    a_user("one", first_name="Sam", last_name="Twin")
    a_user("two", first_name="Sam", last_name="Twin")
    report = bring(
        calendar(
            event("good"),
            event("stranger", who="stranger", SUMMARY="Strange"),
            event("nobody", who="", SUMMARY="Fire drill"),
            event("twins", who="", SUMMARY="Sam Twin"),
            event("backwards", start="20260305T080000Z", end="20260304T080000Z"),
            event("empty", start="20260305T080000Z", end="20260305T080000Z"),
            event("clash", start="20260302T150000Z", end="20260302T170000Z"),
            ["UID:zone", "DTSTART;TZID=Nowhere/Land:20260306T080000", "DTEND;TZID=Nowhere/Land:20260306T160000"],
            event("torn", start="yesterday"),
            event("often", RRULE="FREQ=SECONDLY"),
            event("never", RRULE="FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
            event("stuck", RRULE="FREQ=DAILY;INTERVAL=0"),
            event(""),
        )
    )
    assert counts(report) == (1, 0, 0, 0)
    assert DutyShift.objects.get().source_uid == "good"
    words = " ".join(f"{problem.event}: {problem.message}" for problem in report.problems)
    assert len(report.problems) == 12, words
    for said in (
        *("stranger@tamhub.example", "names nobody", "Several people", "ends before it begins", "ends after it begins"),
        *("on duty there already", "Nowhere/Land", "DTSTART", "not supported", "no UID"),
    ):
        assert said in words


def test_an_event_that_became_unreadable_leaves_its_shift_as_it_was():
    a_user("ada")
    bring(calendar(event()))
    for broken in (event(who="stranger"), event(start="soon")):
        report = bring(calendar(broken))
        assert counts(report) == (0, 0, 0, 0)
        assert len(report.problems) == 1
    assert DutyShift.objects.get().user.username == "ada"


def test_an_event_that_stands_twice_in_a_file_is_planned_and_cancelled_once():
    a_user("ada")
    assert bring(calendar(event(), event(end="20260302T170000Z"))).created == 1
    assert bring(calendar(event(STATUS="CANCELLED"), event(STATUS="CANCELLED"))).cancelled == 1
    assert not DutyShift.objects.exists()


def test_all_day_and_floating_times_are_meant_in_the_calendars_zone():
    a_user("ada")
    day = [*event("day")[:1], *event("day")[3:], "DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260303"]
    floating = event("floating", start="20260304T080000", end="20260304T160000")
    bring(calendar(day, floating, head=["X-WR-TIMEZONE:America/New_York"]))
    assert [shift.starts_at.hour for shift in DutyShift.objects.all()] == [5, 13]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear all",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT",
        "\x00" * 10,
        calendar(*[[]] * 1001),
        calendar(head=["X-LONG:" + "x" * 1_000_001]),
        calendar(*(event(str(number), RRULE="FREQ=DAILY") for number in range(201))),
    ],
)
def test_what_is_no_calendar_or_too_much_of_one_is_refused(text):
    with pytest.raises(Invalid) as error:
        bring(text)
    assert error.value.field == "ics"


def test_zones_that_a_file_defines_are_not_taken_over_by_the_process():
    a_user("ada")
    zone = [
        *("BEGIN:VTIMEZONE", "TZID:Custom/Zone", "BEGIN:STANDARD", "DTSTART:19700101T000000"),
        *("TZOFFSETFROM:+0500", "TZOFFSETTO:+0500", "END:STANDARD", "END:VTIMEZONE"),
    ]
    own = [*event()[:1], "DTSTART;TZID=Custom/Zone:20260302T080000", "DTEND;TZID=Custom/Zone:20260302T090000"]
    report = bring(calendar(own, head=zone))
    assert "Custom/Zone" in report.problems[0].message


def test_a_shift_of_another_roster_stays_where_it_is():
    ada, unix, network = a_user("ada"), a_department("unix"), a_department("network")
    shift = plan_shift(user=ada, department=unix, starts_at=MONDAY, ends_at=MONDAY + HOUR, actor=None, at=MONDAY)
    text = write_calendar(department_entries(unix, now=MONDAY), name="Unix").decode()
    report = bring(text.replace("SUMMARY:", "SUMMARY:Moved "), department=network)
    assert counts(report) == (0, 0, 0, 0)
    assert "Unix" in report.problems[0].message
    shift.refresh_from_db()
    assert shift.department == unix


def test_absences_in_a_feed_do_not_become_shifts():
    ada = a_user("ada")
    record_absence(user=ada, starts_at=MONDAY, ends_at=MONDAY + HOUR, actor=None, at=MONDAY)
    text = write_calendar(person_entries(ada, now=MONDAY), name="Ada").decode()
    assert "BEGIN:VEVENT" in text
    report = bring(text)
    assert (counts(report), report.problems) == ((0, 0, 0, 0), [])


def test_a_zone_that_never_ends_costs_no_more_than_its_length():
    def seconds(lines):
        began = perf_counter()
        with pytest.raises(Invalid):
            bring(calendar(head=["BEGIN:VTIMEZONE", *[""] * lines, "X-ODD"]))
        return perf_counter() - began

    seconds(100)
    assert seconds(16_000) < 50 * max(seconds(1_000), 0.002)


def test_a_file_is_read_before_the_database_is_asked_for_anything():
    with CaptureQueriesContext(connection) as queries, pytest.raises(Invalid):
        bring("BEGIN:VEVENT")
    assert queries.captured_queries == []


spans = st.tuples(st.integers(-600, 8000), st.integers(1, 700))
words = st.text(st.characters(codec="utf-8"), max_size=240)


@given(shifts=st.lists(st.tuples(spans, words, st.sampled_from(["ada", "bob"])), max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_out_and_read_in_again_changes_nothing(shifts):
    with transaction.atomic():
        unix = a_department("unix")
        people = {"ada": a_user("ada", first_name="Ada; ,\\n", last_name="Kïng"), "bob": a_user("bob")}
        taken: dict[str, list[tuple[datetime, datetime]]] = {"ada": [], "bob": []}
        for (begins, hours), note, who in shifts:
            starts_at, ends_at = MONDAY + begins * HOUR, MONDAY + (begins + hours) * HOUR
            if all(ends_at <= other[0] or other[1] <= starts_at for other in taken[who]):
                taken[who].append((starts_at, ends_at))
                plan_shift(
                    user=people[who],
                    department=unix,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    note=note,
                    actor=None,
                    at=MONDAY,
                )
        before = list(DutyShift.objects.values())
        entries = department_entries(unix, now=MONDAY)
        report = bring(write_calendar(entries, name="Unix").decode(), department=unix)
        assert report.problems == []
        assert (report.created, report.changed, report.cancelled) == (0, 0, 0)
        assert report.unchanged == len(entries)
        assert list(DutyShift.objects.values()) == before
        transaction.set_rollback(True)
