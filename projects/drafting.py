"""A decomposition as it is typed, row by row, and what it comes to: tasks, dependencies, or what is wrong with which
cell. Nothing is stored and nothing is asked of the database here.

A row is a mapping of strings; what it needs is written as `planning.needs` reads it. Rows are numbered from 1 as they
stand, empty ones too, so that a number never changes because another row is filled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final, Generic, TypeVar, cast

from django.utils.translation import gettext as _

from accounts.models import User
from departments.models import Department
from projects.blueprints import Content, Link, Piece, Range
from projects.operations import NewDependency, NewTask
from projects.operations.dependencies import LONGEST_LAG_H
from projects.operations.tasks import MOST_HOURS
from projects.planning import needs as notation
from projects.planning.cpm import Kind
from projects.planning.graph import closing, neighbours, path
from projects.planning.needs import Need

T = TypeVar("T")

# `piece` names the task of a blueprint that the row was filled in from: it brings what is not shown in the table.
FIELDS: Final = ("title", "department", "low", "likely", "high", "needs", "owner", "piece")
TYPED: Final = FIELDS[:-1]
HOURS: Final = ("low", "likely", "high")
MOST_ROWS: Final = 400
LONGEST_CELL: Final = 300
LONGEST_TITLE: Final = 200
CENT: Final = Decimal("0.01")

Row = Mapping[str, str]


class Lexicon(Generic[T]):
    """Things by any of their names, whole or begun; case does not matter."""

    def __init__(self, entries: Iterable[tuple[Iterable[str], T]]) -> None:
        self._by_name: dict[str, list[T]] = {}
        for names, value in entries:
            for name in {name.casefold() for name in names if name}:
                self._by_name.setdefault(name, []).append(value)

    def find(self, text: str) -> list[T]:
        """What is called exactly so, else all whose name begins so."""
        wanted = text.strip().casefold()
        if exact := self._by_name.get(wanted):
            return exact
        begun = (value for name, values in self._by_name.items() if name.startswith(wanted) for value in values)
        return list(dict.fromkeys(begun))


@dataclass(frozen=True)
class Words:
    """What cells may name."""

    departments: Lexicon[Department]
    people: Lexicon[User]
    tasks: Collection[int] = ()


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell. `is_missing`: it is empty still, which is said aloud only when all should be there."""

    field: str
    message: str
    is_missing: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row that is not empty, as far as it could be read; numbered below 0 it is a task that stands already."""

    number: int
    title: str
    department: Department | None
    owner: User | None
    low: Decimal | None
    likely: Decimal | None
    high: Decimal | None
    needs: tuple[Need, ...]
    piece: str
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """How others call it in what they need."""
        return str(self.number) if self.number > 0 else f"T{self.number}"

    @property
    def needs_text(self) -> str:
        """What it waits for, as one types it."""
        return " ".join(
            str(need) if need.number > 0 else str(replace(need, number=-need.number, is_task=True))
            for need in self.needs
        )

    @property
    def range(self) -> tuple[float, float, float]:
        """Low, likely and high hours; one that is not said is as the likely ones, and all are 0 without these."""
        likely = self.likely or Decimal(0)
        low = likely if self.low is None else min(self.low, likely)
        high = likely if self.high is None else max(self.high, likely)
        return float(low), float(likely), float(high)


@dataclass(frozen=True)
class Round:
    """Rows that go in a circle, in order; taking `out` from what `row` needs opens it."""

    row: int
    out: int
    way: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    lines: tuple[Line, ...]
    circles: tuple[Round, ...]

    @property
    def is_whole(self) -> bool:
        """Nothing is missing, nothing is wrong."""
        return bool(self.lines) and not self.circles and not any(line.problems for line in self.lines)

    @property
    def is_wrong(self) -> bool:
        """Something stands there that cannot stay."""
        return bool(self.circles) or any(not one.is_missing for line in self.lines for one in line.problems)

    def edges(self) -> list[tuple[Line, Need]]:
        """Each row with each other row that it needs."""
        return [(line, need) for line in self.lines for need in line.needs if not need.is_task]


def is_blank(row: Row) -> bool:
    return not any(row.get(field, "").strip() for field in TYPED)


def read(rows: Sequence[Row], words: Words) -> Reading:
    filled = {number for number, row in enumerate(rows, start=1) if not is_blank(row)}
    lines = tuple(_line(number, row, filled, words) for number, row in enumerate(rows, start=1) if number in filled)
    return Reading(lines, _circles(lines))


def _line(number: int, row: Row, filled: Collection[int], words: Words) -> Line:
    problems: list[Problem] = []
    title = row.get("title", "").strip()
    if not title:
        problems.append(Problem("title", _("Say what the task is."), is_missing=True))
    elif len(title) > LONGEST_TITLE:
        problems.append(Problem("title", _("At most %(n)d letters.") % {"n": LONGEST_TITLE}))
    department = _named(row, "department", words.departments, problems)
    if department is None and not row.get("department", "").strip():
        problems.append(Problem("department", _("Choose a department."), is_missing=True))
    hours = {field: _hours(row, field, problems) for field in HOURS}
    _check_range(hours, row, problems)
    return Line(
        number=number,
        title=title,
        department=department,
        owner=_named(row, "owner", words.people, problems),
        low=hours["low"],
        likely=hours["likely"],
        high=hours["high"],
        needs=_needs(number, row.get("needs", ""), filled, words.tasks, problems),
        piece=row.get("piece", ""),
        problems=tuple(problems),
    )


def _named(row: Row, field: str, lexicon: Lexicon[T], problems: list[Problem]) -> T | None:
    text = row.get(field, "").strip()
    if not text:
        return None
    found = lexicon.find(text)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(map(str, found[:3])) + (" …" if len(found) > 3 else "")
        message = _("Which one: %(names)s?") % {"names": names}
    elif field == "department":
        message = _("There is no department %(name)s.") % {"name": text}
    else:
        message = _("Nobody of the departments is called %(name)s.") % {"name": text}
    problems.append(Problem(field, message))
    return None


def _hours(row: Row, field: str, problems: list[Problem]) -> Decimal | None:
    text = row.get(field, "").strip().lower().removesuffix("h").strip().replace(",", ".")
    if not text:
        return None
    try:
        value = Decimal(text)
        if 0 <= value <= MOST_HOURS:
            return value.quantize(CENT)
    except InvalidOperation:
        pass
    problems.append(Problem(field, _("Write hours, for example 16.")))
    return None


def _check_range(hours: Mapping[str, Decimal | None], row: Row, problems: list[Problem]) -> None:
    low, likely, high = (hours[field] for field in HOURS)
    if likely is None:
        if not row.get("likely", "").strip():
            problems.append(Problem("likely", _("Say how many hours are likely."), is_missing=True))
        return
    if low is not None and low > likely:
        problems.append(Problem("low", _("The low estimate is above the likely one.")))
    if high is not None and high < likely:
        problems.append(Problem("high", _("The high estimate is below the likely one.")))


def _needs(
    number: int, text: str, filled: Collection[int], tasks: Collection[int], problems: list[Problem]
) -> tuple[Need, ...]:
    """Those that can be; each task once."""
    found, strange = notation.read(text)
    kept: dict[tuple[bool, int], Need] = {}

    def refuse(message: str) -> None:
        problems.append(Problem("needs", message))

    for word in strange:
        refuse(_("%(word)s cannot be read: write numbers of rows, for example 2 4, 2SS+4 or 5+8h24.") % {"word": word})
    for need in found:
        if need.is_task and need.number not in tasks:
            refuse(_("This request has no task T-%(number)d.") % {"number": need.number})
        elif not need.is_task and need.number == number:
            refuse(_("A task cannot wait for itself."))
        elif not need.is_task and need.number not in filled:
            refuse(_("There is no row %(number)d.") % {"number": need.number})
        elif (need.is_task, need.number) in kept:
            refuse(_("%(number)d stands twice.") % {"number": need.number})
        elif abs(need.lag_h) > LONGEST_LAG_H:
            refuse(_("A lag is at most a year."))
        else:
            kept[need.is_task, need.number] = need
    return tuple(kept.values())


def _circles(lines: Sequence[Line]) -> tuple[Round, ...]:
    """Under the row that goes back to an earlier one of the circle."""
    edges = [(need.number, line.number) for line in lines for need in line.needs if not need.is_task]
    back = closing([line.number for line in lines], edges)
    open_ways = neighbours(edge for edge in edges if edge not in back)
    found = []
    for before, after in sorted(back, key=lambda edge: (edge[1], edge[0])):
        way = path(open_ways, after, before)
        found.append(Round(row=after, out=before, way=tuple(way or (after, before))))
    return tuple(found)


# --- what is made of it ------------------------------------------------------------------------------------------


def keys_of(lines: Sequence[Line], taken: Iterable[str] = ()) -> dict[int, str]:
    """A key for each row: that of the blueprint's task, else the row's number; none of them taken."""
    used = set(taken)
    keys = {}
    for line in lines:
        wanted = line.piece.partition(":")[2] or f"r{line.number}"
        key, n = wanted[:60], 1
        while key in used:
            n += 1
            key = f"{wanted[:55]}-{n}"
        used.add(key)
        keys[line.number] = key
    return keys


def decomposition(
    reading: Reading, pieces: Mapping[str, Piece], taken: Iterable[str] = ()
) -> tuple[list[NewTask], list[NewDependency]]:
    """Of a reading without missing or wrong cells; `pieces` are the blueprints' tasks by the rows' `piece`."""
    keys = keys_of(reading.lines, taken)
    tasks, dependencies = [], []
    for line in reading.lines:
        assert line.department is not None
        assert line.likely is not None
        piece = pieces.get(line.piece)
        tasks.append(
            NewTask(
                key=keys[line.number],
                title=line.title,
                department=line.department,
                assignee=line.owner,
                optimistic_h=line.low,
                estimate_h=line.likely,
                pessimistic_h=line.high,
                what=piece.what if piece else "",
                ready=piece.ready if piece else (),
                done=piece.done if piece else (),
                touches=piece.documents if piece else (),
            )
        )
        dependencies += [
            NewDependency(
                before=str(need.number) if need.is_task else keys[need.number],
                after=keys[line.number],
                kind=need.kind,
                lag_h=need.lag_h,
                lag_calendar=_calendar(need),
            )
            for need in line.needs
        ]
    return tasks, dependencies


def content_of(reading: Reading, pieces: Mapping[str, Piece], before: Content | None = None) -> Content:
    """The blueprint that the rows make; what is not in the table stays as it was `before`."""
    keys = keys_of(reading.lines)
    tasks = []
    for line in reading.lines:
        assert line.department is not None
        piece = pieces.get(line.piece)
        tasks.append(
            Piece(
                key=keys[line.number],
                title=line.title,
                department=line.department.slug,
                estimate_h=Range(*line.range),
                what=piece.what if piece else "",
                ready=piece.ready if piece else (),
                done=piece.done if piece else (),
                documents=piece.documents if piece else (),
            )
        )
    links = [
        Link(keys[need.number], keys[line.number], need.kind, float(need.lag_h), _calendar(need))
        for line, need in reading.edges()
    ]
    return Content(
        tasks=tuple(tasks),
        dependencies=tuple(links),
        questions=before.questions if before else (),
        risks=before.risks if before else (),
    )


def rows_from(content: Content, *, version: int, names: Mapping[str, str], after: int = 0) -> list[dict[str, str]]:
    """The tasks of a blueprint's version (its id) as rows that follow on so many others; departments by their names."""
    numbers = {piece.key: number for number, piece in enumerate(content.tasks, start=after + 1)}
    into: dict[str, list[Need]] = {}
    for link in content.dependencies:
        need = Need(
            number=numbers[link.before],
            kind=cast(Kind, link.kind),
            lag_h=Decimal(str(link.lag_h)).quantize(CENT),
            is_always=link.lag_calendar == "24x7" and bool(link.lag_h),
        )
        into.setdefault(link.after, []).append(need)
    return [
        {
            "title": piece.title,
            "department": names.get(piece.department, piece.department),
            "low": _plain(piece.estimate_h.low),
            "likely": _plain(piece.estimate_h.likely),
            "high": _plain(piece.estimate_h.high),
            "needs": notation.write(into.get(piece.key, ())),
            "owner": "",
            "piece": f"{version}:{piece.key}",
        }
        for piece in content.tasks
    ]


def _calendar(need: Need) -> str:
    return "24x7" if need.is_always else "successor"


def _plain(hours: float) -> str:
    return f"{hours:g}"
