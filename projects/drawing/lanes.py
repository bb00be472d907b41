"""The board of a request: a lane for each department, a column for each step, wires between the cards. Pure.

Cards stand in slots of one height, several of a cell below each other, so that a table in HTML with the sizes of
app.css (`.board`) and these coordinates agree. Wires turn in the gutters between columns. A longer wire crosses columns
where slots are empty, on the height of either card, or else between two slots.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from projects.drawing.channel import Point, Run, rounded, tracks, without_detours
from projects.planning.graph import steps

K = TypeVar("K", bound=Hashable)

HEAD: Final = 36
NAMES: Final = 150
COLUMN: Final = 225
SLOT: Final = 78
MARGIN_X: Final = 18
MARGIN_Y: Final = 7
WIDTH: Final = COLUMN - 2 * MARGIN_X
HEIGHT: Final = SLOT - 2 * MARGIN_Y

IN_GUTTER: Final = 16  # the middle of the tracks: there must be room for the mark where a wire ends
GUTTER_TRACKS: Final = 20
TRACK: Final = 6
BETWEEN_SLOTS: Final = 12
PORT: Final = 14
PORTS: Final = 40
APART: Final = 3
MARK: Final = 2  # how far before the card the line ends, inside of the mark

State = Literal["freed", "waiting", "held"]
KINDS: Final[dict[State, str]] = {"waiting": "", "freed": "ok", "held": "bad"}  # what matters most is drawn last


@dataclass(frozen=True, slots=True)
class Lane:
    """A department; `says` is a word about its queue."""

    key: Hashable
    name: str
    icon: str
    says: str = ""
    is_busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Generic[K]):
    """A task: `badge` is one of the tag `badge`, with what it says instead of the plain word. `peek` is the address of
    what the drawer shows of it."""

    key: K
    lane: Hashable
    title: str
    url: str
    badge: str
    says: str = ""
    owner: str = ""
    peek: str = ""
    is_selected: bool = False


@dataclass(frozen=True, slots=True)
class Edge(Generic[K]):
    """`after` waits for `before`, no more (freed), still, or until what blocks `before` is removed (held)."""

    before: K
    after: K
    state: State


@dataclass(frozen=True, slots=True)
class Cell(Generic[K]):
    """Where a card stands; `slot` counts from the top of the board."""

    card: Card[K]
    step: int
    slot: int

    @property
    def x(self) -> int:
        return NAMES + self.step * COLUMN + MARGIN_X

    @property
    def y(self) -> int:
        return HEAD + self.slot * SLOT + MARGIN_Y

    @property
    def middle(self) -> int:
        return self.y + HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Row(Generic[K]):
    """A lane with its cards by step."""

    lane: Lane
    height: int
    cells: tuple[tuple[Cell[K], ...], ...]


@dataclass(frozen=True, slots=True)
class Wire(Generic[K]):
    """From the right side of a card to the left side of another, corner by corner along the axes."""

    before: K
    after: K
    state: State
    points: tuple[Point, ...]

    @property
    def kind(self) -> str:
        return KINDS[self.state]

    @property
    def path(self) -> str:
        x, y = self.end
        return rounded([*self.points[:-1], (x - MARK, y)])

    @property
    def end(self) -> Point:
        return self.points[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board(Generic[K]):
    """The whole drawing; `steps` counts from 1, as people do."""

    steps: tuple[int, ...]
    rows: tuple[Row[K], ...]
    wires: tuple[Wire[K], ...]
    width: int
    height: int

    @property
    def states(self) -> Counter[State]:
        """How many wires are freed, waiting, held."""
        return Counter(wire.state for wire in self.wires)


def draw(lanes: Iterable[Lane], cards: Sequence[Card[K]], edges: Iterable[Edge[K]]) -> Board[K]:
    """Lanes and the cards of a cell stand as they are given. What is named by an edge is among the cards.

    Raises `projects.planning.graph.Circle`: tasks that go in a circle have no steps.
    """
    pairs = {(edge.before, edge.after): edge for edge in edges}
    step_of = steps([card.key for card in cards], pairs)
    columns = max(step_of.values(), default=-1) + 1
    by_place: dict[tuple[Hashable, int], list[Card[K]]] = defaultdict(list)
    for card in cards:
        by_place[card.lane, step_of[card.key]].append(card)

    rows: list[Row[K]] = []
    cells: dict[K, Cell[K]] = {}
    slots = 0
    for lane in lanes:
        row = [
            tuple(Cell(card, step, slots + index) for index, card in enumerate(by_place.get((lane.key, step), ())))
            for step in range(columns)
        ]
        high = max(1, *map(len, row)) if row else 1
        rows.append(Row(lane, high * SLOT, tuple(row)))
        cells |= {cell.card.key: cell for own in row for cell in own}
        slots += high
    points = _Wiring(cells, list(pairs.values()), slots).points()
    wires = [Wire(*pair, edge.state, points[pair]) for pair, edge in pairs.items()]
    return Board(
        steps=tuple(range(1, columns + 1)),
        rows=tuple(rows),
        wires=tuple(sorted(wires, key=lambda wire: list(KINDS).index(wire.state))),
        width=NAMES + columns * COLUMN,
        height=HEAD + slots * SLOT,
    )


class _Wiring(Generic[K]):
    """Wires of one card that look the same are one net: they leave together and part where they must."""

    def __init__(self, cells: dict[K, Cell[K]], edges: list[Edge[K]], slots: int) -> None:
        self.cells, self.edges, self.slots = cells, edges, slots
        self.is_taken = {(cell.step, cell.slot) for cell in cells.values()}
        self.ins = self._ins()
        self.crossings = self._crossings()
        self.tracks = self._tracks()

    def points(self) -> dict[tuple[K, K], tuple[Point, ...]]:
        return {(edge.before, edge.after): without_detours(self._way(edge)) for edge in self.edges}

    def _way(self, edge: Edge[K]) -> list[Point]:
        before, after = self.cells[edge.before], self.cells[edge.after]
        y, crossing, end = before.middle, self.crossings[edge], self.ins[edge]
        out_x, in_x = self._track(edge, before.step + 1), self._track(edge, after.step)
        corners = [(out_x, y), (out_x, crossing), (in_x, crossing), (in_x, end)]
        return [(before.x + WIDTH, y), *corners, (after.x, end)]

    def _ins(self) -> dict[Edge[K], int]:
        """Where wires come in, from the highest to the lowest."""
        into: dict[K, list[Edge[K]]] = defaultdict(list)
        for edge in sorted(self.edges, key=lambda edge: self.cells[edge.before].slot):
            into[edge.after].append(edge)
        return {
            edge: self.cells[key].middle + _off_middle(index, len(own), most=PORT, room=PORTS)
            for key, own in into.items()
            for index, edge in enumerate(own)
        }

    def _crossings(self) -> dict[Edge[K], int]:
        """The height on which each wire crosses the columns between its cards."""
        found: dict[Edge[K], int] = {}
        between: dict[int, list[Edge[K]]] = defaultdict(list)
        for edge in self.edges:
            before, after = self.cells[edge.before], self.cells[edge.after]
            columns = range(before.step + 1, after.step)
            if self._is_free(columns, after.slot):
                found[edge] = self.ins[edge]
            elif self._is_free(columns, before.slot):
                found[edge] = before.middle
            else:
                is_down = before.slot < after.slot or after.slot == self.slots - 1
                between[after.slot + (0 if is_down else 1)].append(edge)
        for slot, edges in between.items():
            runs = [
                Run(_net(edge), self.cells[edge.before].step + 0.5, self.cells[edge.after].step - 0.5) for edge in edges
            ]
            taken = tracks(runs, apart=0.1)
            count = max(taken.values()) + 1
            for edge in edges:
                off = _off_middle(taken[_net(edge)], count, most=TRACK, room=BETWEEN_SLOTS)
                found[edge] = HEAD + slot * SLOT + off
        return found

    def _is_free(self, columns: range, slot: int) -> bool:
        return not any((column, slot) in self.is_taken for column in columns)

    def _tracks(self) -> dict[int, dict[Hashable, int]]:
        """By the step to the right of each gutter: the track of each net that turns there."""
        runs: dict[int, list[Run]] = defaultdict(list)
        for edge in self.edges:
            before, after = self.cells[edge.before], self.cells[edge.after]
            crossing, end = self.crossings[edge], self.ins[edge]
            if after.step == before.step + 1:
                runs[after.step].append(Run(_net(edge), before.middle, end))
            else:
                runs[before.step + 1].append(Run(_net(edge), before.middle, crossing))
                runs[after.step].append(Run(_net(edge), crossing, end))
        return {step: tracks(own, apart=APART) for step, own in runs.items()}

    def _track(self, edge: Edge[K], step: int) -> int:
        taken = self.tracks[step]
        count = max(taken.values(), default=0) + 1
        off = _off_middle(taken.get(_net(edge), 0), count, most=TRACK, room=GUTTER_TRACKS)
        return NAMES + step * COLUMN - MARGIN_X + IN_GUTTER + off


def _net(edge: Edge[K]) -> Hashable:
    return edge.before, edge.state


def _off_middle(index: int, count: int, *, most: float, room: float) -> int:
    """Places evenly around a middle, at most so far apart, all of them within the room."""
    gap = min(most, room / max(1, count - 1))
    return round((index - (count - 1) / 2) * gap)
