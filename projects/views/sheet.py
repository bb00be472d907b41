"""The table one types tasks into, for a request or a blueprint: its rows, what is said beside them, what fills them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from django.http import QueryDict
from django.utils.translation import gettext as _

from departments.models import Department
from departments.queries.people import members
from kernel.errors import Invalid
from kernel.numbers import number_in
from projects.blueprints import Content, Piece, parse
from projects.drafting import (
    FIELDS,
    LONGEST_CELL,
    MOST_ROWS,
    Lexicon,
    Line,
    Problem,
    Reading,
    Round,
    Row,
    Words,
    is_blank,
    rows_from,
)
from projects.models import Blueprint, BlueprintVersion
from projects.planning import needs as notation

LEAST_ROWS = 8
LEAST_BLANK = 2

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Suggestions:
    """What the lists under the cells offer."""

    departments: Sequence[Department]
    people: Sequence[str]


@dataclass(frozen=True)
class Shown:
    """A row of the table. `problems` are those to be said now; a circle is named under the row that closes it.
    `is_spare`: a phone shows it only when one comes to it."""

    number: int
    row: Row
    line: Line | None
    problems: Sequence[Problem]
    circles: Sequence[tuple[Round, str]]
    is_in_circle: bool
    is_spare: bool

    @property
    def wrong(self) -> set[str]:
        return {problem.field for problem in self.problems} | ({"needs"} if self.circles else set())


def words_now(now: datetime, tasks: Iterable[int] = ()) -> tuple[Words, Suggestions]:
    """What may be named now: departments that take work, and who works in them; two queries."""
    departments = list(Department.objects.active().select_related("calendar").order_by("name"))
    staff = members(at=now)
    people = {user.pk: user for one in departments for user in staff.get(one.pk, ())}
    words = Words(
        departments=Lexicon([((one.short_name, one.name, one.slug), one) for one in departments]),
        people=Lexicon([((str(user), user.username), user) for user in people.values()]),
        tasks=frozenset(tasks),
    )
    return words, Suggestions(departments, sorted({str(user) for user in people.values()}))


def number_of(data: QueryDict, name: str) -> int:
    """What the page knew when it was drawn."""
    return number_in(data.get(name, ""))


def rows_of(data: QueryDict) -> Rows:
    """What was posted, cell by cell in the order of the page. Raises Invalid where it is more than a table holds."""
    columns = [data.getlist(field) for field in FIELDS]
    if max(map(len, columns)) > MOST_ROWS:
        raise Invalid(_("At most %(n)d rows.") % {"n": MOST_ROWS}, field="rows")
    return [
        {field: cell.replace("\0", "")[:LONGEST_CELL] for field, cell in zip(FIELDS, cells, strict=True)}
        for cells in zip_longest(*columns, fillvalue="")
    ]


def stored_rows(rows: object) -> Rows:
    """The rows of a draft as it is in the database."""
    found = rows if isinstance(rows, list) else []
    return [{field: str(row.get(field, "")) for field in FIELDS} for row in found if isinstance(row, Mapping)]


def trimmed(rows: Rows) -> Rows:
    """Without the empty rows at the end."""
    last = max((number for number, row in enumerate(rows, start=1) if not is_blank(row)), default=0)
    return rows[:last]


def padded(rows: Rows) -> Rows:
    """With empty rows at the end to type into."""
    used = len(trimmed(rows))
    blank = max(len(rows) - used, LEAST_BLANK, LEAST_ROWS - used)
    return rows[:used] + [dict.fromkeys(FIELDS, "") for _n in range(min(blank, MOST_ROWS - used))]


def shown_rows(rows: Rows, reading: Reading, *, says_missing: bool) -> list[Shown]:
    lines = {line.number: line for line in reading.lines}
    titles = {line.number: line.title for line in reading.lines}
    in_circle = {number for circle in reading.circles for number in circle.way}
    used = max(lines, default=0)
    found = []
    for number, row in enumerate(rows, start=1):
        line = lines.get(number)
        problems = [one for one in line.problems if says_missing or not one.is_missing] if line else []
        circles = [(circle, _way(circle, titles)) for circle in reading.circles if circle.row == number]
        is_spare = number > used + LEAST_BLANK
        found.append(Shown(number, row, line, problems, circles, number in in_circle, is_spare))
    return found


def _way(circle: Round, titles: Mapping[int, str]) -> str:
    return " → ".join([*(f"{number} {titles[number]}".strip() for number in circle.way), str(circle.row)])


def opened(rows: Rows, asked: str) -> Rows:
    """The rows without one number in one row's needs; `asked` is `row:number`, as the button says."""
    row, number = (number_in(one) for one in asked.partition(":")[::2])
    if not (number and 1 <= row <= len(rows)):
        return rows
    changed = [dict(one) for one in rows]
    changed[row - 1]["needs"] = notation.without(changed[row - 1]["needs"], number)
    return changed


def filled(rows: Rows, blueprint: Blueprint, departments: Sequence[Department]) -> Rows:
    """The rows, and after them the tasks of the blueprint as it is now."""
    version = blueprint.current
    assert version is not None
    names = {one.slug: one.short for one in departments}
    typed = trimmed(rows)
    more = rows_from(parse(version.content), version=version.pk, names=names, after=len(typed))
    if len(typed) + len(more) > MOST_ROWS:
        raise Invalid(_("At most %(n)d rows.") % {"n": MOST_ROWS}, field="rows")
    return typed + more


def pieces_of(rows: Iterable[Row]) -> tuple[dict[str, Piece], BlueprintVersion | None]:
    """The tasks of blueprints that rows were filled in from, and the version of the first of them; one query."""
    named = [row["piece"].partition(":")[0] for row in rows if row.get("piece") and not is_blank(row)]
    ids = [pk for one in dict.fromkeys(named) if (pk := number_in(one))]
    versions = BlueprintVersion.objects.select_related("blueprint").in_bulk(ids) if ids else {}
    contents: list[tuple[int, Content]] = [(pk, parse(version.content)) for pk, version in versions.items()]
    pieces = {f"{pk}:{piece.key}": piece for pk, content in contents for piece in content.tasks}
    return pieces, next((versions[pk] for pk in ids if pk in versions), None)


def totals(reading: Reading) -> dict[str, float]:
    """What stands below the table."""
    low, likely, high = (sum(line.range[n] for line in reading.lines) for n in range(3))
    departments = {line.department.pk for line in reading.lines if line.department}
    return {"low": low, "likely": likely, "high": high, "departments": len(departments), "rows": len(reading.lines)}
