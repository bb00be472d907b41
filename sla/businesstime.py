"""Business time: how much of it lies between two instants, and when so much of it is used up.

A calendar is compiled to sorted arrays of open intervals in integer epoch seconds with their running sum;
every answer is two binary searches, for one value or for a million.

- Hours are local wall clock, durations are real elapsed seconds inside them: a day of 24 hours on which the clocks
  go back lasts 25.
- A time of day means the first instant at which the local clock shows that time or a later one. So an opening or
  closing inside the hour skipped in spring is the moment of the change (hours wholly inside it do not exist that
  day), and inside the hour repeated in autumn it is the first of the two.
- The opening moment is open, the closing moment is not. A duration that ends exactly at closing time is due at
  closing time. Adding zero gives the first open moment at or after the start, subtracting zero the last at or
  before it, where a closing moment counts.
- Instants from 1970 to 2200 are answered; beyond that, and when the business time of those years does not suffice,
  CalendarError says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Literal, TypeVar

import numpy as np

from ._calendar_spec import CalendarError, CalendarSpec, gettext_noop
from ._compile import compile_years, year_begins, year_of
from ._openings import AlwaysOpen, Instants, Openings

__all__ = ["BusinessCalendar", "CalendarError", "CalendarSpec"]

FIRST_YEAR, LAST_YEAR = 1970, 2200
# Compiled up front: the years a running installation asks about. Others are compiled when they are asked for.
USUAL_YEARS = 2015, 2040
_SPARE_YEARS = 5

_BEGIN, _END = year_begins(FIRST_YEAR), year_begins(LAST_YEAR + 1)

Answer = TypeVar("Answer")
Named = tuple[str, int]
Pauses = Iterable[tuple[int, int]]


class BusinessCalendar:
    """A compiled calendar. It never changes what it answers, so threads share it freely.

    Questions raise CalendarError with `field` `start`, `end`, `at` or `seconds`. A pause is a pair of instants
    between which the clock stands still; pauses may overlap, an empty or reversed one stops nothing.
    """

    __slots__ = ("_growing", "_openings", "_spec")

    def __init__(self, spec: CalendarSpec, openings: Openings | AlwaysOpen) -> None:
        self._spec = spec
        self._openings = openings  # replaced as a whole when it grows, read once per question
        self._growing = Lock()

    @classmethod
    def compile(cls, spec: CalendarSpec) -> BusinessCalendar:
        if spec.always:
            return cls(spec, AlwaysOpen(begin=_BEGIN, end=_END))
        return cls(spec, compile_years(spec, *USUAL_YEARS))

    def add(self, start: int, seconds: int, pauses: Pauses = ()) -> int:
        """The instant at which `seconds` of business time after `start` are used up."""
        if seconds < 0:
            raise _negative()
        if pauses:
            return self._add_around(start, seconds, _merged(pauses))
        due = self._openings.add(start, seconds)
        if due is None:
            due = self._answer(lambda openings: openings.add(start, seconds), reach=(("start", start),), grow="forward")
        return due

    def subtract(self, start: int, seconds: int) -> int:
        """The latest instant from which `seconds` of business time lead up to `start`."""
        if seconds < 0:
            raise _negative()
        due = self._openings.subtract(start, seconds)
        if due is None:
            due = self._answer(
                lambda openings: openings.subtract(start, seconds), reach=(("start", start),), grow="backward"
            )
        return due

    def between(self, start: int, end: int, pauses: Pauses = ()) -> int:
        """The seconds of business time from `start` to `end`; 0 when `end` is not after `start`."""
        if end <= start:
            return 0
        spent = self._openings.between(start, end)
        if spent is None:
            spent = self._answer(lambda openings: openings.between(start, end), reach=(("start", start), ("end", end)))
        if pauses:
            for paused_at, resumed_at in _merged(pauses):
                spent -= self.between(max(start, paused_at), min(end, resumed_at))
        return spent

    def is_open(self, at: int) -> bool:
        return self._answer(lambda openings: openings.is_open(at), reach=(("at", at), ("at", at + 1)))

    def open_intervals(self, start: int, end: int) -> list[tuple[int, int]]:
        """The open intervals between two instants, cut at both, in order; they neither overlap nor touch."""
        if end <= start:
            return []
        return self._answer(lambda openings: openings.intervals(start, end), reach=(("start", start), ("end", end)))

    def add_many(self, starts: Instants, seconds: Instants) -> Instants:
        """`add` for arrays of one shape, or of shapes numpy can broadcast."""
        starts, seconds = _durations(starts, seconds)
        if not starts.size:
            return starts
        return self._answer(
            lambda openings: openings.add_many(starts, seconds), reach=_extremes(start=starts), grow="forward"
        )

    def subtract_many(self, starts: Instants, seconds: Instants) -> Instants:
        """`subtract` for arrays, as in `add_many`."""
        starts, seconds = _durations(starts, seconds)
        if not starts.size:
            return starts
        return self._answer(
            lambda openings: openings.subtract_many(starts, seconds), reach=_extremes(start=starts), grow="backward"
        )

    def between_many(self, starts: Instants, ends: Instants) -> Instants:
        """`between` for arrays, as in `add_many`."""
        starts, ends = _paired(starts, ends)
        if not starts.size:
            return starts
        return self._answer(
            lambda openings: openings.between_many(starts, ends), reach=_extremes(start=starts, end=ends)
        )

    def _add_around(self, start: int, seconds: int, pauses: list[tuple[int, int]]) -> int:
        for paused_at, resumed_at in pauses:
            if resumed_at <= start:
                continue
            due = self.add(start, seconds)
            # Used up in the second the pause begins: due then. Nothing left to use up: due when the clock runs.
            if due < paused_at or (due == paused_at and seconds > 0):
                return due
            seconds -= self.between(start, paused_at)
            start = resumed_at
        return self.add(start, seconds)

    def _answer(
        self,
        ask: Callable[[Openings | AlwaysOpen], Answer | None],
        *,
        reach: Sequence[Named],
        grow: Literal["forward", "backward"] | None = None,
    ) -> Answer:
        """Ask, of as many years as the instants of `reach` and then the answer need."""
        for field, instant in reach:
            if not _BEGIN <= instant <= _END:
                raise CalendarError(
                    field,
                    gettext_noop("Business time is known from %(first)s to %(last)s only."),
                    first=FIRST_YEAR,
                    last=LAST_YEAR,
                )
        openings = self._covering(min(instant for _, instant in reach), max(instant for _, instant in reach))
        while (answer := ask(openings)) is None:
            begin, end = openings.begin, openings.end
            if (begin if grow == "backward" else end) in (_BEGIN, _END):
                raise _never()
            span = end - begin  # doubled each time, so that the end of all years is reached in a few steps
            if grow == "backward":
                openings = self._covering(max(_BEGIN, begin - span), end)
            else:
                openings = self._covering(begin, min(_END, end + span))
        return answer

    def _covering(self, low: int, high: int) -> Openings | AlwaysOpen:
        known = self._openings
        if known.begin <= low and high <= known.end:
            return known
        with self._growing:
            known = self._openings  # another thread may have been here
            if known.begin <= low and high <= known.end:
                return known
            self._openings = compile_years(
                self._spec,
                max(FIRST_YEAR, year_of(min(low, known.begin)) - _SPARE_YEARS),
                min(LAST_YEAR, year_of(max(high, known.end)) + _SPARE_YEARS),
            )
            return self._openings


def _merged(pauses: Pauses) -> list[tuple[int, int]]:
    """In order, without overlaps."""
    merged: list[tuple[int, int]] = []
    for paused_at, resumed_at in sorted(pauses):
        if merged and paused_at <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], resumed_at)
        elif paused_at < resumed_at:
            merged.append((paused_at, resumed_at))
    return merged


def _paired(one: Instants, other: Instants) -> tuple[Instants, Instants]:
    first, second = np.broadcast_arrays(np.asarray(one, dtype=np.int64), np.asarray(other, dtype=np.int64))
    return first, second


def _durations(starts: Instants, seconds: Instants) -> tuple[Instants, Instants]:
    starts, seconds = _paired(starts, seconds)
    if seconds.size and seconds.min() < 0:
        raise _negative()
    return starts, np.minimum(seconds, _END)  # more than all there is; a larger number could overflow


def _extremes(**instants: Instants) -> list[Named]:
    return [(field, int(extreme)) for field, values in instants.items() for extreme in (values.min(), values.max())]


def _negative() -> CalendarError:
    return CalendarError("seconds", gettext_noop("A duration cannot be negative."))


def _never() -> CalendarError:
    return CalendarError(
        "seconds",
        gettext_noop("From %(first)s to %(last)s this calendar does not have so much business time."),
        first=FIRST_YEAR,
        last=LAST_YEAR,
    )
