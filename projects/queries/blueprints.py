"""A blueprint's version as the rows it makes: for the API, and for the table of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from departments.models import Department
from kernel.errors import Conflict
from projects.blueprints import Content, Piece, parse
from projects.models import BlueprintVersion
from projects.operations import NewDependency, NewTask
from projects.queries.placed import placed

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
    """What `decompose` takes, laid on the calendar as `placed` says."""
    content = parse(version.content)
    departments = _departments(content)
    tasks = [_task(piece, departments[piece.department]) for piece in content.tasks]
    dependencies = tuple(
        NewDependency(link.before, link.after, link.kind, _hours(link.lag_h), link.lag_calendar)
        for link in content.dependencies
    )
    tasks = placed(tasks, dependencies, start_at=start_at, finish_by=finish_by, now=now)
    return Rows(tuple(tasks), dependencies)


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


def _hours(value: float) -> Decimal:
    return Decimal(str(value)).quantize(CENT)
