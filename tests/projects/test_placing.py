"""Laws of placing work on the calendar: everything is kept to, nothing waits longer than it has to."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.planning.graph import Circle
from projects.planning.placing import AROUND_THE_CLOCK, Placeable, Tie, backward, forward
from sla.businesstime import BusinessCalendar, CalendarSpec

HOUR = 3600
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = BusinessCalendar.compile(CalendarSpec.parse({"timezone": "UTC", "hours": WEEK}))
EVENINGS = BusinessCalendar.compile(CalendarSpec.parse({"timezone": "UTC", "hours": {"wed": [["18:00", "22:00"]]}}))


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


MONDAY = at("2026-03-02T09:00")
FRIDAY_EVENING = at("2026-03-06T17:00")


def piece(key, hours, working=OFFICE):
    return Placeable(key, hours * HOUR, working)


@st.composite
def plans(draw, among=("FS", "SS", "FF", "SF")):
    count = draw(st.integers(1, 6))
    calendars = st.sampled_from([OFFICE, EVENINGS, AROUND_THE_CLOCK])
    pieces = [piece(key, draw(st.integers(0, 12)), draw(calendars)) for key in range(count)]
    pairs = [(before, after) for after in range(count) for before in range(after)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=8)) if pairs else []
    kinds, lags = st.sampled_from(among), st.integers(-4, 12)
    return pieces, [Tie(before, after, draw(kinds), draw(lags) * HOUR, draw(st.booleans())) for before, after in chosen]


def is_kept(tie, pieces, placed):
    before, after = placed[tie.before], placed[tie.after]
    since = before.finish if tie.kind in {"FS", "FF"} else before.start
    held = after.start if tie.kind in {"FS", "SS"} else after.finish
    calendar = AROUND_THE_CLOCK if tie.is_always else pieces[tie.after].working
    return (calendar.add(since, tie.lag_s) if tie.lag_s > 0 else since) <= held


def has_time(one, place):
    return place.start <= place.finish and (
        not one.seconds or one.working.add(place.start, one.seconds) <= place.finish
    )


@settings(deadline=None)
@given(plan=plans(), start=st.integers(MONDAY, FRIDAY_EVENING + 60 * HOUR))
def test_forward_nothing_begins_before_it_may_and_everything_fits(plan, start):
    pieces, ties = plan
    placed = forward(pieces, ties, start=start)
    assert all(place.start >= start for place in placed.values())
    assert all(has_time(one, placed[one.key]) for one in pieces)
    assert all(is_kept(tie, pieces, placed) for tie in ties)


@settings(deadline=None)
@given(plan=plans(), finish=st.integers(MONDAY, FRIDAY_EVENING + 60 * HOUR))
def test_backward_everything_is_finished_in_time_and_nothing_begins_too_late(plan, finish):
    pieces, ties = plan
    placed = backward(pieces, ties, finish=finish)
    assert all(place.finish <= finish for place in placed.values())
    assert all(has_time(one, placed[one.key]) for one in pieces)
    assert all(is_kept(tie, pieces, placed) for tie in ties)


@settings(deadline=None)
@given(plan=plans(among=("FS", "FF")), finish=st.integers(MONDAY, FRIDAY_EVENING))
def test_what_begins_when_the_backward_way_begins_is_finished_in_time(plan, finish):
    pieces, ties = plan
    latest = backward(pieces, ties, finish=finish)
    again = forward(pieces, ties, start=min(place.start for place in latest.values()))
    assert all(again[key].finish <= latest[key].finish for key in latest)


def test_the_longest_way_decides_and_parallel_branches_stay_parallel():
    pieces = [piece("design", 8), piece("short", 2), piece("long", 16), piece("join", 4)]
    ties = [Tie("design", "short"), Tie("design", "long"), Tie("short", "join"), Tie("long", "join")]
    placed = forward(pieces, ties, start=MONDAY)
    assert placed["short"].start == placed["long"].start == at("2026-03-03T09:00")
    assert placed["join"].start == at("2026-03-05T09:00")
    latest = backward(pieces, ties, finish=FRIDAY_EVENING)
    assert latest["short"].finish == latest["long"].finish == at("2026-03-06T13:00")
    assert latest["design"].finish == at("2026-03-04T13:00")


@pytest.mark.parametrize(("is_always", "begins"), [(False, "2026-03-10T09:00"), (True, "2026-03-09T09:00")])
def test_a_lag_counts_in_its_own_calendar(is_always, begins):
    """Poured on Friday: eight working hours are Monday, eight plain ones the night."""
    pieces = [piece("pour", 8), piece("build", 8)]
    placed = forward(pieces, [Tie("pour", "build", "FS", 8 * HOUR, is_always)], start=at("2026-03-06T09:00"))
    assert placed["build"].start == at(begins)


def test_a_lead_counts_as_none_as_at_the_gate():
    pieces = [piece("a", 4), piece("b", 4)]
    assert forward(pieces, [Tie("a", "b", "FS", -2 * HOUR)], start=MONDAY)["b"].start == at("2026-03-02T13:00")


def test_a_chain_of_ten_thousand_is_placed():
    keys = range(10_000)
    pieces = [Placeable(key, 1, AROUND_THE_CLOCK) for key in keys]
    ties = [Tie(before, after) for before, after in pairwise(keys)]
    assert forward(pieces, ties, start=0)[9999].finish == 10_000
    assert backward(pieces, ties, finish=10_000)[0].start == 0


def test_a_circle_has_no_place():
    with pytest.raises(Circle):
        forward([piece("a", 1), piece("b", 1)], [Tie("a", "b"), Tie("b", "a")], start=MONDAY)
