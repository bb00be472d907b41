"""Promises in a chain: the margin, and whose time it was that was too much."""

from __future__ import annotations

from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from sla.businesstime import BusinessCalendar, CalendarSpec
from sla.chains import attribute, margins
from sla.terms import Target, Terms

HOUR = 3600
MONDAY = 1772409600  # 2026-03-02T00:00:00Z
CALENDARS = {
    1: BusinessCalendar.compile(CalendarSpec.parse({"timezone": "UTC", "hours": {"mon": [["08:00", "18:00"]]}})),
    2: BusinessCalendar.compile(CalendarSpec.parse({"timezone": "UTC", "always": True})),
}


def terms(resolution_h: int, calendar_id: int = 1) -> Terms:
    target = Target(response_s=60, resolution_s=resolution_h * HOUR, calendar_id=calendar_id)
    return Terms(1, frozenset(), (), "continue", MappingProxyType({"P1": target}))


def margin(promise: Terms, **olas: Terms) -> list[tuple[str, int, bool]]:
    found = margins(promise, olas, calendar=CALENDARS.__getitem__, monday=MONDAY)
    return [(m.ola, m.margin_s, m.by_example) for m in found]


def test_the_slowest_department_says_how_much_is_left():
    assert margin(terms(8), network=terms(3), backup=terms(6)) == [("backup", 2 * HOUR, False)]
    assert margin(terms(8), network=terms(9)) == [("network", -HOUR, False)]
    assert margin(terms(8)) == []


def test_calendars_that_differ_are_compared_by_a_case_that_begins_on_monday():
    # Promised until 16:00 on Monday (8 h from 08:00), finished around the clock by 12:00.
    assert margin(terms(8), network=terms(12, calendar_id=2)) == [("network", 4 * HOUR, True)]


def test_the_excess_falls_on_those_who_were_over_in_proportion():
    assert attribute(90, [0, 600, 300]) == [0, 60, 30]
    assert attribute(100, [1, 1, 1]) == [34, 33, 33]


def test_where_everybody_kept_to_it_the_plan_is_at_fault():
    assert attribute(100, [0, 0]) is None
    assert attribute(100, []) is None


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_the_parts_add_up_to_the_whole_and_who_was_in_time_has_none(excess_s, overruns):
    parts = attribute(excess_s, overruns)
    if parts is None:
        assert sum(overruns) == 0
        return
    assert sum(parts) == excess_s
    assert all(part == 0 for part, over in zip(parts, overruns, strict=True) if over == 0)
    assert all(
        abs(part * sum(overruns) - excess_s * over) < sum(overruns) for part, over in zip(parts, overruns, strict=True)
    )
