"""An example is the clock's own arithmetic, told row by row."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sla.businesstime import BusinessCalendar, CalendarSpec
from sla.replay import Mark, replay
from sla.worked_example import MOST_ROWS, Happens, worked_example

PRAGUE = ZoneInfo("Europe/Prague")
DAY = (("08:00", "12:00"), ("12:30", "18:00"))
SERVICE = BusinessCalendar.compile(
    CalendarSpec(
        timezone="Europe/Prague",
        hours={**dict.fromkeys(("mon", "tue", "wed", "thu"), DAY), "fri": (("08:00", "12:00"), ("12:30", "16:00"))},
    )
)
NIGHTS = BusinessCalendar.compile(
    CalendarSpec(timezone="America/New_York", hours={"sat": (("22:00", "06:00"),), "sun": (("07:00", "09:30"),)})
)
ALWAYS = BusinessCalendar.compile(CalendarSpec(always=True))
BEGIN = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
YEAR = 365 * 86400


def at(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 11, day, hour, minute, tzinfo=PRAGUE).timestamp())


def test_the_rows_are_what_a_person_would_write_down():
    example = worked_example(
        calendar=SERVICE,
        opened_at=at(20, 15, 10),
        response_s=1800,
        resolution_s=6 * 3600,
        pauses=[(at(23, 9), at(23, 10))],
    )
    assert [(row.at, row.happens, row.counted_s) for row in example.rows] == [
        (at(20, 15, 10), Happens.OPENED, 0),
        (at(20, 15, 40), Happens.RESPONSE_DUE, 1800),
        (at(20, 16), Happens.HOURS_END, 3000),
        (at(23, 8), Happens.HOURS_BEGIN, 3000),
        (at(23, 9), Happens.PAUSED, 6600),
        (at(23, 10), Happens.RESUMED, 6600),
        (at(23, 12), Happens.HOURS_END, 13800),
        (at(23, 12, 30), Happens.HOURS_BEGIN, 13800),
        (at(23, 14, 40), Happens.DUE, 21600),
    ]
    assert (example.response_due, example.due) == (at(20, 15, 40), at(23, 14, 40))


def test_a_long_promise_leaves_out_the_middle_and_says_how_much():
    example = worked_example(calendar=SERVICE, opened_at=at(20, 15, 10), response_s=60, resolution_s=200 * 3600)
    assert len(example.rows) == MOST_ROWS
    [gap] = [row for row in example.rows if row.happens is Happens.LEFT_OUT]
    assert gap.left_out > 20
    assert (example.rows[0].happens, example.rows[-1].counted_s) == (Happens.OPENED, 200 * 3600)


def test_what_ends_at_closing_time_is_due_at_closing_time():
    example = worked_example(calendar=SERVICE, opened_at=at(20, 15), response_s=60, resolution_s=3600)
    assert [row.happens for row in example.rows] == [Happens.OPENED, Happens.RESPONSE_DUE, Happens.DUE]


@settings(max_examples=200, deadline=None)
@given(
    calendar=st.sampled_from([SERVICE, NIGHTS, ALWAYS]),
    opened_at=st.integers(BEGIN, BEGIN + YEAR),
    response_s=st.integers(1, 4 * 3600),
    longer_s=st.integers(0, 20 * 3600),
    waits=st.lists(st.tuples(st.integers(-3600, 20 * 86400), st.integers(0, 3 * 86400)), max_size=4),
)
def test_the_deadline_is_the_clocks_own_and_every_row_adds_up(calendar, opened_at, response_s, longer_s, waits):
    target_s = response_s + longer_s
    pauses = [(opened_at + begin, opened_at + begin + length) for begin, length in waits]
    example = worked_example(
        calendar=calendar, opened_at=opened_at, response_s=response_s, resolution_s=target_s, pauses=pauses
    )
    marks = []  # paused while any pause lasts, told as a ticketing system would
    for instant in sorted({edge for pause in pauses for edge in pause if edge >= opened_at} | {opened_at}):
        waiting = any(begin <= instant < end for begin, end in pauses)
        marks.append((instant, Mark.PAUSE if waiting else Mark.RESUME))
    late = opened_at + 30 * YEAR
    clock = replay(started_at=opened_at, target_s=target_s, marks=marks, calendar=calendar, now=late)
    assert example.due == clock.due_at == clock.breached_at
    response = replay(started_at=opened_at, target_s=response_s, marks=[], calendar=calendar, now=late)
    assert example.response_due == response.due_at
    assert example.rows[-1].happens is Happens.DUE
    assert example.rows[-1].counted_s == target_s
    for row in example.rows:
        until = [mark for mark in marks if mark[0] <= row.at]
        seen = replay(
            started_at=opened_at, target_s=target_s, marks=[*until, (row.at, Mark.STOP)], calendar=calendar, now=row.at
        )
        assert row.counted_s == seen.elapsed_s, row
