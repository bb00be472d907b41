"""Laws of business time, over years with daylight saving, and a naive walk over every minute to compare with."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.businesstime import BusinessCalendar, CalendarSpec

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {weekday: [("09:00", "12:30"), ("13:30", "18:00")] for weekday in WEEKDAYS[:5]}
NIGHTS = {weekday: [("22:00", "06:30")] for weekday in WEEKDAYS}
SUMMERS = frozenset(date(year, 8, day) for year in range(1970, 2201) for day in range(1, 16))


def compiled(timezone: str, hours, **exceptions) -> BusinessCalendar:
    return BusinessCalendar.compile(CalendarSpec(timezone=timezone, hours=hours, **exceptions))


CALENDARS = {
    "Berlin office": compiled("Europe/Berlin", OFFICE, holidays=SUMMERS),
    "Lisbon nights": compiled("Europe/Lisbon", NIGHTS, date_hours={date(2026, 3, 29): [("00:30", "01:30")]}),
    "Lord Howe around two": compiled("Australia/Lord_Howe", {"sun": [("01:45", "02:15")], "sat": [("20:00", "01:30")]}),
    "São Paulo whole days": compiled("America/Sao_Paulo", {day: [("00:00", "24:00")] for day in WEEKDAYS[5:]}),
    "Kolkata office": compiled("Asia/Kolkata", OFFICE),
    "New York one hour a week": compiled("America/New_York", {"sun": [("01:30", "02:30")]}),
    "every minute": compiled("Europe/Paris", {day: [("00:00", "24:00")] for day in WEEKDAYS}),
    "24x7": BusinessCalendar.compile(CalendarSpec(always=True)),
}

calendars = st.sampled_from(sorted(CALENDARS)).map(CALENDARS.__getitem__)
DAY = 86_400
FAR = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
instants = st.integers(0, FAR) | st.integers(1_400_000_000, 2_000_000_000)
durations = st.integers(0, 3_000_000) | st.integers(0, 4 * 3600)


@settings(deadline=None)
@given(calendar=calendars, start=instants, seconds=durations)
def test_between_undoes_add(calendar, start, seconds):
    assert calendar.between(start, calendar.add(start, seconds)) == seconds


@settings(deadline=None)
@given(calendar=calendars, start=instants, seconds=durations.filter(bool))
def test_nothing_is_due_later_than_it_must(calendar, start, seconds):
    assert calendar.between(start, calendar.add(start, seconds) - 1) == seconds - 1


@settings(deadline=None)
@given(calendar=calendars, start=instants, later=st.integers(0, 30 * DAY), seconds=durations, more=durations)
def test_who_starts_later_or_needs_longer_is_due_later_or_at_the_same_time(calendar, start, later, seconds, more):
    due = calendar.add(start, seconds)
    assert start <= due <= calendar.add(start + later, seconds)
    if seconds:
        assert due <= calendar.add(start, seconds + more)


@settings(deadline=None)
@given(calendar=calendars, start=instants, first=durations, then=durations.filter(bool))
def test_two_durations_one_after_the_other_are_their_sum(calendar, start, first, then):
    assert calendar.add(calendar.add(start, first), then) == calendar.add(start, first + then)


@settings(deadline=None)
@given(calendar=calendars, cuts=st.lists(instants, min_size=3, max_size=3).map(sorted))
def test_business_time_of_adjoining_stretches_adds_up(calendar, cuts):
    start, middle, end = cuts
    assert calendar.between(start, end) == calendar.between(start, middle) + calendar.between(middle, end)
    assert 0 <= calendar.between(start, end) <= end - start
    assert calendar.between(end, start) == 0


@settings(deadline=None)
@given(calendar=calendars, start=instants, seconds=durations)
def test_subtract_undoes_add_up_to_closed_time(calendar, start, seconds):
    back = calendar.subtract(calendar.add(start, seconds), seconds)
    assert back >= start
    assert calendar.between(start, back) == 0


@settings(deadline=None)
@given(calendar=calendars, start=instants.filter(lambda at: at > 400 * DAY), seconds=st.integers(0, 100_000))
def test_between_undoes_subtract(calendar, start, seconds):
    back = calendar.subtract(start, seconds)
    assert calendar.between(back, start) == seconds
    if seconds:
        assert calendar.between(back + 1, start) == seconds - 1


@settings(deadline=None)
@given(calendar=calendars, start=instants)
def test_adding_nothing_finds_the_next_open_moment_and_subtracting_nothing_the_last(calendar, start):
    opening = calendar.add(start, 0)
    assert calendar.is_open(opening)
    assert calendar.between(start, opening) == 0
    if start > 400 * DAY:
        closing = calendar.subtract(start, 0)
        assert closing == start if calendar.is_open(start) else calendar.is_open(closing - 1)
        assert calendar.between(closing, start) == 0


@settings(deadline=None)
@given(calendar=calendars, start=instants, length=st.integers(0, 40 * DAY), within=st.floats(0, 1))
def test_open_intervals_say_the_same_as_is_open_and_between(calendar, start, length, within):
    end = start + length
    intervals = calendar.open_intervals(start, end)
    edges = [edge for interval in intervals for edge in interval]
    assert edges == sorted(set(edges))
    assert all(start <= edge <= end for edge in edges)
    assert sum(close - opening for opening, close in intervals) == calendar.between(start, end)
    moments = {start + int(length * within), *edges, *(edge - 1 for edge in edges)}
    for moment in moments:
        if start <= moment < end:
            assert calendar.is_open(moment) == any(opening <= moment < close for opening, close in intervals)


@settings(max_examples=40, deadline=None)
@given(calendar=calendars, rows=st.lists(st.tuples(instants, durations), min_size=1, max_size=50))
def test_many_at_once_are_answered_like_one_by_one(calendar, rows):
    starts, seconds = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    starts += 400 * DAY
    due = calendar.add_many(starts, seconds)
    assert due.tolist() == [calendar.add(*row) for row in zip(starts.tolist(), seconds.tolist(), strict=True)]
    seconds %= 100_000
    back = calendar.subtract_many(starts, seconds)
    assert back.tolist() == [calendar.subtract(*row) for row in zip(starts.tolist(), seconds.tolist(), strict=True)]
    spent = calendar.between_many(starts, due[::-1])
    assert spent.tolist() == [calendar.between(*row) for row in zip(starts.tolist(), due[::-1].tolist(), strict=True)]


# ---------------------------------------------------------------------------------- the walk over every minute
MINUTE = 60
ZONES = (
    "Europe/Berlin",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Africa/Casablanca",
)
# Around these a clock of those zones was or will be changed.
CHANGES = [
    datetime(2018, 2, 17, tzinfo=UTC),  # São Paulo, back at midnight
    datetime(2018, 11, 3, tzinfo=UTC),  # São Paulo, forward at midnight
    datetime(2026, 3, 28, tzinfo=UTC),  # Berlin, Dublin, forward
    datetime(2026, 10, 24, tzinfo=UTC),  # Berlin, Dublin, back
    datetime(2027, 4, 3, tzinfo=UTC),  # Lord Howe, back by half an hour
    datetime(2027, 10, 2, tzinfo=UTC),  # Lord Howe, forward by half an hour
    datetime(2026, 2, 14, tzinfo=UTC),  # Casablanca, back for Ramadan
]


@dataclass
class Question:
    spec: CalendarSpec
    first: int
    """Midnight UTC of the first of five days."""
    start: int
    end: int
    seconds: int
    pauses: list[tuple[int, int]]


def half_hour(slot: int, *, at_end: bool = False) -> str:
    return "24:00" if at_end and slot % 48 == 0 else f"{slot % 48 // 2:02d}:{slot % 2 * 30:02d}"


@st.composite
def weekly_hours(draw):
    """Intervals that do not overlap, on a grid of half hours, overnight and across Sunday to Monday as well."""
    edges = sorted(draw(st.sets(st.integers(0, 335), min_size=2, max_size=24)))
    turn = draw(st.integers(0, 335))
    hours: dict[str, list[tuple[str, str]]] = {}
    for opens, closes in zip(edges[::2], edges[1::2], strict=False):
        start, length = (opens + turn) % 336, min(closes - opens, 48)
        hours.setdefault(WEEKDAYS[start // 48], []).append(
            (half_hour(start), half_hour(start + length, at_end=start % 48 + length == 48))
        )
    return hours


@st.composite
def hours_of_a_date(draw):
    if draw(st.booleans()):
        return []
    start, length = draw(st.integers(0, 47)), draw(st.integers(1, 48))
    return [(half_hour(start), half_hour(start + length, at_end=start + length == 48))]


@st.composite
def questions(draw):
    """A calendar, and a minute-wise question about five days in which a clock is often changed."""
    begin = draw(
        st.sampled_from(CHANGES)
        | st.datetimes(datetime(2016, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
            lambda at: datetime(at.year, at.month, at.day, tzinfo=UTC)
        )
    )
    near = st.integers(-1, 6).map(lambda number: begin.date() + timedelta(days=number))
    spec = CalendarSpec(
        timezone=draw(st.sampled_from(ZONES)),
        hours=draw(weekly_hours()),
        holidays=draw(st.frozensets(near, max_size=2)),
        date_hours=draw(st.dictionaries(near, hours_of_a_date(), max_size=2)),
    )
    first = int(begin.timestamp())
    minute = st.integers(0, 5 * 1440).map(lambda number: first + number * MINUTE)
    return Question(
        spec,
        first,
        draw(minute),
        draw(minute),
        draw(st.integers(0, 2 * 1440)) * MINUTE,
        draw(st.lists(st.tuples(minute, minute), max_size=4)),
    )


def open_minutes(question: Question) -> list[int]:
    """Every open minute of the five days, read off a wall clock that stands still while an hour is repeated."""
    spec, zone = question.spec, ZoneInfo(question.spec.timezone)
    days = [datetime.fromtimestamp(question.first, UTC).date() + timedelta(days=number) for number in range(-4, 8)]
    intervals = {day: list(intervals_of(spec, day)) for day in days}
    shown = datetime.fromtimestamp(question.first - DAY, zone).replace(tzinfo=None)
    found = []
    for minute in range(question.first - DAY, question.first + 5 * DAY, MINUTE):
        shown = max(shown, datetime.fromtimestamp(minute, zone).replace(tzinfo=None))
        today = shown.date()
        around = intervals[today - timedelta(days=1)] + intervals[today]
        if minute >= question.first and any(opens <= shown < closes for opens, closes in around):
            found.append(minute)
    return found


def intervals_of(spec: CalendarSpec, day: date):
    ordinary = () if day in spec.holidays else spec.hours.get(WEEKDAYS[day.weekday()], ())
    for opens, closes in spec.date_hours.get(day, ordinary):
        start, end = (
            datetime(day.year, day.month, day.day) + timedelta(hours=int(text[:2]), minutes=int(text[3:]))  # noqa: DTZ001
            for text in (opens, closes)
        )
        yield start, end if end > start else end + timedelta(days=1)


@settings(max_examples=150, deadline=None)
@given(question=questions())
def test_a_walk_over_every_minute_comes_to_the_same(question):
    calendar = BusinessCalendar.compile(question.spec)
    minutes = open_minutes(question)
    counting = [
        minute
        for minute in minutes
        if not any(paused_at <= minute < resumed_at for paused_at, resumed_at in question.pauses)
    ]
    start, end = question.start, question.end

    opened = calendar.open_intervals(question.first, question.first + 5 * DAY)
    assert [minute for opens, closes in opened for minute in range(opens, closes, MINUTE)] == minutes
    assert calendar.between(start, end) == MINUTE * sum(start <= minute < end for minute in minutes)
    assert calendar.between(start, end, question.pauses) == MINUTE * sum(start <= minute < end for minute in counting)

    ahead = [minute for minute in counting if minute >= start]
    wanted = question.seconds // MINUTE
    if wanted == 0 and ahead:
        assert calendar.add(start, 0, question.pauses) == ahead[0]
    elif 0 < wanted <= len(ahead):
        assert calendar.add(start, question.seconds, question.pauses) == ahead[wanted - 1] + MINUTE

    behind = [minute for minute in minutes if minute < start]
    if 0 < wanted <= len(behind):
        assert calendar.subtract(start, question.seconds) == behind[-wanted]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change:%Y-%m-%d}")
def test_the_walk_meets_a_changed_clock(change):
    offsets = {
        (zone, (change + timedelta(hours=hours)).astimezone(ZoneInfo(zone)).utcoffset())
        for zone in ZONES
        for hours in (0, 120)
    }
    assert len(offsets) > len(ZONES)
