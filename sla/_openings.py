"""Answers from a stretch of opening times. A question that reaches past the stretch is answered None, never wrongly."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]


class Openings:
    """Open intervals between the instants `begin` and `end`, in epoch seconds, with the open seconds before each.

    Everything is kept twice: lists, because indexing an array for one value is slow, and arrays for many values.
    The empty interval in front stands for "before the first opening", so that no lookup has to test for it.
    `begin <= instant <= end` is up to the caller in the `_many` methods; the others test it.
    """

    __slots__ = ("_arrays", "_lists", "begin", "end")

    def __init__(self, *, begin: int, end: int, opens: Instants, closes: Instants) -> None:
        self.begin, self.end = begin, end
        opens = np.concatenate(([begin], opens))
        closes = np.concatenate(([begin], closes))
        before = np.concatenate(([0], np.cumsum(closes - opens)))
        self._arrays: tuple[Instants, Instants, Instants] = opens, closes, before
        self._lists: tuple[int, int, list[int], list[int], list[int], int] = (
            begin,
            end,
            opens.tolist(),
            closes.tolist(),
            before.tolist(),
            int(before[-1]),
        )

    def add(self, start: int, seconds: int) -> int | None:
        begin, end, opens, closes, before, total = self._lists
        if not begin <= start <= end:
            return None
        at = bisect_right(opens, start) - 1
        if seconds > 0:
            closed = closes[at]
            target = before[at] + (start if start < closed else closed) - opens[at] + seconds
            if target > total:
                return None
            at = bisect_left(before, target) - 1
            return opens[at] + target - before[at]
        if start < closes[at]:
            return start
        return opens[at + 1] if at + 1 < len(opens) else None

    def subtract(self, start: int, seconds: int) -> int | None:
        begin, end, opens, closes, before, _ = self._lists
        if not begin <= start <= end:
            return None
        at = bisect_right(opens, start) - 1
        reached = min(start, closes[at])
        if seconds == 0:
            return reached if at else None
        target = before[at] + reached - opens[at] - seconds
        if target < 0:
            return None
        at = bisect_right(before, target) - 1
        return opens[at] + target - before[at]

    def between(self, start: int, end: int) -> int | None:
        first, last, opens, closes, before, _ = self._lists
        if start < first or end > last:
            return None
        at, to = bisect_right(opens, start) - 1, bisect_right(opens, end) - 1
        closed, closed_to = closes[at], closes[to]
        return (before[to] + (end if end < closed_to else closed_to) - opens[to]) - (
            before[at] + (start if start < closed else closed) - opens[at]
        )

    def is_open(self, at: int) -> bool | None:
        begin, end, opens, closes, _, _ = self._lists
        if not begin <= at < end:
            return None
        return at < closes[bisect_right(opens, at) - 1]

    def intervals(self, start: int, end: int) -> list[tuple[int, int]] | None:
        first, last, opens, closes, _, _ = self._lists
        if start < first or end > last:
            return None
        reach = slice(bisect_right(closes, start), bisect_left(opens, end))
        return [
            (max(start, open_at), min(end, close_at))
            for open_at, close_at in zip(opens[reach], closes[reach], strict=True)
        ]

    def add_many(self, starts: Instants, seconds: Instants) -> Instants | None:
        opens, closes, before = self._arrays
        at = np.searchsorted(opens, starts, side="right") - 1
        target = before[at] + np.minimum(starts, closes[at]) - opens[at] + seconds
        if target.max() > before[-1]:
            return None
        to = np.searchsorted(before, target, side="left") - 1
        due = opens[to] + target - before[to]
        zero = np.broadcast_to(seconds == 0, due.shape)
        if zero.any():
            waits = starts >= closes[at]
            if np.any(zero & waits & (at + 1 == len(opens))):
                return None
            opening = np.where(waits, opens[np.minimum(at + 1, len(opens) - 1)], starts)
            due = np.where(zero, opening, due)
        return due

    def subtract_many(self, starts: Instants, seconds: Instants) -> Instants | None:
        opens, closes, before = self._arrays
        at = np.searchsorted(opens, starts, side="right") - 1
        reached = np.minimum(starts, closes[at])
        target = before[at] + reached - opens[at] - seconds
        if target.min() < 0 or np.any((seconds == 0) & (at == 0)):
            return None
        to = np.searchsorted(before, target, side="right") - 1
        to = np.minimum(to, len(opens) - 1)  # past the end only where nothing is subtracted
        return np.where(seconds == 0, reached, opens[to] + target - before[to])

    def between_many(self, starts: Instants, ends: Instants) -> Instants:
        spent: Instants = np.maximum(self._worked(ends) - self._worked(starts), 0)
        return spent

    def _worked(self, instants: Instants) -> Instants:
        opens, closes, before = self._arrays
        at = np.searchsorted(opens, instants, side="right") - 1
        return before[at] + np.minimum(instants, closes[at]) - opens[at]


class AlwaysOpen:
    """The same answers for a calendar without a closing time: plain arithmetic, no arrays."""

    __slots__ = ("begin", "end")

    def __init__(self, *, begin: int, end: int) -> None:
        self.begin, self.end = begin, end

    def add(self, start: int, seconds: int) -> int | None:
        due = start + seconds
        return due if self.begin <= start and due <= self.end else None

    def subtract(self, start: int, seconds: int) -> int | None:
        due = start - seconds
        return due if self.begin <= due and start <= self.end else None

    def between(self, start: int, end: int) -> int | None:
        return end - start if self.begin <= start and end <= self.end else None

    def is_open(self, at: int) -> bool | None:
        return True if self.begin <= at < self.end else None

    def intervals(self, start: int, end: int) -> list[tuple[int, int]] | None:
        return [(start, end)] if self.begin <= start and end <= self.end else None

    def add_many(self, starts: Instants, seconds: Instants) -> Instants | None:
        due = starts + seconds
        return due if due.max() <= self.end else None

    def subtract_many(self, starts: Instants, seconds: Instants) -> Instants | None:
        due = starts - seconds
        return due if due.min() >= self.begin else None

    def between_many(self, starts: Instants, ends: Instants) -> Instants:
        spent: Instants = np.maximum(ends - starts, 0)
        return spent
