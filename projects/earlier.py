"""The tasks a request has already beside the rows that are typed: the chain and the forecast count both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import cast

from projects.drafting import Line, Reading
from projects.models import Dependency, Task
from projects.planning.cpm import Kind
from projects.planning.needs import Need


def lines_of(tasks: Sequence[Task], edges: Iterable[Dependency]) -> tuple[Line, ...]:
    """As rows that nobody types: numbered below 0 by their ids."""
    known = {task.pk for task in tasks}
    needs: dict[int, list[Need]] = {}
    for edge in edges:
        if edge.predecessor_id in known and edge.successor_id in known:
            needs.setdefault(edge.successor_id, []).append(_need(edge))
    return tuple(
        Line(
            number=-task.pk,
            title=task.title,
            department=task.department,
            owner=task.assignee,
            low=task.optimistic_h,
            likely=task.estimate_h,
            high=task.pessimistic_h,
            needs=tuple(_beside_rows(need) for need in needs.get(task.pk, ())),
            piece="",
            problems=(),
        )
        for task in tasks
    )


def together(reading: Reading, earlier: Sequence[Line]) -> Reading:
    """Both as one chain: a row's `T-12` is the row of that task. What is not among these holds nothing back."""
    known = {line.number for line in (*earlier, *reading.lines)}
    typed = (
        replace(line, needs=tuple(one for one in map(_beside_rows, line.needs) if one.number in known))
        for line in reading.lines
    )
    return Reading((*earlier, *typed), reading.circles)


def _need(edge: Dependency) -> Need:
    return Need(
        number=edge.predecessor_id,
        is_task=True,
        kind=cast(Kind, edge.kind),
        lag_h=edge.lag_h,
        is_always=edge.lag_calendar == Dependency.LagCalendar.ALWAYS and bool(edge.lag_h),
    )


def _beside_rows(need: Need) -> Need:
    return replace(need, number=-need.number, is_task=False) if need.is_task else need
