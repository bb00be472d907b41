"""Whose time it was: bars by department and by person, and beside them what was waited for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from departments.models import Department
from incidents.explaining import Held, Names
from incidents.lifelines import waiting_for
from kernel.bars import Bar, Segment, SegmentKind, tenth
from kernel.templatetags.ui import countdown
from sla.explain import Explanation

LEAST = 1.0  # per cent of the bar: somebody who had it for a minute had it


@dataclass(frozen=True, slots=True)
class Share:
    """One bar. `department` draws its icon; what was waited for has none."""

    name: str
    department: Department | None
    seconds: int
    bar: Bar


def shares_by_department(life: Explanation[Held], names: Names) -> list[Share]:
    """The one that had most first."""
    found: dict[int, int] = {}
    for held, seconds in _counted(life):
        found[held.department_id] = found.get(held.department_id, 0) + seconds
    rows = [(names.departments[pk].short, names.departments[pk], seconds) for pk, seconds in found.items()]
    return _shares(rows, most=_most(life), look="run")


def shares_by_person(life: Explanation[Held], names: Names) -> list[Share]:
    """By person and department; the time in which nobody of a department had taken it is told, too."""
    rows = []
    for held, seconds in _counted(life):
        person = names.people.get(held.person_id) if held.person_id is not None else None
        department = names.departments[held.department_id]
        nobody = _("Nobody yet, %(department)s") % {"department": department.short}
        rows.append((str(person) if person else nobody, department, seconds))
    return _shares(rows, most=_most(life), look="run")


def shares_of_waiting(life: Explanation[Held]) -> list[Share]:
    """Service time in which the clock stood; it is nobody's."""
    rows = [(waiting_for(reason), None, seconds) for reason, seconds in life.paused_by_reason().items()]
    return _shares(rows, most=_most(life), look="pause")


def _counted(life: Explanation[Held]) -> Iterable[tuple[Held, int]]:
    return ((held, seconds) for held, seconds in life.counted_by_holder().items() if held is not None)


def _most(life: Explanation[Held]) -> int:
    """Every bar of a clock is drawn against the same whole: the time it counted or stood."""
    return max(life.used_s, sum(life.paused_by_reason().values()), 1)


def _shares(rows: Iterable[tuple[str, Department | None, int]], *, most: int, look: SegmentKind) -> list[Share]:
    return [
        Share(
            name,
            department,
            seconds,
            _bar(f"{name} {countdown(seconds)}", max(tenth(100 * seconds / most), LEAST), look),
        )
        for name, department, seconds in sorted(rows, key=lambda row: -row[2])
    ]


def _bar(label: str, width: float, look: SegmentKind) -> Bar:
    return Bar(segments=(Segment(x=0, width=max(tenth(width), LEAST), kind=look),), label=label)
