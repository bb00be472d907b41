"""How made-up work goes: tasks of a request with what they wait for, begun and ended by chance as far as the gates of
`planning.gates` allow. Pure: the same chance, the same course.

Instants are whole epoch seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from projects.planning.gates import START_GATES, Gate, Wait, end_gate, start_gate

HOUR_S, DAY_S = 3_600, 86_400
KINDS = {"FS": 80, "SS": 12, "FF": 6, "SF": 2}
LAGS_H = (0, 0, 0, 0, 0, 2, 4, 8, 16)
ALWAYS_SHARE, ACROSS_SHARE = 0.1, 0.04
PATIENCE_S = 2 * DAY_S  # how long what could begin lies, on average
BESIDE_OTHERS = (0.8, 6.0)  # how much longer it takes than its hours, for nobody has only one task

Working = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Edge:
    """What a piece waits for, by its place among those of the project."""

    before: int
    kind: str
    lag_h: int
    is_always: bool


@dataclass(slots=True)
class Piece:
    """One task: what it takes and waits for, and how far it has come."""

    department_id: int
    hours: int
    planned_at: int
    edges: list[Edge] = field(default_factory=list)
    started_at: int | None = None
    ended_at: int | None = None
    is_cancelled: bool = False
    gate: Gate = field(default_factory=Gate)
    frees: int = 0

    @property
    def is_planned(self) -> bool:
        return self.started_at is None and self.ended_at is None


def draw_edges(chance: Random, place: int, first: int) -> list[Edge]:
    """What the piece at this place waits for: one or two of its request, which begins at `first`, now and then one of
    an earlier request. Always earlier ones, so that there is no circle."""
    earlier = range(first, place)
    count = min(len(earlier), chance.choice((1, 1, 1, 2, 2)))
    before = set(chance.sample(earlier[-5:], count))
    if first and chance.random() < ACROSS_SHARE:
        before.add(chance.randrange(max(0, first - 40), first))
    return [_edge(chance, one) for one in sorted(before)]


def run(
    chance: Random, pieces: list[Piece], new: Sequence[Piece], *, begins: int, until: int, working: dict[int, Working]
) -> None:
    """Let the new pieces, which stand last among those of the project, be worked on from `begins` until `until`."""
    for piece in new:
        adds = working[piece.department_id]
        waits = [_wait(pieces[edge.before], edge) for edge in piece.edges]
        piece.gate = start_gate(waits, working=adds)
        if piece.gate.waiting_for:
            continue
        started_at = max(piece.gate.opens_at, begins) + int(chance.expovariate(1 / PATIENCE_S))
        if started_at > until:
            continue
        piece.started_at = started_at
        ends = end_gate(waits, working=adds)
        ended_at = max(adds(started_at, int(piece.hours * HOUR_S * chance.uniform(*BESIDE_OTHERS))), ends.opens_at)
        if not ends.waiting_for and ended_at <= until:
            piece.ended_at = ended_at


def give_up(new: Sequence[Piece], *, at: int) -> None:
    """Nobody wants it any more: what has not ended is cancelled."""
    for piece in new:
        if piece.ended_at is None:
            piece.ended_at, piece.is_cancelled, piece.gate = at, True, Gate()


def settle(pieces: Sequence[Piece], *, working: dict[int, Working]) -> None:
    """What each piece that has not begun waits for at last, and how many of these each holds back."""
    for piece in pieces:
        if not piece.is_planned:
            continue
        waits = [_wait(pieces[edge.before], edge) for edge in piece.edges]
        piece.gate = start_gate(waits, working=working[piece.department_id])
        for edge in piece.edges:
            before = pieces[edge.before]
            if edge.kind in START_GATES and before.ended_at is None:
                before.frees += 1


def _edge(chance: Random, before: int) -> Edge:
    kind = chance.choices(tuple(KINDS), tuple(KINDS.values()))[0]
    lag_h = chance.choice(LAGS_H)
    return Edge(before, kind, lag_h, bool(lag_h) and chance.random() < ALWAYS_SHARE)


def _wait(before: Piece, edge: Edge) -> Wait:
    return Wait(
        predecessor=edge.before,
        kind=edge.kind,
        started_at=before.started_at,
        ended_at=before.ended_at,
        is_cancelled=before.is_cancelled,
        lag_s=edge.lag_h * HOUR_S,
        is_always=edge.is_always,
    )
