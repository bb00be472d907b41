"""How the wires of a layered drawing run, once its boxes have their order and places. Pure.

Between two layers is a channel in which wires turn; on a layer they only go straight down, between the boxes. A wire
that goes by the side leaves its box to the right if nothing stands there, otherwise through the channel below it.
"""

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, Generic, TypeVar

from projects.drawing.channel import Point, Run, Tracks, tracks, without_detours
from projects.drawing.layering import BOX_WIDTH, Item, Layers, spread

K = TypeVar("K", bound=Hashable)

BOX_HEIGHT: Final = 50
MARGIN: Final = 4  # around the whole drawing
CHANNEL: Final = 24  # between layers, if few wires turn there
TRACK: Final = 6
ABOVE_TRACKS: Final = 7
BELOW_TRACKS: Final = 13  # with room for the head of an arrow
GUTTER: Final = 9
APART: Final = 5

PORT: Final = 22  # between two wires at a box
REACH: Final = 61  # how far from the middle of a box a wire may end
NEAR: Final = 60  # boxes that are shifted less are joined by a straight wire

End = tuple[float, bool]  # where the other end of a wire is, and whether a box is there


@dataclass(frozen=True, slots=True)
class Routes(Generic[K]):
    """Upper left corners by key, corners of wires by edge, and the size of it all."""

    corners: dict[K, Point]
    wires: dict[tuple[K, K], tuple[Point, ...]]
    width: int
    height: int


def route(layers: Layers[K], edges: Iterable[tuple[K, K]]) -> Routes[K]:
    return _Router(layers, list(edges)).routes()


