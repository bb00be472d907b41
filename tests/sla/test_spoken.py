"""What people write about durations and hours of a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.spoken import SpokenError, names_days, read_duration, read_hours, write_duration, write_hours

TIMES = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 min", 5400),
        ("90min", 5400),
        ("1 h 30", 5400),
        ("1h30", 5400),
        ("1 h 30 min", 5400),
        ("1:30", 5400),
        ("1.5 h", 5400),
        ("1,5 h", 5400),
        ("  15   Min ", 900),
        ("45 s", 45),
        ("5 min 30", 330),
        ("2 d", 57600),
        ("1 j 2 h", 36000),
        ("40\u202fh", 144000),
    ],
)
def test_a_duration_is_read_as_it_is_said(text, seconds):
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "30", "h", "soon", "-5 min", "5 min 1 h", "1 h 1 h", "1 h 30 min 5 x", "0.3 s", "1:75", "1e3 h", "½ h"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(SpokenError):
        read_duration(text)


@given(st.integers(1, 10 * 366 * 86400))
def test_what_is_written_is_read_the_same(seconds):
    assert read_duration(write_duration(seconds)) == seconds


def test_days_are_noticed_so_that_a_page_can_say_what_they_came_to():
    assert [names_days(text) for text in ("2 d", "1 d 4 h", "2 days", "16 h", "1 h 30")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00–12:00, 12:30–18:00", [("08:00", "12:00"), ("12:30", "18:00")]),
        ("8-12; 12.30 to 18h", [("08:00", "12:00"), ("12:30", "18:00")]),
        ("22:00 – 24:00", [("22:00", "24:00")]),
        ("22:00–06:00", [("22:00", "06:00")]),
        ("closed", []),
        ("", []),
    ],
)
def test_hours_of_a_day_are_read_as_they_are_said(text, hours):
    assert read_hours(text) == hours


@pytest.mark.parametrize(
    "text", ["8", "08:00–", "08:00–25:00", "08:60–09:00", "morning", "08:00–24:30", "8–9–10", "8–9,"]
)
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(SpokenError):
        read_hours(text)


@given(st.lists(st.tuples(TIMES, TIMES), max_size=4))
def test_hours_that_are_written_are_read_the_same(hours):
    assert read_hours(write_hours(hours)) == hours
