"""The chain of a request from top to bottom: boxes in layers, and wires that run beside them, never through. Pure.

What closes a circle, and what would have to pass very many layers, goes round by the right side. All places are whole
units of the view box; the classes are those of app.css.
"""

import textwrap
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from projects.drawing.channel import Point, rounded
from projects.drawing.layering import BOX_WIDTH, arrange
from projects.drawing.routes import BOX_HEIGHT, route
from projects.planning.graph import closing, steps

K = TypeVar("K", bound=Hashable)

TIP: Final = 5  # of an arrow
TITLE_LETTERS: Final = 15
TITLE_LINES: Final = 2
DEPARTMENT_LETTERS: Final = 13
LETTERS_AFTER_REFERENCE: Final = 9
LETTERS_WITH_STATE: Final = 19
LINE: Final = 14  # from one line of words to the next

Kind = Literal["dg", "dgc", "dgb"]

ORDER: Final[tuple[Kind, ...]] = ("dg", "dgc", "dgb")  # what matters most is drawn last, above the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Generic[K]):
    """A task. `department` is its short name; what is longer than the box is cut. `reference`: of one that stands
    already, which has no number. Of one in work, `says` is its state in a word instead of the hours, `look` "done" or
    "bad", and `url` and `peek` lead to it."""

    key: K
    number: int
    title: str
    department: str
    hours: float
    is_critical: bool = False
    is_wrong: bool = False
    reference: str = ""
    says: str = ""
    look: str = ""
    url: str = ""
    peek: str = ""

    @property
    def name(self) -> int | str:
        return self.reference or self.number


@dataclass(frozen=True, slots=True)
class Edge(Generic[K]):
    """`before` frees `after`; wrong is what goes in a circle."""

    before: K
    after: K
    is_critical: bool = False
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Box(Generic[K]):
    """Where a task is drawn."""

    node: Node[K]
    x: int
    y: int
    width: int = BOX_WIDTH
    height: int = BOX_HEIGHT

    @property
    def title(self) -> list[tuple[int, str]]:
        """Its lines, each with where it stands; together with the department they are in the middle of the box."""
        lines = textwrap.wrap(self.node.title, TITLE_LETTERS, max_lines=TITLE_LINES, placeholder="…") or [""]
        top = (self.height - (len(lines) + 1) * LINE) // 2 + 10
        return [(top + at * LINE, line) for at, line in enumerate(lines)]

    @property
    def department(self) -> str:
        """After the reference, where there is one, in what is left beside the hours or the state."""
        if self.node.says:
            return _cut(self.node.department, LETTERS_WITH_STATE - len(f", {self.node.says}"))
        if self.node.reference:
            return f"{self.node.reference} {_cut(self.node.department, LETTERS_AFTER_REFERENCE)}"
        return _cut(self.node.department, DEPARTMENT_LETTERS)

    @property
    def foot(self) -> int:
        """Where the department stands, below the title."""
        return self.title[-1][0] + LINE


@dataclass(frozen=True, slots=True)
class Wire(Generic[K]):
    """From the edge of one box to the edge of another, corner by corner along the axes."""

    before: K
    after: K
    kind: Kind
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        """The line, up to where its head begins."""
        (from_x, from_y), (x, y) = self.points[-2:]
        end = (x + TIP if from_x > x else x, y - TIP if from_y < y else y)
        return rounded([*self.points[:-1], end])

    @property
    def head(self) -> str:
        """The arrow: down into the top of a box, or from the right into its side."""
        (from_x, _), (x, y) = self.points[-2:]
        return f"M{x + 6} {y - 4}v8l-5 -4z" if from_x > x else f"M{x - 4} {y - 6}h8l-4 5z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Generic[K]):
    """The drawing; `steps` is how many layers it has."""

    boxes: tuple[Box[K], ...]
    wires: tuple[Wire[K], ...]
    width: int
    height: int
    steps: int

    @property
    def critical(self) -> list[int | str]:
        return [box.node.name for box in self.boxes if box.node.is_critical]

    @property
    def wrong(self) -> list[int | str]:
        return [box.node.name for box in self.boxes if box.node.is_wrong]


def draw(nodes: Sequence[Node[K]], edges: Iterable[Edge[K]]) -> Flow[K]:
    """Both ends of an edge are among the nodes. What is entered twice is drawn once."""
    pairs = {(edge.before, edge.after): edge for edge in edges}
    keys = [node.key for node in nodes]
    back = closing(keys, pairs)
    layers = arrange(steps(keys, [pair for pair in pairs if pair not in back]), pairs)
    routes = route(layers, pairs)
    wires = [Wire(*pair, _kind(edge), routes.wires[pair]) for pair, edge in pairs.items()]
    return Flow(
        boxes=tuple(Box(node, *routes.corners[node.key]) for node in nodes),
        wires=tuple(sorted(wires, key=lambda wire: ORDER.index(wire.kind))),
        width=routes.width,
        height=routes.height,
        steps=len(layers.rows),
    )


def _kind(edge: Edge[K]) -> Kind:
    if edge.is_wrong:
        return "dgb"
    return "dgc" if edge.is_critical else "dg"


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip(" ,") + "…"
