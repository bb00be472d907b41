"""Whose time a request took: ours, or the client's while a question to the client was open. Instants are epoch seconds.

Questions that are open at once are waited for once: what counts is the union of their times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Between = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the client: from when, and until when it was open; None while it is."""

    at: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which the request lay on one side; `seconds` of it were business time."""

    begins: int
    ends: int
    is_waiting: bool
    seconds: int


def waits(questions: Iterable[Asked], *, begins: int, ends: int) -> list[tuple[int, int]]:
    """When the client was waited for within `[begins, ends]`: in order, neither overlapping nor touching."""
    found: list[tuple[int, int]] = []
    spans = ((max(begins, one.at), ends if one.until is None else min(ends, one.until)) for one in questions)
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def stretches(questions: Iterable[Asked], *, begins: int, ends: int, between: Between) -> list[Stretch]:
    """The whole time in turns, ours and the client's; `between` counts the business seconds from one to another."""
    found, at = [], begins
    for start, end in waits(questions, begins=begins, ends=ends):
        if at < start:
            found.append(Stretch(at, start, False, between(at, start)))
        found.append(Stretch(start, end, True, between(start, end)))
        at = end
    if at < ends:
        found.append(Stretch(at, ends, False, between(at, ends)))
    return found


def spent(parts: Iterable[Stretch]) -> tuple[int, int]:
    """Business seconds with us, and waiting for the client."""
    sides = [0, 0]
    for part in parts:
        sides[part.is_waiting] += part.seconds
    return sides[0], sides[1]