class _Router(Generic[K]):
    def __init__(self, layers: Layers[K], edges: list[tuple[K, K]]) -> None:
        self.boxes, self.ways = layers.boxes, layers.ways
        self.edges = edges
        self.aside = [edge for edge in edges if edge not in self.ways]
        self.at_end = {row[-1] for row in layers.rows if row}  # the way to the right of these is free
        self.x = {item: round(item.x) + MARGIN for row in layers.rows for item in row}
        self.outs = self._outs()
        self.ins = self._ins()
        self.tracks = [tracks(runs, apart=APART) for runs in self._runs(len(layers.rows))]
        self.tops = self._tops()
        self.right = max((x + (BOX_WIDTH // 2 if item.is_box else 0) for item, x in self.x.items()), default=0)

    def routes(self) -> Routes[K]:
        wires = {edge: self._downwards(edge) for edge in self.ways} | self._aside()
        last_x = max((x for points in wires.values() for x, _ in points), default=0)
        return Routes(
            corners={key: (self.x[box] - BOX_WIDTH // 2, self.tops[box.layer]) for key, box in self.boxes.items()},
            wires=wires,
            width=max(last_x, self.right) + MARGIN,
            height=self.tops[-1] + MARGIN,
        )

    # --- where wires end at boxes ------------------------------------------------------------------------------
    def _outs(self) -> dict[tuple[K, K], int]:
        """Where wires leave downwards."""
        ends: dict[Item, dict[tuple[K, K], End]] = {}
        for edge, way in self.ways.items():
            ends.setdefault(way[0], {})[edge] = self.x[way[1]], way[1].is_box
        for edge in self.aside:
            if self.boxes[edge[0]] not in self.at_end:
                ends.setdefault(self.boxes[edge[0]], {})[edge] = math.inf, False
        return self._ports(ends)

    def _ins(self) -> dict[tuple[K, K], int]:
        """Where wires come in from above: straight below where they left, if that can be."""
        ends: dict[Item, dict[tuple[K, K], End]] = {}
        for edge, way in self.ways.items():
            ends.setdefault(way[-1], {})[edge] = self.outs[edge] if way[-2].is_box else self.x[way[-2]], False
        for edge in self.aside:
            if self.boxes[edge[1]] not in self.at_end:
                ends.setdefault(self.boxes[edge[1]], {})[edge] = math.inf, False
        return self._ports(ends)

    def _ports(self, ends: dict[Item, dict[tuple[K, K], End]]) -> dict[tuple[K, K], int]:
        found: dict[tuple[K, K], int] = {}
        for box, others in ends.items():
            middle = self.x[box]
            edges = sorted(others, key=lambda edge: others[edge][0])
            gap = min(PORT, 2 * REACH / max(1, len(edges) - 1))
            wanted = [_wanted(middle, *others[edge]) for edge in edges]
            places = spread(wanted, [1.0] * len(edges), [gap] * (len(edges) - 1))
            for index, (edge, place) in enumerate(zip(edges, places, strict=True)):
                left, right = middle - REACH + index * gap, middle + REACH - (len(edges) - 1 - index) * gap
                found[edge] = round(min(max(place, left), right))
        return found

    # --- between layers ----------------------------------------------------------------------------------------
    def _runs(self, layers: int) -> list[list[Run]]:
        """What turns in each channel: above the first layer, below the first, and so on."""
        runs: list[list[Run]] = [[] for _ in range(layers + 1)]
        for edge, way in self.ways.items():
            for item, (near, far) in zip(way, pairwise(self._places(edge)), strict=False):
                runs[item.layer + 1].append(Run(edge, near, far))
        for edge in self.aside:
            if edge in self.outs:
                runs[self.boxes[edge[0]].layer + 1].append(Run(edge, self.outs[edge], math.inf))
            if edge in self.ins:
                runs[self.boxes[edge[1]].layer].append(Run(edge, math.inf, self.ins[edge]))
        return runs

    def _places(self, edge: tuple[K, K]) -> list[int]:
        """Where a wire passes each layer on its way down."""
        return [self.outs[edge], *(self.x[item] for item in self.ways[edge][1:-1]), self.ins[edge]]

    def _tops(self) -> list[int]:
        """The upper edge of each layer, and the lower edge of the last channel."""
        first, *others = [max(channel.values(), default=-1) + 1 for channel in self.tracks]
        heights = [(ABOVE_TRACKS + first * TRACK + BELOW_TRACKS) if first else 0]
        heights += [max(CHANNEL, ABOVE_TRACKS + (count - 1) * TRACK + BELOW_TRACKS) for count in others]
        if others and not others[-1]:
            heights[-1] = 0
        return list(accumulate((BOX_HEIGHT + height for height in heights[1:]), initial=MARGIN + heights[0]))

    def _track(self, edge: tuple[K, K], channel: int) -> int:
        below = self.tops[channel - 1] + BOX_HEIGHT if channel else MARGIN
        return below + ABOVE_TRACKS + self.tracks[channel].get(edge, 0) * TRACK

    def _downwards(self, edge: tuple[K, K]) -> tuple[Point, ...]:
        way = self.ways[edge]
        places = self._places(edge)
        points = [(places[0], self.tops[way[0].layer] + BOX_HEIGHT)]
        for item, (near, far) in zip(way, pairwise(places), strict=False):
            y = self._track(edge, item.layer + 1)
            points += [(near, y), (far, y)]
        return without_detours([*points, (places[-1], self.tops[way[-1].layer])])

    # --- by the side -------------------------------------------------------------------------------------------
    def _aside(self) -> dict[tuple[K, K], tuple[Point, ...]]:
        sides = self._sides()
        starts = {edge: self._start(edge, sides) for edge in self.aside}
        ends = {edge: self._end(edge, sides) for edge in self.aside}
        gutter = Tracks(apart=APART)
        wires = {}
        for edge in sorted(self.aside, key=lambda edge: abs(starts[edge][-1][1] - ends[edge][0][1])):
            start, end = starts[edge], ends[edge]
            low, high = sorted((start[-1][1], end[0][1]))
            x = self.right + GUTTER + gutter.take(low, high) * TRACK
            wires[edge] = without_detours([*start, (x, start[-1][1]), (x, end[0][1]), *end])
        return wires

    def _sides(self) -> dict[tuple[tuple[K, K], bool], int]:
        """How high each wire ends at the right side of a box; true is where it leaves, below what comes in."""
        ends: dict[Item, list[tuple[tuple[K, K], bool]]] = {}
        for is_start in (False, True):
            for edge in self.aside:
                box = self.boxes[edge[0 if is_start else 1]]
                if box in self.at_end:
                    ends.setdefault(box, []).append((edge, is_start))
        return {
            end: self.tops[box.layer] + (index + 1) * BOX_HEIGHT // (len(own) + 1)
            for box, own in ends.items()
            for index, end in enumerate(own)
        }

    def _start(self, edge: tuple[K, K], sides: dict[tuple[tuple[K, K], bool], int]) -> list[Point]:
        box = self.boxes[edge[0]]
        if (edge, True) in sides:
            return [(self.x[box] + BOX_WIDTH // 2, sides[edge, True])]
        x = self.outs[edge]
        return [(x, self.tops[box.layer] + BOX_HEIGHT), (x, self._track(edge, box.layer + 1))]

    def _end(self, edge: tuple[K, K], sides: dict[tuple[tuple[K, K], bool], int]) -> list[Point]:
        box = self.boxes[edge[1]]
        if (edge, False) in sides:
            return [(self.x[box] + BOX_WIDTH // 2, sides[edge, False])]
        x = self.ins[edge]
        return [(x, self._track(edge, box.layer)), (x, self.tops[box.layer])]


def _wanted(middle: int, other: float, is_box: bool) -> float:
    """Two boxes that stand nearly below each other meet half way; a long wire leaves straight if it can."""
    if is_box:
        return (middle + other) / 2 if abs(other - middle) <= NEAR else middle
    return other if abs(other - middle) <= REACH else middle
