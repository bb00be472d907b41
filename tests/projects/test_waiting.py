"""Laws of whose time a request took, against a walk over every second."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.planning.waiting import Asked, spent, stretches, waits
from sla.businesstime import BusinessCalendar, CalendarSpec

HOUR = 3600
END = 400
instants = st.integers(-50, END + 50)
questions = st.lists(st.builds(Asked, at=instants, until=st.none() | instants), max_size=8)
OFFICE = BusinessCalendar.compile(CalendarSpec(timezone="UTC", hours={"thu": [("09:00", "17:00")]}))


def plain(start: int, end: int) -> int:
    return end - start


def of(asked, *, between=plain, ends=END):
    return spent(stretches(asked, begins=0, ends=ends, between=between))


def is_open(asked: list[Asked], second: int) -> bool:
    return any(one.at <= second and (one.until is None or second < one.until) for one in asked)


@given(questions)
def test_a_second_is_the_clients_exactly_while_some_question_is_open(asked):
    waiting = sum(is_open(asked, second) for second in range(END))
    assert of(asked) == (END - waiting, waiting)


@given(questions)
def test_the_parts_follow_on_each_other_and_change_sides(asked):
    parts = stretches(asked, begins=0, ends=END, between=plain)
    assert [part.begins for part in parts] == [0, *(part.ends for part in parts[:-1])]
    assert parts[-1].ends == END
    assert all(one.is_waiting != other.is_waiting for one, other in itertools.pairwise(parts))


@given(questions, questions)
def test_one_more_question_never_makes_the_wait_shorter(asked, more):
    assert of(asked)[1] <= of([*asked, *more])[1] <= of(asked)[1] + of(more)[1]


@given(questions, st.randoms())
def test_neither_order_nor_asking_twice_matters(asked, chance):
    other = [*asked, *asked]
    chance.shuffle(other)
    assert waits(asked, begins=0, ends=END) == waits(other, begins=0, ends=END)


@given(questions, st.integers(1, END))
def test_what_comes_later_does_not_change_what_was(asked, ends):
    before = waits(asked, begins=0, ends=ends)
    after = waits(asked, begins=0, ends=END)
    assert before == [(start, min(end, ends)) for start, end in after if start < ends]


def test_only_the_hours_of_the_calendar_count_on_either_side():
    """The epoch began on a Thursday: from 16:00 the client thinks, until 10:00 a week later."""
    week = 7 * 24 * HOUR
    asked = [Asked(16 * HOUR, week + 10 * HOUR), Asked(17 * HOUR, week)]
    assert of(asked, between=OFFICE.between, ends=week + 12 * HOUR) == (9 * HOUR, 2 * HOUR)


@pytest.mark.parametrize("ends", [0, -5])
def test_nothing_took_no_time(ends):
    assert stretches([Asked(0)], begins=0, ends=ends, between=plain) == []
