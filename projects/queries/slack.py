"""How much the open tasks of requests may slip, in plain working hours of their estimates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import cast

from projects.models import Dependency, Task
from projects.planning.cpm import Analysis, Kind, Link, Piece, analyse


def analyses(request_ids: Collection[int]) -> dict[int, Analysis[int]]:
    """By the requests' ids, the critical path over their tasks; what has ended takes no time. Two queries.

    Lags are taken as they are, whatever their calendar; dependencies to other requests are left out.
    """
    if not request_ids:
        return {}
    pieces: dict[int, list[Piece[int]]] = defaultdict(list)
    belongs: dict[int, int] = {}
    tasks = Task.objects.filter(change_request__in=request_ids).order_by("position", "pk")
    for pk, request, hours, finished_at in tasks.values_list("pk", "change_request", "estimate_h", "finished_at"):
        pieces[request].append(Piece(pk, 0.0 if finished_at else float(hours)))
        belongs[pk] = request
    links: dict[int, list[Link[int]]] = defaultdict(list)
    edges = Dependency.objects.filter(
        predecessor__change_request__in=request_ids, successor__change_request__in=request_ids
    )
    for before, after, kind, lag_h in edges.values_list("predecessor", "successor", "kind", "lag_h"):
        if belongs[before] == belongs[after]:
            links[belongs[after]].append(Link(before, after, cast(Kind, kind), float(lag_h)))
    return {request: analyse(found, links[request]) for request, found in pieces.items()}


def slack_of(tasks: Collection[Task]) -> dict[int, float]:
    """Total slack in working hours, by the tasks' ids; those without a request are left out. Two queries."""
    found = analyses({task.change_request_id for task in tasks if task.change_request_id is not None})
    return {
        task.pk: found[task.change_request_id].pieces[task.pk].total_slack
        for task in tasks
        if task.change_request_id is not None
    }
