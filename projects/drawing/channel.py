"""Wires through a channel between two rows of boxes: each takes one track along it, and none lies on another. Pure.

A channel has a near and a far side. A wire comes in at `near`, runs along its track, and leaves at `far`: the classic
problem of channel routing. The first track that is free is taken, and the order in which they are given away keeps
crossings few.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from projects.planning.graph import closing, in_order

Point = tuple[int, int]

CORNER: Final = 4


@dataclass(frozen=True, slots=True)
class Run:
    """From `near` to `far`; infinity is outside, past the end of the channel. Runs of one net share a track."""

    net: Hashable
    near: float
    far: float


def tracks(runs: Sequence[Run], *, apart: float) -> dict[Hashable, int]:
    """The track of each net that does not go straight through, 0 being nearest; what is not `apart` would touch.

    A wire that comes in where another leaves has to turn off before that one arrives.
    """
    nets: dict[Hashable, list[Run]] = {}
    for run in sorted(runs, key=lambda run: -run.near if run.near < run.far else run.near):
        nets.setdefault(run.net, []).append(run)
    bent = {net: own for net, own in nets.items() if any(run.near != run.far for run in own)}
    before = [pair for pair in _touching(bent, apart) if pair[0] != pair[1]]
    closed = closing(bent, before)
    first: dict[Hashable, set[Hashable]] = {}
    for net, then in before:
        if (net, then) not in closed:
            first.setdefault(then, set()).add(net)

    taken = Tracks(apart=apart)
    found: dict[Hashable, int] = {}
    for net in in_order(bent, [pair for pair in before if pair not in closed]):
        ends = [end for run in bent[net] for end in (run.near, run.far)]
        least = max((found[other] + 1 for other in first.get(net, ())), default=0)
        found[net] = taken.take(min(ends), max(ends), least=least)
    return found


def _touching(nets: dict[Hashable, list[Run]], apart: float) -> list[tuple[Hashable, Hashable]]:
    """Pairs of nets of which the first comes in about where the second leaves."""
    leaving = sorted(((run.far, index, net) for index, (net, own) in enumerate(nets.items()) for run in own))
    places = [far for far, _, _ in leaving]
    return [
        (net, other)
        for net, own in nets.items()
        for run in own
        for _, _, other in leaving[bisect_right(places, run.near - apart) : bisect_left(places, run.near + apart)]
    ]


class Tracks:
    """Tracks beside each other, and what is taken of each."""

    def __init__(self, *, apart: float) -> None:
        self.apart = apart
        self.taken: list[list[tuple[float, float]]] = []

    def take(self, low: float, high: float, *, least: int = 0) -> int:
        """The first track from `least` on that is free from low to high."""
        low, high = low - self.apart / 2, high + self.apart / 2
        for index, stretches in enumerate(self.taken[least:], least):
            if all(high <= start or end <= low for start, end in stretches):
                stretches.append((low, high))
                return index
        self.taken.extend([] for _ in range(max(0, least - len(self.taken))))
        self.taken.append([(low, high)])
        return len(self.taken) - 1


def without_detours(points: Iterable[Point]) -> tuple[Point, ...]:
    """The corners of a way along the axes: no point twice, none in the middle of a straight stretch."""
    corners: list[Point] = []
    for point in points:
        if corners and corners[-1] == point:
            continue
        if len(corners) > 1 and any(a == b == c for a, b, c in zip(corners[-2], corners[-1], point, strict=True)):
            corners.pop()
        corners.append(point)
    return tuple(corners)


def rounded(points: Sequence[Point]) -> str:
    """The corners as the path of an SVG, each rounded as far as its shorter side allows."""
    path = "M{} {}".format(*points[0])
    for (from_x, from_y), (x, y), (to_x, to_y) in zip(points, points[1:], points[2:], strict=False):
        shorter = min(abs(x - from_x) + abs(y - from_y), abs(to_x - x) + abs(to_y - y))
        radius = min(CORNER, shorter // 2)
        in_x, in_y = _sign(x - from_x) * radius, _sign(y - from_y) * radius
        out_x, out_y = _sign(to_x - x) * radius, _sign(to_y - y) * radius
        path += f"L{x - in_x} {y - in_y}q{in_x} {in_y} {in_x + out_x} {in_y + out_y}"
    return path + "L{} {}".format(*points[-1])


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
