"""Laws of the clock: whatever happens to it, in whatever order, the same marks give the same clock."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sla.businesstime import BusinessCalendar, CalendarSpec
from sla.replay import Mark, elapsed_at, replay, wake_instants

OFFICE = BusinessCalendar.compile(
    CalendarSpec.parse(
        {
            "timezone": "Europe/Vienna",
            "hours": {d: [["08:00", "12:00"], ["12:30", "17:00"]] for d in ("mon", "tue", "wed", "thu", "fri")},
            "holidays": ["2026-04-06", "2026-05-01"],
        }
    )
)
ALWAYS = BusinessCalendar.compile(CalendarSpec.parse({"always": True}))
START = 1_774_000_000  # a Friday in March 2026, a week before clocks change in Europe
DAY = 86_400

calendars = st.sampled_from([OFFICE, ALWAYS])
targets = st.integers(min_value=1, max_value=5 * DAY)
gaps = st.integers(min_value=0, max_value=3 * DAY)
marks = st.lists(st.tuples(gaps, st.sampled_from(list(Mark))), max_size=8)


def placed(steps: Sequence[tuple[int, Mark]]) -> list[tuple[int, Mark]]:
    at, found = START, []
    for gap, mark in steps:
        at += gap
        found.append((at, mark))
    return found


def naive_elapsed(calendar: BusinessCalendar, steps: Sequence[tuple[int, Mark]], until: int) -> int:
    """Open seconds of every stretch in which the clock was neither paused nor stopped; an independent walk."""
    counted, running, stopped, last = 0, True, False, START
    for at, mark in [*steps, (until, None)]:
        if running:
            counted += sum(end - begin for begin, end in calendar.open_intervals(last, at))
        last = at
        if mark is Mark.RESUME:
            running, stopped = True, False
        elif mark is Mark.STOP:
            running, stopped = False, True
        elif mark is Mark.PAUSE and not stopped:
            running = False
    return counted


@given(calendars, targets, marks, gaps)
def test_a_clock_counts_exactly_the_open_seconds_in_which_it_ran(calendar, target, steps, later):
    at = placed(steps)
    now = (at[-1][0] if at else START) + later
    clock = replay(started_at=START, target_s=target, marks=at, calendar=calendar, now=now)
    counted = elapsed_at(elapsed_s=clock.elapsed_s, running_since=clock.running_since, calendar=calendar, now=now)
    assert counted == naive_elapsed(calendar, at, now)


@given(calendars, targets, marks, gaps)
def test_a_clock_is_breached_exactly_when_it_counted_past_its_target_or_ran_past_its_deadline(
    calendar, target, steps, later
):
    at = placed(steps)
    now = (at[-1][0] if at else START) + later
    clock = replay(started_at=START, target_s=target, marks=at, calendar=calendar, now=now)
    counted = naive_elapsed(calendar, at, now)
    if counted > target:
        assert clock.state == "breached"
    if clock.state == "breached":
        assert counted >= target
        assert clock.breached_at is not None
        assert naive_elapsed(calendar, [m for m in at if m[0] <= clock.breached_at], clock.breached_at) == target
    elif clock.state == "running":
        assert clock.due_at is not None
        assert now <= clock.due_at
        assert calendar.between(now, clock.due_at) == target - counted


@given(calendars, targets, marks, gaps)
def test_pauses_are_ordered_and_do_not_overlap(calendar, target, steps, later):
    at = placed(steps)
    now = (at[-1][0] if at else START) + later
    clock = replay(started_at=START, target_s=target, marks=at, calendar=calendar, now=now)
    edges = [edge for pause in clock.pauses for edge in pause if edge is not None]
    assert edges == sorted(edges)
    assert all(end is not None for _begin, end in clock.pauses[:-1])


@given(calendars, targets)
def test_the_deadline_itself_is_met_and_the_next_second_is_not(calendar, target):
    due = calendar.add(START, target)
    kept = replay(started_at=START, target_s=target, marks=[(due, Mark.STOP)], calendar=calendar, now=due)
    late = replay(started_at=START, target_s=target, marks=[(due + 1, Mark.STOP)], calendar=calendar, now=due + 1)
    assert (kept.state, late.state) == ("met", "breached")
    assert late.breached_at == due


@given(calendars, targets)
def test_nobody_needs_to_have_looked_for_a_clock_to_be_breached(calendar, target):
    due = calendar.add(START, target)
    clock = replay(started_at=START, target_s=target, marks=[], calendar=calendar, now=due + 1)
    assert (clock.state, clock.breached_at, clock.running_since) == ("breached", due, START)


def test_marks_that_change_nothing_are_passed_over():
    once = replay(started_at=0, target_s=100, marks=[(10, Mark.PAUSE), (20, Mark.RESUME)], calendar=ALWAYS, now=30)
    often = [(5, Mark.RESUME), (10, Mark.PAUSE), (15, Mark.PAUSE), (20, Mark.RESUME), (25, Mark.RESUME)]
    assert replay(started_at=0, target_s=100, marks=often, calendar=ALWAYS, now=30) == once
    assert once.due_at == 110


def test_a_clock_stopped_while_paused_keeps_the_pause_and_the_deadline_it_would_have_had():
    clock = replay(started_at=0, target_s=100, marks=[(10, Mark.PAUSE), (500, Mark.STOP)], calendar=ALWAYS, now=600)
    assert (clock.state, clock.elapsed_s, clock.stopped_at, clock.due_at) == ("met", 10, 500, 590)
    assert clock.pauses == ((10, 500),)


def test_thresholds_wake_in_order_and_the_breach_one_second_after_the_deadline():
    found = wake_instants(
        running_since=0, elapsed_s=0, target_s=200, due_at=200, thresholds=[50, 75, 150], calendar=ALWAYS
    )
    assert found == [(50, 100), (75, 150), (100, 201), (150, 300)]


def test_a_threshold_used_up_before_the_clock_went_on_is_passed_when_it_went_on():
    found = wake_instants(
        running_since=1000, elapsed_s=120, target_s=200, due_at=1080, thresholds=[50], calendar=ALWAYS
    )
    assert found == [(50, 1000), (100, 1081)]
