"""A promise worked out by hand: what happens from the opening to the deadline, and what is counted until then. Pure.

Instants are whole epoch seconds, durations whole seconds of the calendar's business time. The deadline is that of
`sla.replay`; the rows between show how one gets there with a pencil.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sla.replay import Mark, replay

# So many changes of hours are told; what lies between the first and the last of them is counted.
MOST_ROWS = 24
_FIRST_ROWS = 14


class OpenHours(Protocol):
    """What an example needs of a calendar (`sla.businesstime.BusinessCalendar`)."""

    def add(self, start: int, seconds: int) -> int: ...
    def between(self, start: int, end: int) -> int: ...
    def open_intervals(self, start: int, end: int) -> list[tuple[int, int]]: ...


class Happens(StrEnum):
    """In the order in which things of one second are told."""

    OPENED = "opened"
    RESUMED = "resumed"
    HOURS_BEGIN = "hours_begin"
    HOURS_END = "hours_end"
    LEFT_OUT = "left_out"
    RESPONSE_DUE = "response_due"
    PAUSED = "paused"
    DUE = "due"


_ORDER = {happens: place for place, happens in enumerate(Happens)}


@dataclass(frozen=True, slots=True)
class Row:
    """`counted_s` is what the resolution has counted at `at`; `left_out` rows stand for that many others."""

    at: int
    happens: Happens
    counted_s: int
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    response_due: int | None
    due: int
    rows: tuple[Row, ...]


def worked_example(
    *,
    calendar: OpenHours,
    opened_at: int,
    resolution_s: int,
    response_s: int | None = None,
    pauses: Iterable[tuple[int, int]] = (),
) -> Example:
    """What follows from an opening; without `response_s`, of one promise alone.

    Pauses stand in any order; nothing pauses the response, and what begins after the deadline changes nothing. Raises
    CalendarError where the calendar has not so much business time.
    """
    response_due = None if response_s is None else calendar.add(opened_at, response_s)
    stood = _in_order(opened_at, pauses)
    marks = [(at, mark) for begin, end in stood for at, mark in ((begin, Mark.PAUSE), (end, Mark.RESUME))]
    state = replay(started_at=opened_at, target_s=resolution_s, marks=marks, calendar=calendar, now=opened_at)
    assert state.due_at is not None  # every pause of an example ends
    due = state.due_at
    stood = [(begin, end) for begin, end in stood if begin < due or end <= due]

    def counted(at: int) -> int:
        return calendar.between(opened_at, at) - sum(calendar.between(b, min(e, at)) for b, e in stood if b < at)

    told = [(opened_at, Happens.OPENED), (due, Happens.DUE)]
    told += [(begin, Happens.PAUSED) for begin, _end in stood] + [(end, Happens.RESUMED) for _begin, end in stood]
    if response_due is not None and opened_at < response_due < due:
        told.append((response_due, Happens.RESPONSE_DUE))
    for opens, closes in calendar.open_intervals(opened_at, due):
        told += [(opens, Happens.HOURS_BEGIN)] if opens > opened_at else []
        told += [(closes, Happens.HOURS_END)] if closes < due else []
    told = [one for one in told if not (_is_edge(one[1]) and any(b < one[0] < e for b, e in stood))]
    told.sort(key=lambda one: (one[0], _ORDER[one[1]]))
    return Example(response_due, due, _shortened([Row(at, happens, counted(at)) for at, happens in told]))


def _in_order(opened_at: int, pauses: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without overlaps, none before the opening; touching ones are one."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted((max(begin, opened_at), end) for begin, end in pauses):
        if begin >= end:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged


def _is_edge(happens: Happens) -> bool:
    return happens in {Happens.HOURS_BEGIN, Happens.HOURS_END}


def _shortened(rows: list[Row]) -> tuple[Row, ...]:
    if len(rows) <= MOST_ROWS:
        return tuple(rows)
    last = MOST_ROWS - _FIRST_ROWS - 1
    left_out = rows[_FIRST_ROWS:-last]
    between = Row(left_out[-1].at, Happens.LEFT_OUT, left_out[-1].counted_s, left_out=len(left_out))
    return (*rows[:_FIRST_ROWS], between, *rows[-last:])
