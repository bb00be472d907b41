"""The replay of a ServiceNow event log a second time, written from the contract alone.

It shares no code with the program: rows come from the csv module, a calendar is a table with the open minutes before
each minute, an incident is walked from stretch to stretch. All times of the log are whole minutes; so are the targets.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

FIRST = datetime(2016, 1, 1, tzinfo=UTC)
LAST = datetime(2019, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

STATES = {
    "New": "new",
    "Active": "in_progress",
    "Awaiting User Info": "on_hold/client",
    "Awaiting Evidence": "on_hold/client",
    "Awaiting Vendor": "on_hold/vendor",
    "Awaiting Problem": "on_hold/problem",
    "Resolved": "resolved",
    "Closed": "closed",
}
STOPPED = ("resolved", "closed")
PAUSED = ("on_hold/client", "on_hold/vendor")


class MinuteTable:
    """How many minutes are open before each minute from FIRST to LAST."""

    def __init__(self, zone: str, hours: Mapping[str, Sequence[Sequence[str]]], holidays: Iterable[str] = ()) -> None:
        weekdays = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        closed = {date.fromisoformat(day) for day in holidays}
        is_open = np.zeros((LAST - FIRST) // MINUTE, dtype=np.int64)
        local_zone = ZoneInfo(zone)
        intervals = {
            weekdays.index(day): [tuple(int(t[:2]) * 60 + int(t[3:]) for t in pair) for pair in pairs]
            for day, pairs in hours.items()
        }
        for quarter in range(0, len(is_open), 15):  # no zone of this world shifts within a quarter of an hour
            local = (FIRST + quarter * MINUTE).astimezone(local_zone)
            if local.date() in closed:
                continue
            minute_of_day = local.hour * 60 + local.minute
            for opens, closes in intervals.get(local.weekday(), ()):
                begin, end = max(opens - minute_of_day, 0), min(closes - minute_of_day, 15)
                if begin < end:
                    is_open[quarter + begin : quarter + end] = 1
        self.before = np.concatenate(([0], np.cumsum(is_open)))

    def spent(self, start: datetime, end: datetime) -> int:
        return int(self.before[_minute(end)] - self.before[_minute(start)])

    def due(self, start: datetime, minutes: int) -> datetime:
        """The first minute by which so many open minutes have passed; of none, the next open minute."""
        begin = _minute(start)
        wanted = self.before[begin] + minutes
        if minutes == 0:
            return FIRST + (int(np.searchsorted(self.before, wanted + 1, side="left")) - 1) * MINUTE
        return FIRST + int(np.searchsorted(self.before, wanted, side="left")) * MINUTE


class AroundTheClock:
    def spent(self, start: datetime, end: datetime) -> int:
        return (end - start) // MINUTE

    def due(self, start: datetime, minutes: int) -> datetime:
        return start + minutes * MINUTE


@dataclass(frozen=True)
class Promise:
    """Targets in minutes: priority → (response, resolution)."""

    calendar: MinuteTable | AroundTheClock
    targets: Mapping[str, tuple[int, int]]
    paused_by: tuple[str, ...] = PAUSED


@dataclass
class ExpectedClock:
    state: str
    elapsed: int
    due_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None


@dataclass
class Expected:
    number: str
    opened_at: datetime
    status: str
    hold_reason: str
    priority: str
    responded_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    reopen_count: int
    events: int
    groups: list[tuple[str, datetime]]
    response: ExpectedClock
    resolution: ExpectedClock


def read(path: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of each number in the order of sys_mod_count; sorting keeps ties in the order of the file."""
    rows: dict[str, list[dict[str, str]]] = {}
    with gzip.open(path, "rt", encoding="ascii", newline="") as text:
        for row in csv.DictReader(text):
            rows.setdefault(row["number"], []).append(row)
    return {number: sorted(own, key=lambda row: int(row["sys_mod_count"])) for number, own in rows.items()}


def expect(rows: Sequence[Mapping[str, str]], promise: Promise, *, now: datetime, zone: str = "UTC") -> Expected:
    """What must come out for one incident."""
    opened_at = _time(rows[0]["opened_at"], zone)
    # (from, state) of each stretch; a row that says the same state as before begins none.
    stretches = [(opened_at, "new")]
    groups: list[tuple[str, datetime]] = []
    at = opened_at
    for row in rows:
        at = max(at, _time(row["sys_updated_at"], zone))
        state = STATES[row["incident_state"]]
        if state != stretches[-1][1]:
            stretches.append((at, state))
        if not groups or groups[-1][0] != row["assignment_group"]:
            groups.append((row["assignment_group"], at))
    states = [state for _at, state in stretches]
    priority = f"P{rows[-1]['priority'][0]}"
    responded_at = next((since for since, state in stretches if state != "new"), None)
    stopped_from = None
    reopened = 0
    for (since, state), before in zip(stretches, ["", *states], strict=False):
        if state in STOPPED and before not in STOPPED:
            stopped_from = since
        if state not in STOPPED and before in STOPPED:
            stopped_from = None
            reopened += 1
    response_target, resolution_target = promise.targets[priority]
    response = [
        (since, "new" if state == "new" else "closed") for since, state in stretches if since <= (responded_at or since)
    ]
    status, _slash, reason = states[-1].partition("/")
    return Expected(
        number=rows[0]["number"],
        opened_at=opened_at,
        status=status,
        hold_reason=reason,
        priority=priority,
        responded_at=responded_at,
        resolved_at=stopped_from,
        closed_at=stretches[-1][0] if status == "closed" else None,
        reopen_count=reopened,
        events=len(rows),
        groups=groups,
        response=_clock(response, response_target, promise, now=now),
        resolution=_clock(stretches, resolution_target, promise, now=now),
    )


def _clock(stretches: Sequence[tuple[datetime, str]], target: int, promise: Promise, *, now: datetime) -> ExpectedClock:
    calendar = promise.calendar
    elapsed = 0
    due_at = breached_at = None
    ends = [since for since, _state in stretches[1:]] + [None]
    counted_before = stopped = False
    stopped_at = None
    for (since, state), end in zip(stretches, ends, strict=True):
        counts = state not in STOPPED and state not in promise.paused_by
        if counts:
            if not counted_before and breached_at is None:
                due_at = calendar.due(since, target - elapsed)
            until = now if end is None else end
            assert due_at is not None
            if breached_at is None and until > due_at:
                breached_at = due_at
            if end is not None:
                elapsed += calendar.spent(since, end)
        if state in STOPPED:
            if not stopped:
                stopped_at = since
                if not counted_before and breached_at is None:  # stopped while it was paused
                    due_at = calendar.due(since, target - elapsed)
            stopped = True
        else:
            stopped, stopped_at = False, None
        counted_before = counts
    if breached_at is not None:
        state = "breached"
    elif stopped:
        state = "met"
    else:
        state = "running" if counted_before else "paused"
    return ExpectedClock(state, elapsed, None if state == "paused" else due_at, stopped_at, breached_at)


def _time(text: str, zone: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _minute(at: datetime) -> int:
    return (at - FIRST) // MINUTE
