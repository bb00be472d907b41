"""The pieces of a clock's life as rows that one can add up: from when to when, what kind, why, and what it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from departments.models import Department
from incidents.explaining import Held, Names
from incidents.lifelines import waiting_for
from kernel.templatetags.ui import NOTHING, countdown
from sla.explain import Explanation, Piece, PieceKind
from sla.measure import instant

# From so many rows on, whole days that went the same way are one row; and never more than the most.
DENSE, MOST = 40, 200
OPEN = (PieceKind.COUNTED, PieceKind.PAUSED)


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch. `counted_s` and `paused_s` are service time; `days` how many opening times were put together.

    A row that stands for others that are not shown has no kind.
    """

    start: int
    end: int
    kind: PieceKind | None
    waits: str | None
    held: Held | None
    counted_s: int
    paused_s: int
    total_s: int
    days: int = 1
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row in words. `note` is what somebody wrote when the pause began."""

    when: str
    kind: str
    why: str
    department: Department | None
    person: User | None
    note: str
    counts: str
    together: str
    hidden: int


def rows_of(life: Explanation[Held], *, whole: bool = False) -> list[Row]:
    """All stretches, or for a long life at most `MOST`; what they count adds up either way."""
    rows = _joined(map(_row, life.pieces))
    if whole:
        return rows
    if len(rows) > DENSE:
        rows = _by_days(rows)
    return rows if len(rows) <= MOST else _cut(rows)


def _row(piece: Piece[Held]) -> Row:
    """Who had it is told for what counts, for nobody is charged for a pause; a night is one, paused or not."""
    paused_s = piece.length_s if piece.kind is PieceKind.PAUSED else 0
    waits = piece.waits if piece.kind is PieceKind.PAUSED else None
    held = piece.holder if piece.kind is PieceKind.COUNTED else None
    return Row(piece.start, piece.end, piece.kind, waits, held, piece.counted_s, paused_s, piece.total_s)


def _joined(rows: Iterable[Row]) -> list[Row]:
    """Neighbours that look the same are one."""
    found: list[Row] = []
    for row in rows:
        last = found[-1] if found else None
        if last and (last.kind, last.waits, last.held) == (row.kind, row.waits, row.held):
            found[-1] = _with(last, row)
        else:
            found.append(row)
    return found


def _with(first: Row, then: Row, *, days: int = 0) -> Row:
    return replace(
        first,
        end=then.end,
        counted_s=first.counted_s + then.counted_s,
        paused_s=first.paused_s + then.paused_s,
        total_s=then.total_s,
        days=first.days + days,
    )


def _by_days(rows: Sequence[Row]) -> list[Row]:
    """What goes on after a night as it stood before is one row; the night lies in it."""
    found: list[Row] = []
    for row in rows:
        if len(found) >= 2 and found[-1].kind is PieceKind.OUTSIDE:
            before = found[-2]
            if (before.kind, before.waits, before.held) == (row.kind, row.waits, row.held):
                found[-2:] = [_with(before, row, days=1)]
                continue
        found.append(row)
    return found


def _cut(rows: Sequence[Row]) -> list[Row]:
    """The beginning and the end, and one row for all between."""
    first, last = rows[: MOST // 2], rows[len(rows) - MOST // 2 + 1 :]
    between = rows[len(first) : len(rows) - len(last)]
    middle = Row(
        start=between[0].start,
        end=between[-1].end,
        kind=None,
        waits=None,
        held=None,
        counted_s=sum(row.counted_s for row in between),
        paused_s=sum(row.paused_s for row in between),
        total_s=between[-1].total_s,
        hidden=len(between),
    )
    return [*first, middle, *last]


def shown_rows(
    rows: Sequence[Row],
    *,
    names: Names | None,
    notes: Mapping[int, str],
    zone: tzinfo,
    far: bool,
    opens_at: int | None,
) -> list[ShownRow]:
    """The rows in words; without `names` nobody is named. `far`: the life is so long that days need their month.

    `opens_at` is when hours begin after the last row.
    """
    kinds = [None, *(row.kind for row in rows), None]
    return [
        _shown(
            row,
            names=names,
            notes=notes,
            zone=zone,
            far=far,
            closes=before in OPEN,
            opens_at=row.end if after in OPEN else opens_at,
        )
        for row, before, after in zip(rows, kinds, kinds[2:], strict=False)
    ]


def _shown(
    row: Row,
    *,
    names: Names | None,
    notes: Mapping[int, str],
    zone: tzinfo,
    far: bool,
    closes: bool,
    opens_at: int | None,
) -> ShownRow:
    held = row.held if names is not None else None
    counts = countdown(row.counted_s) if row.counted_s else NOTHING
    if row.paused_s and not row.counted_s:
        counts = f"({countdown(row.paused_s)})"
    return ShownRow(
        when=from_to(row.start, row.end, zone, far=far),
        kind="" if row.kind is None else row.kind.value,
        why=_why(row, zone, is_named=held is not None, closes=closes, opens_at=opens_at),
        department=names.departments.get(held.department_id) if names and held else None,
        person=names.people.get(held.person_id) if names and held and held.person_id else None,
        note=notes.get(row.start, "") if row.kind is PieceKind.PAUSED else "",
        counts=counts,
        together=countdown(row.total_s),
        hidden=row.hidden,
    )


def _why(row: Row, zone: tzinfo, *, is_named: bool, closes: bool, opens_at: int | None) -> str:
    """`closes`: what stands before it lay within the service hours, so they end here; else it says when they begin."""
    if row.hidden:
        return ngettext("%(n)d stretch between", "%(n)d stretches between", row.hidden) % {"n": row.hidden}
    nights = ""
    if row.days > 1:
        nights = ngettext("%(n)d day", "%(n)d days", row.days) % {"n": row.days}
        nights = _("%(days)s, without the hours between") % {"days": nights}
    if row.kind is PieceKind.COUNTED:
        return nights if is_named else nights or _("Within service hours")
    if row.kind is PieceKind.PAUSED:
        return ", ".join(filter(None, (waiting_for(row.waits or ""), nights)))
    if closes:
        return _("Hours end %(time)s") % {"time": _time(instant(row.start).astimezone(zone))}
    if opens_at is None:
        return _("Outside service hours")
    end, opening = instant(row.end).astimezone(zone), instant(opens_at).astimezone(zone)
    begin = _time(opening) if opening.date() == end.date() else short_moment(opens_at, zone)
    return _("Hours begin %(time)s") % {"time": begin}


def from_to(start: int, end: int, zone: tzinfo, *, far: bool) -> str:
    """`Thu 19 16:35 to 16:52`; with the month where the life is longer than one."""
    day = _("D j M") if far else _("D j")
    begin, until = (instant(at).astimezone(zone) for at in (start, end))
    first = f"{formats.date_format(begin, day)} {_time(begin)}"
    last = _time(until) if begin.date() == until.date() else f"{formats.date_format(until, day)} {_time(until)}"
    return _("%(from)s to %(to)s") % {"from": first, "to": last}


def short_moment(at: int, zone: tzinfo) -> str:
    """`Mon 23 13:55:05`, as narrow as a column of figures."""
    local = instant(at).astimezone(zone)
    return f"{formats.date_format(local, _('D j'))} {_time(local)}"


def _time(local: datetime) -> str:
    return formats.date_format(local, "H:i:s" if local.second else "H:i")
