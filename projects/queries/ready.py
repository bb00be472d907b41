"""What departments must know or have before they can start, as a draft's rows come to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from departments.models import Department
from projects.blueprints import Piece
from projects.drafting import Line
from projects.models import ReadyItem


@dataclass(frozen=True)
class Definition:
    """`texts`: for every task of the department; `of_rows`: what the blueprint asks for one row besides."""

    department: Department
    texts: tuple[str, ...]
    of_rows: tuple[tuple[Line, str], ...]


def definitions_of(lines: Iterable[Line], pieces: Mapping[str, Piece]) -> list[Definition]:
    """One for each department that needs anything, in the order of the rows; one query."""
    rows: dict[Department, list[Line]] = {}
    for line in lines:
        if line.department is not None:
            rows.setdefault(line.department, []).append(line)
    texts: dict[int, list[str]] = {}
    for item in ReadyItem.objects.filter(department__in=rows):
        texts.setdefault(item.department_id, []).append(item.text)
    found = []
    for department, its_rows in rows.items():
        general = tuple(texts.get(department.pk, ()))
        special = [
            (line, text)
            for line in its_rows
            if line.piece in pieces
            for text in pieces[line.piece].ready
            if text not in general
        ]
        if general or special:
            found.append(Definition(department, general, tuple(special)))
    return found
