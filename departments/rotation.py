"""People in turn, handing over at a time of the local clock: which shifts that makes. Plain values, no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Generic, Literal, TypeVar

from sla.businesstime import BusinessCalendar

Who = TypeVar("Who")
SECOND = timedelta(seconds=1)
STEPS = {"day": 1, "week": 7}


@dataclass(frozen=True, kw_only=True)
class Rotation(Generic[Who]):
    """The first of `people` takes over on `first_day`, the next a day or a week later; the last is relieved on `until`.

    Without `ends_at` a turn lasts until the next hand-over; with it there is one shift each day, from `hands_over_at`
    to that time, on the day after where it is not later. `outside`: only while that calendar is closed.
    """

    people: Sequence[Who]
    first_day: date
    until: date
    hands_over_at: time
    zone: tzinfo
    every: Literal["day", "week"]
    ends_at: time | None = None
    outside: BusinessCalendar | None = None

    def shifts(self) -> Iterator[tuple[Who, datetime, datetime]]:
        """Who, from when, until when; in order, in UTC."""
        step = STEPS[self.every]
        for place, person in enumerate(self._in_turn()):
            first = self.first_day + timedelta(days=place * step)
            last = min(first + timedelta(days=step), self.until)
            for starts_at, ends_at in self._spans(first, last):
                for opens, closes in self._cut(starts_at, ends_at):
                    yield person, opens, closes

    def _in_turn(self) -> Iterator[Who]:
        turns = -(-(self.until - self.first_day).days // STEPS[self.every])
        for place in range(turns):
            yield self.people[place % len(self.people)]

    def _spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """The shifts of one turn, which begins on `first` and is over on `last`."""
        if self.ends_at is None:
            yield self._at(first, self.hands_over_at), self._at(last, self.hands_over_at)
            return
        overnight = timedelta(days=int(self.ends_at <= self.hands_over_at))
        for number in range((last - first).days):
            day = first + timedelta(days=number)
            starts_at, ends_at = self._at(day, self.hands_over_at), self._at(day + overnight, self.ends_at)
            if starts_at < ends_at:  # not wholly inside the hour that is skipped in spring
                yield starts_at, ends_at

    def _cut(self, starts_at: datetime, ends_at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of a span outside the calendar's hours."""
        if self.outside is None:
            yield starts_at, ends_at
            return
        reached = starts_at
        for opens, closes in self.outside.open_intervals(int(starts_at.timestamp()), int(ends_at.timestamp())):
            opened = datetime.fromtimestamp(opens, UTC)
            if reached < opened:
                yield reached, opened
            reached = datetime.fromtimestamp(closes, UTC)
        if reached < ends_at:
            yield reached, ends_at

    def _at(self, day: date, at: time) -> datetime:
        return first_showing(day, at, self.zone)


def first_showing(day: date, at: time, zone: tzinfo) -> datetime:
    """The first instant (UTC) at which the local clock shows this time of this day, or a later one.

    So a time that is skipped in spring is the moment of the change, and one that comes twice in autumn is the first.
    """
    wall = datetime.combine(day, at, zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    before, after = wall.replace(fold=1).astimezone(UTC), instant
    offset = after.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
