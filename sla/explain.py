"""Every second of a clock's life, classed: counted, paused (for what), or outside the service hours. Pure, no database.

The pieces are what one adds up by hand: they follow each other without a gap, what they count adds up to what
`sla.replay` says, and the deadline can be derived from them. Instants are whole epoch seconds, durations whole seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from sla.replay import BusinessTime, ClockState, Mark, replay

Value = TypeVar("Value", bound=Hashable)
Holder = TypeVar("Holder", bound=Hashable)
Legs = Sequence[tuple[int, int]]


class Hours(BusinessTime, Protocol):
    """What the explanation needs of a calendar (`sla.businesstime.BusinessCalendar`)."""

    def open_intervals(self, start: int, end: int) -> list[tuple[int, int]]: ...


class PieceKind(StrEnum):
    COUNTED = "counted"
    PAUSED = "paused"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Piece(Generic[Holder]):
    """`[start, end)`, all of one kind and with one holder.

    `waits` is what the clock stood for, None while it ran; a piece outside the hours that lies in a pause keeps it.
    `total_s` is everything counted up to `end`.
    """

    start: int
    end: int
    kind: PieceKind
    waits: str | None
    holder: Holder | None
    counted_s: int
    total_s: int

    @property
    def length_s(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Explanation(Generic[Holder]):
    """A clock's life from its start to its stop, or to now. `left_s` is negative when over.

    `due_at` is derived from the pieces alone; a clock paused before its deadline has none, and `due_if_resumed` says
    what it would be if work went on at once.
    """

    pieces: tuple[Piece[Holder], ...]
    state: ClockState
    target_s: int
    ends_at: int
    due_at: int | None
    due_if_resumed: int | None

    @property
    def used_s(self) -> int:
        return self.pieces[-1].total_s if self.pieces else 0

    @property
    def left_s(self) -> int:
        return self.target_s - self.used_s

    def length_s(self, kind: PieceKind) -> int:
        """Seconds of this kind. Paused are those within the service hours: the others would not have counted anyway."""
        return sum(piece.length_s for piece in self.pieces if piece.kind is kind)

    def counted_by_holder(self) -> dict[Holder | None, int]:
        """What was counted while each had it, in the order of their first piece: nobody is charged for another."""
        found: dict[Holder | None, int] = {}
        for piece in self.pieces:
            if piece.counted_s:
                found[piece.holder] = found.get(piece.holder, 0) + piece.counted_s
        return found

    def paused_by_reason(self) -> dict[str, int]:
        """Service time in which the clock stood, by what it waited for."""
        found: dict[str, int] = {}
        for piece in self.pieces:
            if piece.kind is PieceKind.PAUSED:
                assert piece.waits is not None
                found[piece.waits] = found.get(piece.waits, 0) + piece.length_s
        return found


def explain(
    *,
    started_at: int,
    target_s: int,
    marks: Iterable[tuple[int, Mark]],
    calendar: Hours,
    now: int,
    reasons: Sequence[tuple[int, str]] = (),
    holders: Sequence[tuple[int, Holder]] = (),
) -> Explanation[Holder]:
    """The clock that `replay` computes from the same marks, second by second.

    `reasons` and `holders` tell what the subject waited for and who had it, each from an instant on, in order; before
    the first there is no reason, and the first holder.
    """
    state = replay(started_at=started_at, target_s=target_s, marks=marks, calendar=calendar, now=now)
    ends_at = max(now if state.stopped_at is None else state.stopped_at, started_at)
    pieces = tuple(_pieces(state, ends_at, calendar, reasons=reasons, holders=holders))
    used_s = pieces[-1].total_s if pieces else 0
    stands = state.state == "paused"
    return Explanation(
        pieces=pieces,
        state=state,
        target_s=target_s,
        ends_at=ends_at,
        due_at=None if stands else _deadline(_legs(state, ends_at), pieces, target_s, calendar),
        due_if_resumed=calendar.add(ends_at, target_s - used_s) if stands else None,
    )


def _legs(state: ClockState, ends_at: int) -> list[tuple[int, int]]:
    """The stretches in which the clock ran; one that stood for a moment only begins a new leg, too."""
    legs, since = [], state.started_at
    for start, end in state.pauses:
        legs.append((since, start))
        if end is None:
            return legs
        since = end
    if state.stopped_at is not None or state.running_since is not None:
        legs.append((since, ends_at))
    return legs


def _stretches(state: ClockState, ends_at: int) -> Iterator[tuple[int, int, bool]]:
    """(from, to, whether the clock ran), in order and without gaps."""
    at = state.started_at
    for start, end in state.pauses:
        yield at, start, True
        at = ends_at if end is None else end
        yield start, at, False
    yield at, ends_at, True


def _pieces(
    state: ClockState,
    ends_at: int,
    calendar: Hours,
    *,
    reasons: Sequence[tuple[int, str]],
    holders: Sequence[tuple[int, Holder]],
) -> Iterator[Piece[Holder]]:
    held_from, waits_from = [at for at, _holder in holders], [at for at, _reason in reasons]
    total = 0
    for start, end, ran in _stretches(state, ends_at):
        changes = held_from if ran else [*held_from, *waits_from]
        for begin, until, is_open in _hours(start, end, calendar, sorted({at for at in changes if start < at < end})):
            counted = until - begin if ran and is_open else 0
            total += counted
            kind = PieceKind.OUTSIDE if not is_open else PieceKind.COUNTED if ran else PieceKind.PAUSED
            yield Piece(
                start=begin,
                end=until,
                kind=kind,
                waits=None if ran else _at(reasons, waits_from, begin, before=""),
                holder=_at(holders, held_from, begin, before=holders[0][1]) if holders else None,
                counted_s=counted,
                total_s=total,
            )


def _hours(start: int, end: int, calendar: Hours, cuts: Sequence[int]) -> Iterator[tuple[int, int, bool]]:
    """(from, to, whether open) between two instants, cut at the given ones."""
    at = start
    for edge, is_open in _edges(start, end, calendar):
        for cut in cuts[bisect_right(cuts, at) :]:
            if cut >= edge:
                break
            yield at, cut, is_open
            at = cut
        if at < edge:
            yield at, edge, is_open
        at = edge


def _edges(start: int, end: int, calendar: Hours) -> Iterator[tuple[int, bool]]:
    """(until when, whether open), in order; empty stretches where two follow each other at once."""
    for opens, closes in calendar.open_intervals(start, end):
        yield opens, False
        yield closes, True
    yield end, False


def _at(changes: Sequence[tuple[int, Value]], instants: Sequence[int], at: int, *, before: Value) -> Value:
    """What held at an instant."""
    place = bisect_right(instants, at)
    return changes[place - 1][1] if place else before


def _deadline(legs: Legs, pieces: Sequence[Piece[Holder]], target_s: int, calendar: Hours) -> int:
    """When the target was used up, or will be; a leg that ends by then leaves it to the next one.

    A leg that begins with nothing left is due at its first open second.
    """
    due, used, place = 0, 0, 0
    for start, end in legs:
        before, reached = used, None
        while place < len(pieces) and pieces[place].end <= end:
            piece = pieces[place]
            if reached is None and piece.counted_s and piece.total_s >= target_s:
                reached = piece.start + target_s - (piece.total_s - piece.counted_s)
            used, place = piece.total_s, place + 1
        if before == target_s:
            due = calendar.add(start, 0)
        else:
            due = calendar.add(end, target_s - used) if reached is None else reached
        if end > due:
            return due
    return due
