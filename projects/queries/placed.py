"""New tasks laid on the calendar, each in the working hours of its department; the likely hours count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from departments.models import Department
from kernel.errors import Invalid
from projects.models import Dependency
from projects.operations import NewDependency, NewTask
from projects.planning.placing import AROUND_THE_CLOCK, Place, Placeable, Tie, WorkingTime, backward, forward
from projects.queries.gates import HOUR, epoch, instant
from sla.terms import business_calendar


def placed(
    tasks: Sequence[NewTask],
    dependencies: Sequence[NewDependency],
    *,
    start_at: datetime | None = None,
    finish_by: datetime | None = None,
    now: datetime | None = None,
) -> list[NewTask]:
    """With `start_at` each task gets a `not_before`, with `finish_by` a `deadline`, along the longest way. What is
    waited for outside of these tasks has dates of its own.

    Raises Invalid where the first of them would have to be finished before `now` already.
    """
    if start_at is not None and finish_by is not None:
        raise Invalid(_("Give the start or the finish, not both."), field="finish_by")
    pieces = [Placeable(task.key, int(task.estimate_h * HOUR), _working(task.department)) for task in tasks]
    keys = {task.key for task in tasks}
    ties = [_tie(one) for one in dependencies if one.before in keys and one.after in keys]
    if start_at is not None:
        places = forward(pieces, ties, start=_seconds(start_at))
        return [replace(task, not_before=instant(places[task.key].start)) for task in tasks]
    if finish_by is not None:
        places = backward(pieces, ties, finish=_seconds(finish_by))
        if now is not None and min(place.finish for place in places.values()) < _seconds(now):
            raise _too_early(forward(pieces, ties, start=_seconds(now)))
        return [replace(task, deadline=instant(places[task.key].finish)) for task in tasks]
    return list(tasks)


def _too_early(places: Mapping[str, Place]) -> Invalid:
    finish = instant(max(place.finish for place in places.values()))
    day = formats.date_format(timezone.localtime(finish), _("D j M Y H:i"))
    return Invalid(
        _("That is too early: begun now, it is finished on %(finish)s.") % {"finish": day},
        field="finish_by",
        code="too_early",
        extra={"earliest_finish": finish.isoformat()},
    )


def _working(department: Department) -> WorkingTime:
    calendar = department.calendar
    if calendar is None or calendar.current_id is None:
        return AROUND_THE_CLOCK
    return business_calendar(calendar.current_id)


def _tie(one: NewDependency) -> Tie[str]:
    is_always = one.lag_calendar == Dependency.LagCalendar.ALWAYS
    return Tie(one.before, one.after, one.kind, int(one.lag_h * HOUR), is_always)


def _seconds(at: datetime) -> int:
    found = epoch(at)
    assert found is not None
    return found
