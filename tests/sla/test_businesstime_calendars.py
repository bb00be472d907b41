"""What a calendar may say, what it means where clocks are changed, and how far it reaches."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import numpy as np
import pytest

from sla.businesstime import BusinessCalendar, CalendarError, CalendarSpec

HOUR = 3600
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {weekday: [["09:00", "18:00"]] for weekday in WEEK[:5]}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def calendar(**data) -> BusinessCalendar:
    return BusinessCalendar.compile(CalendarSpec.parse(data))


def opened(timezone: str, hours, start: str, end: str) -> list[tuple[str, str]]:
    """The open intervals between two dates of UTC, as text in UTC."""
    intervals = calendar(timezone=timezone, hours=hours).open_intervals(at(f"{start}+00:00"), at(f"{end}+00:00"))
    return [(f"{instant(opens):%d %H:%M}", f"{instant(closes):%d %H:%M}") for opens, closes in intervals]


# ------------------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"timezone": "Europe/Atlantis", "hours": OFFICE}, "timezone", "Europe/Atlantis"),
        ({"timezone": "europe/berlin", "hours": OFFICE}, "timezone", "not known"),
        ({"timezone": "", "hours": OFFICE}, "timezone", "not known"),
        ({"timezone": "../../etc/passwd", "hours": OFFICE}, "timezone", "not known"),
        ({"timezone": "right/UTC", "hours": OFFICE}, "timezone", "not known"),
        ({"timezone": "localtime", "hours": OFFICE}, "timezone", "not known"),
        ({"timezone": 1, "hours": OFFICE}, "timezone", "name of a time zone"),
        ({"timezone": None, "hours": OFFICE}, "timezone", "name of a time zone"),
        ({"hours": {"monday": [["09:00", "18:00"]]}}, "hours", "monday"),
        ({"hours": [["09:00", "18:00"]]}, "hours", "object"),
        ({"hours": {"mon": {"09:00": "18:00"}}}, "hours.mon", "list"),
        ({"hours": {"mon": [["09:00", "18:00"], ["19:00"]]}}, "hours.mon[1]", "pair"),
        ({"hours": {"mon": ["0900"]}}, "hours.mon[0]", "pair"),
        ({"hours": {"mon": [["9:00", "18:00"]]}}, "hours.mon[0]", "9:00"),
        ({"hours": {"mon": [["09:00", "18:60"]]}}, "hours.mon[0]", "18:60"),
        ({"hours": {"mon": [["24:00", "08:00"]]}}, "hours.mon[0]", "24:00"),
        ({"hours": {"mon": [["09:00", "18:00\n"]]}}, "hours.mon[0]", "time of day"),
        ({"hours": {"mon": [["\u0660\u0669:\u0660\u0660", "18:00"]]}}, "hours.mon[0]", "time of day"),
        ({"hours": {"mon": [[9, 18]]}}, "hours.mon[0]", "time of day"),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:59", "18:00"]]}}, "hours.mon[1]", "overlaps hours.mon[0]"),
        ({"hours": {"mon": [["13:00", "18:00"], ["09:00", "13:01"]]}}, "hours.mon[0]", "overlaps hours.mon[1]"),
        ({"hours": {"mon": [["22:00", "06:00"]], "tue": [["05:59", "09:00"]]}}, "hours.tue[0]", "hours.mon[0]"),
        ({"hours": {"sun": [["22:00", "06:00"]], "mon": [["05:00", "09:00"]]}}, "hours.mon[0]", "hours.sun[0]"),
        ({"hours": {"mon": [["00:00", "24:00"], ["09:00", "09:00"]]}}, "hours.mon[1]", "overlaps"),
        ({"hours": OFFICE, "holidays": ["2026-12-25", "2026-02-30"]}, "holidays[1]", "2026-02-30"),
        ({"hours": OFFICE, "holidays": ["20261225"]}, "holidays[0]", "20261225"),
        ({"hours": OFFICE, "holidays": [20261225]}, "holidays[0]", "not a date"),
        ({"hours": OFFICE, "holidays": "2026-12-25"}, "holidays", "list"),
        ({"hours": OFFICE, "date_hours": {"2026-13-01": []}}, "date_hours.2026-13-01", "not a date"),
        ({"hours": OFFICE, "date_hours": []}, "date_hours", "object"),
        ({"hours": OFFICE, "date_hours": {"2026-01-05": [["8", "9"]]}}, "date_hours.2026-01-05[0]", "time of day"),
        (
            {"date_hours": {"2026-01-05": [["08:00", "10:00"], ["09:00", "11:00"]]}},
            "date_hours.2026-01-05[1]",
            "overlaps",
        ),
        ({"hours": OFFICE, "always": "yes"}, "always", "True or false"),
        ({"hours": OFFICE, "holiday": []}, "holiday", "no such field"),
        ({}, "hours", "nothing would ever be due"),
        ({"hours": {"mon": []}, "date_hours": {"2026-01-05": []}}, "hours", "nothing would ever be due"),
        ([], "calendar", "object"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_and_the_place_named(data, field, words):
    with pytest.raises(CalendarError) as refused:
        CalendarSpec.parse(data)
    assert refused.value.field == field
    assert words in str(refused.value)
    assert refused.value.message % refused.value.params in str(refused.value)


def test_the_fields_of_the_resource_are_passed_over():
    spec = CalendarSpec.parse({"slug": "fr", "name": "France", "country": None, "hours": OFFICE})
    assert spec == CalendarSpec(timezone="UTC", hours=dict.fromkeys(OFFICE, (("09:00", "18:00"),)))


def test_touching_intervals_are_one():
    hours = {"mon": [["09:00", "12:00"], ["12:00", "24:00"]], "tue": [["00:00", "08:00"]]}
    assert opened("UTC", hours, "2026-01-05", "2026-01-07") == [("05 09:00", "06 08:00")]


def test_an_interval_cut_to_nothing_is_left_out():
    office = calendar(hours=OFFICE)
    assert office.open_intervals(at("2026-01-05T18:00Z"), at("2026-01-06T09:00Z")) == []
    assert office.open_intervals(at("2026-01-06T12:00Z"), at("2026-01-06T12:00Z")) == []


def test_a_week_of_whole_days_is_open_without_a_break():
    always = calendar(timezone="Europe/Paris", hours={day: [["00:00", "24:00"]] for day in WEEK})
    assert always.open_intervals(at("1971-01-01T00:00Z"), at("2199-01-01T00:00Z")) == [
        (at("1971-01-01T00:00Z"), at("2199-01-01T00:00Z"))
    ]


# ------------------------------------------------------------------------------------------- days and nights
def test_an_interval_that_ends_where_it_starts_lasts_until_the_next_day():
    assert opened("UTC", {"mon": [["09:00", "09:00"]]}, "2026-01-05", "2026-01-08") == [("05 09:00", "06 09:00")]


def test_a_night_belongs_to_the_day_it_starts_on():
    night = {"mon": [["22:00", "06:00"]], "tue": [["22:00", "06:00"]]}
    monday, tuesday = at("2026-01-05T12:00Z"), at("2026-01-06T12:00Z")
    without_tuesday = calendar(hours=night, holidays=["2026-01-06"])
    assert without_tuesday.between(monday, tuesday) == 8 * HOUR
    assert without_tuesday.between(tuesday, tuesday + 24 * HOUR) == 0


def test_the_hours_of_a_date_win_over_a_holiday_and_an_empty_list_closes():
    christmas = calendar(
        hours=OFFICE,
        holidays=["2026-12-24", "2026-12-25"],
        date_hours={"2026-12-24": [["10:00", "12:00"]], "2026-12-28": []},
    )
    assert christmas.open_intervals(at("2026-12-24T00:00Z"), at("2026-12-29T00:00Z")) == [
        (at("2026-12-24T10:00Z"), at("2026-12-24T12:00Z"))
    ]


def test_hours_of_a_date_that_meet_the_night_before_are_not_counted_twice():
    both = calendar(hours={"mon": [["22:00", "06:00"]]}, date_hours={"2026-01-06": [["05:00", "09:00"]]})
    assert both.between(at("2026-01-05T00:00Z"), at("2026-01-07T00:00Z")) == 11 * HOUR


# ------------------------------------------------------------------------------------------- changed clocks
def test_opening_in_the_hour_skipped_in_spring_is_the_moment_of_the_change():
    assert opened("Europe/Berlin", {"sun": [["02:30", "05:00"]]}, "2026-03-29", "2026-03-30") == [
        ("29 01:00", "29 03:00")
    ]


def test_closing_in_the_hour_skipped_in_spring_is_the_moment_of_the_change():
    assert opened("Europe/Berlin", {"sun": [["01:00", "02:30"]]}, "2026-03-29", "2026-03-30") == [
        ("29 00:00", "29 01:00")
    ]


def test_hours_inside_the_hour_skipped_in_spring_do_not_exist_that_day():
    assert opened("Europe/Berlin", {"sun": [["02:10", "02:50"]]}, "2026-03-29", "2026-03-30") == []


@pytest.mark.parametrize(
    ("hours", "interval"),
    [
        (["02:30", "05:00"], ("25 00:30", "25 04:00")),  # 02:30 in summer time to 05:00 in winter time
        (["01:00", "02:30"], ("24 23:00", "25 00:30")),
        (["01:00", "03:00"], ("24 23:00", "25 02:00")),
        (["00:00", "24:00"], ("24 22:00", "25 23:00")),  # 25 hours
    ],
)
def test_the_hour_repeated_in_autumn_is_met_the_first_time(hours, interval):
    assert opened("Europe/Berlin", {"sun": [hours]}, "2026-10-24", "2026-10-26") == [interval]


def test_half_an_hour_is_skipped_and_repeated_on_lord_howe():
    hours = {"sun": [["01:45", "02:15"]]}
    assert opened("Australia/Lord_Howe", hours, "2026-10-03", "2026-10-04") == [("03 15:15", "03 15:30")]
    assert opened("Australia/Lord_Howe", hours, "2026-04-04", "2026-04-05") == [("04 14:45", "04 15:45")]


def test_a_midnight_that_is_skipped_opens_at_the_moment_of_the_change():
    hours = {"sun": [["00:00", "03:00"]], "sat": [["20:00", "24:00"]]}
    assert opened("America/Sao_Paulo", hours, "2018-11-03", "2018-11-05") == [("03 23:00", "04 05:00")]


def test_a_day_that_a_zone_left_out_is_closed():
    hours = {day: [["09:00", "17:00"]] for day in OFFICE}
    samoa = calendar(timezone="Pacific/Apia", hours=hours)  # there was no Friday 30 December 2011
    assert samoa.between(at("2011-12-26T00:00-10:00"), at("2012-01-01T00:00+14:00")) == 4 * 8 * HOUR


# --------------------------------------------------------------------------------------------------- 24x7
def test_around_the_clock_is_plain_arithmetic_in_any_zone():
    always = calendar(always=True, timezone="Europe/Paris", holidays=["2026-12-25"])
    start = at("2026-12-24T20:00Z")
    assert always.add(start, 12345) == start + 12345
    assert always.subtract(start, 12345) == start - 12345
    assert always.between(start, start + 12345) == 12345
    assert always.is_open(start)
    assert always.open_intervals(start, start + 1) == [(start, start + 1)]
    assert always.add(start, 60, [(start + 30, start + 90)]) == start + 120
    assert always.add_many(np.array([start]), np.array([0])).tolist() == [start]


# -------------------------------------------------------------------------------------------------- pauses
def test_pauses_may_overlap_and_a_reversed_one_stops_nothing():
    office = calendar(hours=OFFICE)
    nine = at("2026-01-05T09:00Z")
    pauses = [(nine + 2 * HOUR, nine + 4 * HOUR), (nine + HOUR, nine + 3 * HOUR), (nine + 6 * HOUR, nine + 5 * HOUR)]
    assert office.between(nine, nine + 9 * HOUR, pauses) == 6 * HOUR
    assert office.add(nine, 6 * HOUR, pauses) == nine + 9 * HOUR


def test_time_used_up_as_a_pause_begins_is_due_then_but_nothing_is_due_during_a_pause():
    office = calendar(hours=OFFICE)
    nine = at("2026-01-05T09:00Z")
    pause = [(nine + HOUR, nine + 20 * HOUR)]
    assert office.add(nine, HOUR, pause) == nine + HOUR
    assert office.add(nine + HOUR, 0, pause) == nine + 24 * HOUR


# -------------------------------------------------------------------------------------------- how far it reaches
OFFICE_CALENDAR = {"timezone": "Europe/Berlin", "hours": OFFICE}


@pytest.mark.parametrize("year", [1970, 1999, 2014, 2015, 2040, 2041, 2100, 2199])
def test_years_far_from_now_are_answered(year):
    first_monday = next(day for day in range(4, 11) if date(year, 1, day).weekday() == 0)
    monday = at(f"{year}-01-{first_monday:02d}T08:00+01:00")
    office = calendar(**OFFICE_CALENDAR)
    assert office.add(monday, 10 * HOUR) == monday + 26 * HOUR
    assert office.add_many(np.array([monday]), np.array([10 * HOUR])).tolist() == [monday + 26 * HOUR]
    assert office.is_open(monday + HOUR)
    assert not office.is_open(monday)


def test_a_night_across_the_edge_of_the_years_compiled_first_is_whole():
    nights = {"hours": {day: [["20:00", "08:00"]] for day in WEEK}}
    assert calendar(**nights).add(at("2040-12-31T12:00Z"), 10 * HOUR) == at("2041-01-01T06:00Z")
    assert calendar(**nights).subtract(at("2015-01-01T02:00Z"), 3 * HOUR) == at("2014-12-31T23:00Z")
    assert calendar(**nights).between(at("2015-01-01T00:00Z"), at("2015-01-01T12:00Z")) == 8 * HOUR
    assert calendar(**nights).is_open(at("2041-01-01T00:00Z"))


def test_a_day_that_is_already_next_year_in_its_zone_is_there():
    kiritimati = calendar(timezone="Pacific/Kiritimati", hours={day: [["08:00", "12:00"]] for day in WEEK})  # UTC+14
    assert kiritimati.between(at("2040-12-31T12:00Z"), at("2041-01-01T00:00Z")) == 4 * HOUR


def test_nothing_added_or_subtracted_at_the_edge_of_the_years_compiled_first_finds_the_neighbouring_year():
    after, opening = at("2040-12-31T20:00Z"), at("2041-01-01T09:00Z")
    before, closing = at("2015-01-01T05:00Z"), at("2014-12-31T18:00Z")
    assert calendar(hours=OFFICE).add(after, 0) == opening
    assert calendar(hours=OFFICE).add_many(np.array([after]), np.array([0])).tolist() == [opening]
    assert calendar(hours=OFFICE).subtract(before, 0) == closing
    assert calendar(hours=OFFICE).subtract_many(np.array([before]), np.array([0])).tolist() == [closing]


def test_the_last_business_second_of_the_years_compiled_first_can_be_subtracted_nothing_from():
    office = calendar(hours=OFFICE)
    closed, last = at("2040-12-31T22:00Z"), at("2040-12-31T18:00Z")
    assert office.subtract(closed, 0) == last
    assert office.subtract_many(np.array([closed, closed]), np.array([0, HOUR])).tolist() == [last, last - HOUR]


def test_a_zone_that_once_had_another_offset_has_it_then():
    almaty = calendar(timezone="Asia/Almaty", hours=OFFICE)  # UTC+6 until 1 March 2024, UTC+5 since
    assert almaty.add(at("2016-01-04T00:00Z"), 0) == at("2016-01-04T03:00Z")
    assert almaty.add(at("2026-01-05T00:00Z"), 0) == at("2026-01-05T04:00Z")


def test_one_open_day_a_year_reaches_as_far_as_it_goes():
    days = {f"{year}-07-01": [["12:00", "13:00"]] for year in range(2000, 2150)}
    sparse = calendar(date_hours=days)
    start = at("2026-01-01T00:00Z")
    assert sparse.add(start, 100 * HOUR) == at("2125-07-01T13:00Z")
    assert sparse.subtract(start, 20 * HOUR) == at("2006-07-01T12:00Z")
    with pytest.raises(CalendarError, match="does not have so much business time"):
        sparse.add(start, 125 * HOUR)
    with pytest.raises(CalendarError, match="does not have so much business time"):
        sparse.subtract(start, 27 * HOUR)
    with pytest.raises(CalendarError, match="does not have so much business time"):
        sparse.add(at("2149-07-01T13:00Z"), 0)
    with pytest.raises(CalendarError, match="does not have so much business time"):
        sparse.subtract(at("2000-07-01T11:00Z"), 0)


CALENDARS_OF_BOTH_KINDS = pytest.mark.parametrize("data", [OFFICE_CALENDAR, {"always": True}], ids=["office", "24x7"])


@CALENDARS_OF_BOTH_KINDS
@pytest.mark.parametrize("seconds", [200 * 365 * 24 * HOUR, 2**62, 2**63 - 1])
def test_more_business_time_than_there_is_is_refused(data, seconds):
    start = at("2026-01-01T00:00Z")
    several = np.array([start, start]), np.array([1, seconds])
    for question in (
        lambda asked: asked.add(start, seconds),
        lambda asked: asked.subtract(start, seconds),
        lambda asked: asked.add_many(*several),
        lambda asked: asked.subtract_many(*several),
    ):
        with pytest.raises(CalendarError, match="does not have so much business time") as refused:
            question(calendar(**data))
        assert refused.value.field == "seconds"


@CALENDARS_OF_BOTH_KINDS
@pytest.mark.parametrize("outside", [-1, -62_135_596_800, at("2201-01-02T00:00Z"), 253_402_300_799, 2**62])
def test_an_instant_outside_the_known_years_is_refused(data, outside):
    asked, now = calendar(**data), at("2026-01-01T00:00Z")
    for field, question in (
        ("start", lambda: asked.add(outside, 1)),
        ("start", lambda: asked.subtract(outside, 1)),
        ("at", lambda: asked.is_open(outside)),
        ("start", lambda: asked.add_many(np.array([now, outside]), np.array([1, 1]))),
        ("start", lambda: asked.subtract_many(np.array([now, outside]), np.array([1, 1]))),
        ("start" if outside < now else "end", lambda: asked.between(*sorted((outside, now)))),
        ("start" if outside < now else "end", lambda: asked.open_intervals(*sorted((outside, now)))),
        ("end", lambda: asked.between_many(np.array([now]), np.array([outside]))),
    ):
        with pytest.raises(CalendarError, match="from 1970 to 2200") as refused:
            question()
        assert refused.value.field == field


@CALENDARS_OF_BOTH_KINDS
def test_the_known_years_end_with_their_last_second(data):
    asked, end = calendar(**data), at("2201-01-01T00:00Z")
    assert asked.between(end - 1, end) in {0, 1}
    with pytest.raises(CalendarError, match="from 1970 to 2200") as refused:
        asked.is_open(end)
    assert refused.value.field == "at"


@CALENDARS_OF_BOTH_KINDS
def test_a_negative_duration_is_refused(data):
    asked, now = calendar(**data), at("2026-01-01T00:00Z")
    for question in (
        lambda: asked.add(now, -1),
        lambda: asked.subtract(now, -1),
        lambda: asked.add_many(np.array([now]), np.array([-1])),
        lambda: asked.subtract_many(np.array([now]), np.array([-1])),
    ):
        with pytest.raises(CalendarError, match="negative"):
            question()


@CALENDARS_OF_BOTH_KINDS
def test_arrays_may_be_empty_and_one_duration_may_serve_many_starts(data):
    asked, now = calendar(**data), at("2026-01-05T12:00Z")
    none = np.array([], dtype=np.int64)
    assert asked.add_many(none, none).tolist() == asked.subtract_many(none, none).tolist() == []
    assert asked.between_many(none, none).tolist() == []
    assert asked.add_many(np.array([now, now + 1]), np.array(60)).tolist() == [now + 60, now + 61]


def test_threads_that_reach_far_at_once_agree():
    shared = calendar(**OFFICE_CALENDAR)
    starts = [at(f"{year}-03-03T03:03Z") for year in range(1971, 2190)] * 4
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda start: shared.add(start, 1_000_000), reversed(starts)))
    alone = calendar(**OFFICE_CALENDAR)
    assert together == [alone.add(start, 1_000_000) for start in reversed(starts)]
