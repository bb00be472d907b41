"""Who talks to whom, as a drawing: the client's people at the left, ours at the right. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 437
BOX: Final = 34
STEP: Final = 38
LEFT_WIDTH: Final = 196
RIGHT_X: Final = 254
LETTERS: Final = 27  # of the wider font size that fit into a box


@dataclass(frozen=True, slots=True)
class Face:
    """A person with a line below the name."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """People who talk with each other: `theirs` under a heading at the left, `ours` at the right."""

    heading: str
    theirs: Sequence[Face]
    ours: Sequence[Face]


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    face: Face

    @property
    def middle(self) -> float:
        return self.y + BOX / 2

    @property
    def text_x(self) -> float:
        return self.x + 12

    @property
    def name_y(self) -> float:
        return self.y + 16

    @property
    def note_y(self) -> float:
        return self.y + 29


@dataclass(frozen=True, slots=True)
class ContactMap:
    width: int
    height: float
    headings: tuple[tuple[float, str], ...]
    theirs: tuple[Box, ...]
    ours: tuple[Box, ...]
    lines: tuple[str, ...]


def contact_map(sides: Sequence[Side]) -> ContactMap:
    """Each side below the other, its people of ours in the middle of its height; a side without people is left out."""
    headings: list[tuple[float, str]] = []
    theirs: list[Box] = []
    ours: list[Box] = []
    lines: list[str] = []
    top = 0.0
    for side in sides:
        if not side.theirs:
            continue
        headings.append((top + 12, side.heading))
        first = top + 20
        rows = max(len(side.theirs), len(side.ours))
        left = _column(side.theirs, x=0.5, width=LEFT_WIDTH, top=first, rows=rows)
        right = _column(side.ours, x=RIGHT_X, width=WIDTH - RIGHT_X - 0.5, top=first, rows=rows)
        lines += [_line(one, other) for one in left for other in right]
        theirs += left
        ours += right
        top = first + rows * STEP + 6
    return ContactMap(WIDTH, max(top, 1), tuple(headings), tuple(theirs), tuple(ours), tuple(lines))


def _column(faces: Sequence[Face], *, x: float, width: float, top: float, rows: int) -> list[Box]:
    start = top + (rows - len(faces)) * STEP / 2
    return [
        Box(x, start + number * STEP, width, Face(_cut(face.name), _cut(face.note)))
        for number, face in enumerate(faces)
    ]


def _line(left: Box, right: Box) -> str:
    begin, end = left.x + left.width, right.x
    middle = (begin + end) / 2
    return f"M{begin} {left.middle}C{middle} {left.middle} {middle} {right.middle} {end} {right.middle}"


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
