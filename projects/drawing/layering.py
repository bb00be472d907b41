"""Where boxes and the wires between them stand in layers: few crossings, little bending. Pure.

The method of K. Sugiyama, S. Tagawa and M. Toda (1981): layers by the longest way, a stand-in on every layer that a
wire passes, sweeps by barycentre for the order, and then places as near to the neighbours as the order allows.
"""

import math
from bisect import bisect_right, insort
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

BOX_WIDTH: Final = 142
BOX_GAP: Final = 15
WIRE_GAP: Final = 10

MOST_STAND_INS: Final = 2000  # a wire that would need more goes by the side
MANY: Final = 1000  # items from which on few sweeps must do
SWEEPS: Final = 8
FEW_SWEEPS: Final = 2

STRAIGHT: Final = 8.0  # how much rather a long wire is straight than a box near its neighbours


class Item:
    """A box, or the stand-in of a wire that passes its layer; x is its middle."""

    __slots__ = ("down", "is_box", "layer", "place", "up", "x")

    def __init__(self, layer: int, *, is_box: bool) -> None:
        self.layer = layer
        self.is_box = is_box
        self.up: list[Item] = []
        self.down: list[Item] = []
        self.place = 0
        self.x = 0.0


Row = list[Item]


@dataclass(frozen=True, slots=True)
class Layers(Generic[K]):
    """`ways` are the edges that lead downwards: box, stand-ins, box. An edge that is missing there goes by the side."""

    rows: list[Row]
    boxes: dict[K, Item]
    ways: dict[tuple[K, K], list[Item]]


def arrange(layer_of: dict[K, int], edges: Iterable[tuple[K, K]]) -> Layers[K]:
    """Items in their order from left to right, with their places."""
    layers = _filled(layer_of, edges)
    sweeps = SWEEPS if sum(map(len, layers.rows)) < MANY else FEW_SWEEPS
    _order(layers.rows, sweeps)
    _place(layers.rows, sweeps // 2)
    for way in layers.ways.values():
        _straighten(way, layers.rows)
    return layers


def spread(wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Places in the given order, at least the gaps apart, with the least sum of weighted squares off what is wanted.

    With the gaps taken off this is isotonic regression, solved by pooling adjacent violators.
    """
    offset, offsets = 0.0, [0.0]
    for gap in gaps:
        offset += gap
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # mean, weight, size
    for place, weight, off in zip(wanted, weights, offsets, strict=False):
        mean, size = place - off, 1
        while pools and pools[-1][0] >= mean:
            other, heavy, many = pools.pop()
            mean = (mean * weight + other * heavy) / (weight + heavy)
            weight, size = weight + heavy, size + many  # noqa: PLW2901
        pools.append((mean, weight, size))
    means = (mean for mean, _, size in pools for _ in range(size))
    return [mean + off for mean, off in zip(means, offsets, strict=False)]


def _filled(layer_of: dict[K, int], edges: Iterable[tuple[K, K]]) -> Layers[K]:
    boxes = {key: Item(layer, is_box=True) for key, layer in layer_of.items()}
    rows: list[Row] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for box in boxes.values():
        rows[box.layer].append(box)
    ways: dict[tuple[K, K], Row] = {}
    spare = MOST_STAND_INS
    for before, after in sorted(edges, key=lambda edge: layer_of[edge[1]] - layer_of[edge[0]]):
        start, end = boxes[before], boxes[after]
        spare -= max(0, end.layer - start.layer - 1)
        if start.layer < end.layer and spare >= 0:
            way = [start, *(Item(layer, is_box=False) for layer in range(start.layer + 1, end.layer)), end]
            for item in way[1:-1]:
                rows[item.layer].append(item)
            for item, below in pairwise(way):
                item.down.append(below)
                below.up.append(item)
            ways[before, after] = way
    return Layers(rows, boxes, ways)


# --- order -----------------------------------------------------------------------------------------------------
def _order(rows: list[Row], sweeps: int) -> None:
    """Each row by the middle of its neighbours, from above and from below in turn; the best of all orders stays."""
    best: list[Row] = []
    fewest: int | None = None
    for sweep in range(sweeps + 1):
        _number(rows)
        crossings = sum(_crossings(row) for row in rows)
        if fewest is None or crossings < fewest:
            fewest, best = crossings, [list(row) for row in rows]
        if not crossings:
            break
        is_down = sweep % 2 == 0
        for row in rows[1:] if is_down else rows[-2::-1]:
            row.sort(key=lambda item: _middle(item, item.up if is_down else item.down))
            _number([row])
    rows[:] = best
    _number(rows)


def _number(rows: Iterable[Row]) -> None:
    for row in rows:
        for place, item in enumerate(row):
            item.place = place


def _middle(item: Item, neighbours: Row) -> float:
    if not neighbours:
        return item.place
    return sum(neighbour.place for neighbour in neighbours) / len(neighbours)


def _crossings(row: Row) -> int:
    """How many wires cross between a row and the next: pairs that end the other way round than they begin."""
    count = 0
    ends: list[int] = []
    for item in row:
        mine = sorted(below.place for below in item.down)
        count += sum(len(ends) - bisect_right(ends, place) for place in mine)
        for place in mine:
            insort(ends, place)
    return count


# --- places ----------------------------------------------------------------------------------------------------
def _place(rows: list[Row], sweeps: int) -> None:
    """Near to the neighbours above and below in turn, at last to both; the leftmost edge is at 0."""
    for row in rows:
        _settle(row, [[] for _ in row])
    for sweep in range(sweeps):
        is_down = sweep % 2 == 0
        for row in rows[1:] if is_down else rows[-2::-1]:
            _settle(row, [item.up if is_down else item.down for item in row])
    for row in [*rows, *reversed(rows)]:
        _settle(row, [item.up + item.down for item in row])
    left = min((row[0].x - _half(row[0]) for row in rows), default=0.0)
    for row in rows:
        for item in row:
            item.x -= left


def _settle(row: Row, neighbours: list[Row]) -> None:
    wanted, weights = [], []
    for item, near in zip(row, neighbours, strict=True):
        pulls = [1.0 if item.is_box or other.is_box else STRAIGHT for other in near]
        weight = sum(pulls)
        wanted.append(sum(p * other.x for p, other in zip(pulls, near, strict=True)) / weight if near else item.x)
        weights.append(weight or 0.01)
    for item, x in zip(row, spread(wanted, weights, [_gap(*pair) for pair in pairwise(row)]), strict=True):
        item.x = x


def _straighten(way: Row, rows: list[Row]) -> None:
    """Each stand-in goes below the one before, as far as its neighbours let it."""
    for above, item in pairwise(way[1:-1]):
        row, place = rows[item.layer], item.place
        low = row[place - 1].x + _gap(row[place - 1], item) if place else 0.0
        high = row[place + 1].x - _gap(item, row[place + 1]) if place + 1 < len(row) else math.inf
        item.x = min(max(above.x, low), high)


def _half(item: Item) -> float:
    return BOX_WIDTH / 2 if item.is_box else 0.0


def _gap(left: Item, right: Item) -> float:
    return _half(left) + _half(right) + (BOX_GAP if left.is_box and right.is_box else WIRE_GAP)
