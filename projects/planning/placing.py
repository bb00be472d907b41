"""Work laid on the calendar: forward from a start, each piece as early as what it waits for allows, or backward from a
finish, each as late as what waits for it allows. Branches that wait for nothing of each other stay parallel. Pure;
instants are epoch seconds.

Every piece has its own department's working time; a lag counts in that of the successor, or around the clock. A lead (a
lag below 0) counts as none, as it does at the gate: what has not happened yet cannot be counted back from.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from projects.planning.gates import END_GATES, WAITS_FOR_END
from projects.planning.graph import in_order

K = TypeVar("K", bound=Hashable)


class WorkingTime(Protocol):
    def add(self, start: int, seconds: int) -> int: ...

    def subtract(self, start: int, seconds: int) -> int: ...


class AroundTheClock:
    """The working time of a department without a calendar."""

    def add(self, start: int, seconds: int) -> int:
        return start + seconds

    def subtract(self, start: int, seconds: int) -> int:
        return start - seconds


AROUND_THE_CLOCK = AroundTheClock()


@dataclass(frozen=True, slots=True)
class Placeable(Generic[K]):
    key: K
    seconds: int
    working: WorkingTime

    @property
    def own_time(self) -> WorkingTime:
        """What it is placed in: something that takes no time needs no working time."""
        return self.working if self.seconds else AROUND_THE_CLOCK


@dataclass(frozen=True, slots=True)
class Tie(Generic[K]):
    """A dependency of one of the four kinds."""

    before: K
    after: K
    kind: str = "FS"
    lag_s: int = 0
    is_always: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    start: int
    finish: int


def forward(pieces: Iterable[Placeable[K]], ties: Sequence[Tie[K]], *, start: int) -> dict[K, Place]:
    """Each piece at its earliest, when work begins at `start`. Raises `graph.Circle`."""
    by_key, order, into = _laid_out(pieces, ties)
    placed: dict[K, Place] = {}
    for key in order:
        piece = by_key[key]
        working = piece.own_time
        begins = ends = start
        for tie in into[key]:
            before = placed[tie.before]
            since = before.finish if tie.kind in WAITS_FOR_END else before.start
            allowed = _lag(tie, piece).add(since, max(tie.lag_s, 0))
            if tie.kind in END_GATES:
                ends = max(ends, allowed)
                allowed = working.subtract(allowed, piece.seconds)
            begins = max(begins, allowed)
        begins = _opening(working, begins)
        finish = working.add(begins, piece.seconds)
        placed[key] = Place(begins, finish if finish >= ends else _opening(working, ends))
    return placed


def backward(pieces: Iterable[Placeable[K]], ties: Sequence[Tie[K]], *, finish: int) -> dict[K, Place]:
    """Each piece at its latest, when all is finished at `finish`. Raises `graph.Circle`."""
    by_key, order, into = _laid_out(pieces, ties)
    ends, begins = dict.fromkeys(order, finish), dict.fromkeys(order, finish)
    placed: dict[K, Place] = {}
    for key in reversed(order):
        piece = by_key[key]
        working = piece.own_time
        end = _closing(working, ends[key])
        start = working.subtract(end, piece.seconds)
        placed[key] = place = Place(start if start <= begins[key] else _closing(working, begins[key]), end)
        for tie in into[key]:
            before = by_key[tie.before]
            until = place.finish if tie.kind in END_GATES else place.start
            allowed = _lag(tie, piece).subtract(until, max(tie.lag_s, 0))
            if tie.kind not in WAITS_FOR_END:
                begins[tie.before] = min(begins[tie.before], allowed)
                allowed = before.own_time.add(allowed, before.seconds)
            ends[tie.before] = min(ends[tie.before], allowed)
    return placed


def _laid_out(
    pieces: Iterable[Placeable[K]], ties: Sequence[Tie[K]]
) -> tuple[dict[K, Placeable[K]], list[K], dict[K, list[Tie[K]]]]:
    by_key = {piece.key: piece for piece in pieces}
    into: dict[K, list[Tie[K]]] = {key: [] for key in by_key}
    for tie in ties:
        into[tie.after].append(tie)
    return by_key, in_order(by_key, ((tie.before, tie.after) for tie in ties)), into


def _lag(tie: Tie[K], after: Placeable[K]) -> WorkingTime:
    return AROUND_THE_CLOCK if tie.is_always or tie.lag_s <= 0 else after.working


def _opening(working: WorkingTime, at: int) -> int:
    """The first instant of working time from `at` on."""
    return working.add(at, 1) - 1


def _closing(working: WorkingTime, at: int) -> int:
    """The last instant up to `at` that working time leads up to."""
    return working.subtract(at, 1) + 1
