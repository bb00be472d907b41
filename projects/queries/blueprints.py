"""A blueprint's version as the rows it makes: for the API, and for the table of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from departments.models import Department
from kernel.errors import Conflict, Invalid
from projects.blueprints import Content, Piece, parse
from projects.models import BlueprintVersion, Dependency
from projects.operations import NewDependency, NewTask
from projects.planning.placing import AROUND_THE_CLOCK, Place, Placeable, Tie, WorkingTime, backward, forward
from projects.queries.gates import HOUR, epoch, instant
from sla.terms import business_calendar

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Rows:
    tasks: tuple[NewTask, ...]
    dependencies: tuple[NewDependency, ...]


def rows_of(
    version: BlueprintVersion,
    *,
    start_at: datetime | None = None,
    finish_by: datetime | None = None,
    now: datetime | None = None,
) -> Rows:
    """What `decompose` takes. With `start_at` each task gets a `not_before`, with `finish_by` a `deadline`, in the
    working hours of its department along the longest way; the likely hours count.

    Raises Invalid where the first of them would have to be finished before `now` already.
    """
    content = parse(version.content)
    departments = _departments(content)
    tasks = [_task(piece, departments[piece.department]) for piece in content.tasks]
    dependencies = tuple(
        NewDependency(link.before, link.after, link.kind, _hours(link.lag_h), link.lag_calendar)
        for link in content.dependencies
    )
    if start_at is not None and finish_by is not None:
        raise Invalid(_("Give the start or the finish, not both."), field="finish_by")
    pieces, ties = _pieces(tasks), [_tie(one) for one in dependencies]
    if start_at is not None:
        placed = forward(pieces, ties, start=_seconds(start_at))
        tasks = [replace(task, not_before=instant(placed[task.key].start)) for task in tasks]
    if finish_by is not None:
        placed = backward(pieces, ties, finish=_seconds(finish_by))
        if now is not None and min(place.finish for place in placed.values()) < _seconds(now):
            raise _too_early(forward(pieces, ties, start=_seconds(now)))
        tasks = [replace(task, deadline=instant(placed[task.key].finish)) for task in tasks]
    return Rows(tuple(tasks), dependencies)


def _too_early(placed: Mapping[str, Place]) -> Invalid:
    finish = instant(max(place.finish for place in placed.values()))
    return Invalid(
        _("That is too early: begun now, it is finished on %(finish)s.") % {"finish": finish.isoformat()},
        field="finish_by",
        code="too_early",
    )


def _departments(content: Content) -> dict[str, Department]:
    slugs = {piece.department for piece in content.tasks}
    found = {one.slug: one for one in Department.objects.select_related("calendar").filter(slug__in=slugs)}
    for slug in sorted(slugs - found.keys()):
        raise Conflict(_("There is no department %(slug)s.") % {"slug": slug}, field="blueprint", code="unknown")
    return found


def _task(piece: Piece, department: Department) -> NewTask:
    hours = piece.estimate_h
    return NewTask(
        key=piece.key,
        title=piece.title,
        department=department,
        estimate_h=_hours(hours.likely),
        optimistic_h=_hours(hours.low),
        pessimistic_h=_hours(hours.high),
        what=piece.what,
        ready=piece.ready,
        done=piece.done,
        touches=piece.documents,
    )


def _pieces(tasks: list[NewTask]) -> list[Placeable[str]]:
    return [Placeable(task.key, int(task.estimate_h * HOUR), _working(task.department)) for task in tasks]


def _working(department: Department) -> WorkingTime:
    calendar = department.calendar
    if calendar is None or calendar.current_id is None:
        return AROUND_THE_CLOCK
    return business_calendar(calendar.current_id)


def _tie(one: NewDependency) -> Tie[str]:
    is_always = one.lag_calendar == Dependency.LagCalendar.ALWAYS
    return Tie(one.before, one.after, one.kind, int(one.lag_h * HOUR), is_always)


def _hours(value: float) -> Decimal:
    return Decimal(str(value)).quantize(CENT)


def _seconds(at: datetime) -> int:
    found = epoch(at)
    assert found is not None
    return found
