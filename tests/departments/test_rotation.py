"""People in turn over the changes of the clock: a shift ends at the local hand-over hour, whatever the day's length."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from departments.rotation import Rotation, first_showing
from sla.businesstime import BusinessCalendar, CalendarSpec

VIENNA = ZoneInfo("Europe/Vienna")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
HOUR = timedelta(hours=1)


def rotation(**fields):
    return Rotation(
        **{"people": ["Ada", "Bob"], "hands_over_at": time(8), "zone": VIENNA, "every": "day", **fields},
    )


def local(instant):
    return instant.astimezone(VIENNA).strftime("%Y-%m-%d %H:%M")


def test_over_the_change_in_spring_a_day_of_duty_lasts_23_hours():
    shifts = list(rotation(first_day=date(2026, 3, 28), until=date(2026, 3, 31)).shifts())
    assert [person for person, _begins, _ends in shifts] == ["Ada", "Bob", "Ada"]
    assert [local(ends) for _person, _begins, ends in shifts] == [
        "2026-03-29 08:00",
        "2026-03-30 08:00",
        "2026-03-31 08:00",
    ]
    assert [ends - begins for _person, begins, ends in shifts] == [23 * HOUR, 24 * HOUR, 24 * HOUR]


def test_over_the_change_in_autumn_a_week_of_duty_lasts_an_hour_longer():
    shifts = list(rotation(first_day=date(2026, 10, 19), until=date(2026, 11, 2), every="week").shifts())
    assert [(person, local(begins), local(ends)) for person, begins, ends in shifts] == [
        ("Ada", "2026-10-19 08:00", "2026-10-26 08:00"),
        ("Bob", "2026-10-26 08:00", "2026-11-02 08:00"),
    ]
    assert shifts[0][2] - shifts[0][1] == 7 * 24 * HOUR + HOUR


@pytest.mark.parametrize(("day", "expected"), [(SPRING, 7), (AUTUMN, 9), (date(2026, 6, 1), 8)])
def test_a_night_shift_over_the_change_is_as_long_as_the_night(day, expected):
    nights = rotation(first_day=day - timedelta(days=1), until=day, hands_over_at=time(22), ends_at=time(6))
    [(_person, begins, ends)] = nights.shifts()
    assert (begins.astimezone(VIENNA).time(), ends.astimezone(VIENNA).time()) == (time(22), time(6))
    assert ends - begins == expected * HOUR


def test_a_hand_over_in_the_skipped_hour_is_at_the_moment_of_the_change():
    assert first_showing(SPRING, time(2, 30), VIENNA) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_hand_over_in_the_hour_that_comes_twice_is_at_the_first():
    assert first_showing(AUTUMN, time(2, 30), VIENNA) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_shifts_wholly_within_the_skipped_hour_do_not_exist():
    skipped = rotation(first_day=SPRING, until=date(2026, 3, 30), hands_over_at=time(2, 10), ends_at=time(2, 40))
    assert list(skipped.shifts()) == []


def test_the_last_turn_ends_on_the_day_named():
    shifts = list(rotation(first_day=date(2026, 6, 1), until=date(2026, 6, 11), every="week").shifts())
    assert [(person, local(ends)) for person, _begins, ends in shifts] == [
        ("Ada", "2026-06-08 08:00"),
        ("Bob", "2026-06-11 08:00"),
    ]


def test_outside_a_calendar_only_nights_and_the_weekend_are_left():
    office = BusinessCalendar.compile(
        CalendarSpec(timezone="Europe/Vienna", hours={day: [("08:00", "18:00")] for day in ("mon", "tue", "fri")})
    )
    week = rotation(first_day=date(2026, 6, 5), until=date(2026, 6, 9), every="week", outside=office)
    assert [(local(begins), local(ends)) for _person, begins, ends in week.shifts()] == [
        ("2026-06-05 18:00", "2026-06-08 08:00"),
        ("2026-06-08 18:00", "2026-06-09 08:00"),
    ]


turns = st.builds(
    Rotation,
    people=st.integers(1, 4).map(range),
    first_day=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    until=st.dates(date(2030, 1, 2), date(2030, 3, 1)),
    hands_over_at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]).map(ZoneInfo),
    every=st.sampled_from(["day", "week"]),
)


@given(turns)
@settings(max_examples=50, deadline=None)
def test_without_an_end_somebody_is_on_duty_all_the_time_and_one_at_a_time(turn):
    shifts = list(turn.shifts())
    assert shifts[0][1] == first_showing(turn.first_day, turn.hands_over_at, turn.zone)
    assert shifts[-1][2] == first_showing(turn.until, turn.hands_over_at, turn.zone)
    assert all(one[2] == following[1] for one, following in pairwise(shifts))
    assert [person for person, _begins, _ends in shifts] == [n % len(turn.people) for n in range(len(shifts))]
