"""The chain of a draft: its drawing, and what there is to fix before it can be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.drafting import Line, Reading
from projects.drawing import flow
from projects.outlook import links_of
from projects.planning import cpm

MOST_NAMED: Final = 5


@dataclass(frozen=True)
class Finding:
    """`level` is red (cannot be sent so), amber (look at it) or green."""

    level: str
    text: str

    @property
    def is_fine(self) -> bool:
        return self.level == "green"


def flow_of(reading: Reading, *, now: datetime) -> flow.Flow[int]:
    """Critical and circular rows marked; a circle is left out of what is critical."""
    links = links_of(reading, now=now)
    found = cpm.analyse([cpm.Piece(line.number, line.range[1]) for line in reading.lines], links)
    in_circles = {number for circle in reading.circles for number in circle.way}
    nodes = [
        flow.Node(
            key=line.number,
            number=line.number,
            reference="" if line.number > 0 else line.name,
            title=line.title,
            department=line.department.short if line.department else "",
            hours=line.range[1],
            is_critical=found.pieces[line.number].is_critical,
            is_wrong=line.number in in_circles,
        )
        for line in reading.lines
    ]
    round_edges = {pair for circle in reading.circles for pair in zip(circle.way, circle.way[1:], strict=False)}
    edges = [
        flow.Edge(link.before, link.after, _is_tight(link, found), (link.before, link.after) in round_edges)
        for link in links
    ]
    edges += [flow.Edge(circle.out, circle.row, is_wrong=True) for circle in reading.circles]
    return flow.draw(nodes, edges)


def _is_tight(link: cpm.Link[int], found: cpm.Analysis[int]) -> bool:
    """Both ends are critical, and the second begins because of the first."""
    before, after = found.pieces[link.before], found.pieces[link.after]
    earliest = cpm.earliest_start(
        link, start=before.early_start, finish=before.early_finish, hours=after.early_finish - after.early_start
    )
    return before.is_critical and after.is_critical and abs(earliest - after.early_start) < cpm.SAME_H


def findings_of(reading: Reading, *, has_owners: bool = True) -> list[Finding]:
    """What cannot be sent first, then what to look at, then what is fine. Tasks of blueprints have no owners."""
    red = [
        Finding("red", _("%(rows)s go in a circle") % {"rows": listed(sorted(circle.way))})
        for circle in reading.circles
    ]
    if wrong := _rows(reading, lambda line: any(not problem.is_missing for problem in line.problems)):
        red.append(
            _of_rows("red", ngettext("%(rows)s has a cell to mend", "%(rows)s have cells to mend", len(wrong)), wrong)
        )
    amber, green = [], [] if reading.circles else [Finding("green", _("No circles in the chain"))]
    if bare := _rows(reading, lambda line: not line.title):
        amber.append(_of_rows("amber", ngettext("%(rows)s has no title", "%(rows)s have no title", len(bare)), bare))
    if homeless := _rows(reading, lambda line: _lacks(line, "department")):
        words = ngettext("%(rows)s has no department", "%(rows)s have no department", len(homeless))
        amber.append(_of_rows("amber", words, homeless))
    if has_owners and (ownerless := _rows(reading, lambda line: line.owner is None)):
        words = ngettext("%(rows)s has no owner", "%(rows)s have no owner", len(ownerless))
        amber.append(_of_rows("amber", words, ownerless))
    if unknown := _rows(reading, lambda line: _lacks(line, "likely")):
        words = ngettext("%(rows)s has no estimate", "%(rows)s have no estimate", len(unknown))
        amber.append(_of_rows("amber", words, unknown))
    elif reading.lines:
        green.append(Finding("green", _("Every task has an estimate")))
    return [*red, *amber, *green]


def listed(numbers: Sequence[int]) -> str:
    """5, 6 and 9; many are not all named."""
    *first, last = map(str, numbers)
    if len(numbers) > MOST_NAMED:
        first, last = first[: MOST_NAMED - 1], _("%(n)d more") % {"n": len(numbers) - MOST_NAMED + 1}
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def _rows(reading: Reading, is_so: Callable[[Line], bool]) -> list[int]:
    return [line.number for line in reading.lines if is_so(line)]


def _lacks(line: Line, field: str) -> bool:
    return any(problem.is_missing and problem.field == field for problem in line.problems)


def _of_rows(level: str, words: str, numbers: Sequence[int]) -> Finding:
    return Finding(level, words % {"rows": listed(numbers)})
