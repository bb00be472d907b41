"""Will it hold? When the rows of a draft will be finished, if their hours are ranges and work begins at some instant.

The likely hours are laid on the calendar, each row in its own department's working hours. The simulation counts in
hours; by what it ends later or earlier than the likely hours do, the end moves in the working hours of the row that
ends last. A lag in plain hours counts in the simulation as the working hours that usually lie in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from projects.drafting import Line, Reading
from projects.planning import cpm
from projects.planning.forecast import Range, forecast
from projects.planning.needs import Need
from projects.planning.placing import AROUND_THE_CLOCK, Placeable, Tie, WorkingTime, backward, forward
from projects.queries.gates import HOUR, instant
from sla.businesstime import BusinessCalendar, CalendarError
from sla.terms import business_calendar

SEED: Final = 1  # the same rows have the same forecast, whoever looks
WEEK: Final = 7 * 24 * HOUR


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`holds`: of 100 runs, so many keep the promise; `drives`: the row that moves the end most; `begins_by`: when it
    must begin at the latest to be finished at the instant that was asked for."""

    begins_at: datetime
    begins_by: datetime | None
    likely_at: datetime
    eight_of_ten_at: datetime
    promised_at: datetime | None
    holds: float | None
    drives: Line | None

    @property
    def times(self) -> int:
        """Of a hundred; never all or none while some do otherwise."""
        share = self.holds or 0
        return min(max(round(share * 100), int(share > 0)), 100 if share == 1 else 99)

    @property
    def is_risky(self) -> bool:
        return self.promised_at is not None and self.eight_of_ten_at > self.promised_at

    @property
    def is_too_late(self) -> bool:
        return self.begins_by is not None and self.begins_by < self.begins_at


def links_of(reading: Reading, *, now: datetime) -> list[cpm.Link[int]]:
    """What the rows wait for, in working hours; without what closes a circle."""
    begins = int(now.timestamp())
    return [
        cpm.Link(need.number, line.number, need.kind, _working_lag(line, need, begins))
        for line, need in _open_edges(reading)
    ]


def outlook_of(
    reading: Reading, *, promised_at: datetime | None, finish_by: datetime | None = None, now: datetime
) -> Outlook | None:
    """Begun `now`. None where there is nothing to count, or a department that never works."""
    if not any(line.likely for line in reading.lines):
        return None
    begins = int(now.timestamp())
    lines = {line.number: line for line in reading.lines}
    pieces = [Placeable(number, int(line.range[1] * HOUR), _working(line)) for number, line in lines.items()]
    ties = [
        Tie(need.number, line.number, need.kind, int(need.lag_h * HOUR), need.is_always)
        for line, need in _open_edges(reading)
    ]
    links = links_of(reading, now=now)
    likely = cpm.analyse([cpm.Piece(number, line.range[1]) for number, line in lines.items()], links)
    try:
        placed = forward(pieces, ties, start=begins)
        last = max(placed, key=lambda number: placed[number].finish)
        ends, working = placed[last].finish, _working(lines[last])
        promised_h = None
        if promised_at is not None:
            promised_h = likely.finish_h + _between(working, ends, int(promised_at.timestamp())) / HOUR
        seen = forecast(_ranges(reading.lines), links, seed=SEED, promised_h=promised_h)
        begins_by = None
        if finish_by is not None:
            latest = backward(pieces, ties, finish=int(finish_by.timestamp()))
            begins_by = instant(min(place.start for place in latest.values()))
        return Outlook(
            begins_at=now,
            begins_by=begins_by,
            likely_at=instant(_moved(working, ends, seen.p50_h - likely.finish_h)),
            eight_of_ten_at=instant(_moved(working, ends, seen.p80_h - likely.finish_h)),
            promised_at=promised_at,
            holds=seen.holds,
            drives=lines.get(seen.drives) if seen.drives is not None else None,
        )
    except CalendarError:
        return None


def _ranges(lines: Sequence[Line]) -> list[Range[int]]:
    return [Range(line.number, *line.range) for line in lines]


def _open_edges(reading: Reading) -> list[tuple[Line, Need]]:
    closing = {(circle.out, circle.row) for circle in reading.circles}
    return [(line, need) for line, need in reading.edges() if (need.number, line.number) not in closing]


def _working(line: Line) -> WorkingTime:
    return _calendar(line) or AROUND_THE_CLOCK


def _calendar(line: Line) -> BusinessCalendar | None:
    calendar = line.department.calendar if line.department else None
    return business_calendar(calendar.current_id) if calendar is not None and calendar.current_id else None


def _working_lag(line: Line, need: Need, begins: int) -> float:
    calendar, lag_h = _calendar(line), float(need.lag_h)
    if not need.is_always or calendar is None:
        return lag_h
    return lag_h * calendar.between(begins, begins + WEEK) / WEEK


def _moved(working: WorkingTime, at: int, hours: float) -> int:
    seconds = round(abs(hours) * HOUR)
    return working.add(at, seconds) if hours >= 0 else working.subtract(at, seconds)


def _between(working: WorkingTime, start: int, end: int) -> int:
    """Working time from start to end; below 0 where the end comes first."""
    if start > end:
        return -_between(working, end, start)
    return working.between(start, end) if isinstance(working, BusinessCalendar) else end - start
