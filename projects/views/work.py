"""The part of a request's page that shows its work: as a board, as a list, as a graph."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _
from django_htmx.middleware import HtmxDetails

from accounts.permissions import Person
from projects.lifecycle import RequestStatus
from projects.models import ChangeRequest, Dependency, Task
from projects.permissions import may_add_tasks_to, may_keep_blueprints
from projects.queries.silence import silent_since
from projects.queries.slack import analyses
from projects.queries.tasks import awaited_by
from projects.workboard import board_of, graph_of, queues_of, work_of

FINISHED: Final = frozenset({RequestStatus.DELIVERED.value, RequestStatus.ACCEPTED.value})
TAKING_TASKS: Final = frozenset({RequestStatus.AGREED.value, RequestStatus.IN_WORK.value})
BOARD, LIST, GRAPH = "board", "list", "graph"
VIEWS: Final = ((BOARD, _("Board")), (LIST, _("List")), (GRAPH, _("Graph")))


def asked_view(request: HttpRequest) -> str:
    """As the address says; of a part of a page, that of the page it belongs to."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by the middleware of django-htmx
    shown = QueryDict(urlsplit(htmx.current_url or "").query)
    return request.GET.get("view") or shown.get("view") or BOARD


def work_context(
    request_row: ChangeRequest, tasks: Sequence[Task], user: Person, view: str, now: datetime
) -> dict[str, Any]:
    """What `projects/request/_work.html` shows of those of a request's tasks that one sees; a constant number of
    queries however many they are. An unknown view is the board."""
    view = view if view in {BOARD, LIST, GRAPH} else BOARD
    edges = list(Dependency.objects.filter(successor__in=[task.pk for task in tasks]).order_by("pk"))
    analysis = analyses([request_row.pk]).get(request_row.pk)
    awaited = awaited_by(tasks)
    around = {task.pk: task for task in (*tasks, *(one for some in awaited.values() for one in some))}
    work = work_of(tasks, edges, awaited, analysis, silent=silent_since(around.values(), at=now), now=now)
    context: dict[str, Any] = {
        "work": work,
        "work_view": view,
        "work_views": VIEWS,
        "may_add_task": request_row.status in TAKING_TASKS and may_add_tasks_to(user, request_row.project),
        "may_save_blueprint": request_row.status in FINISHED and may_keep_blueprints(user),
    }
    if view == BOARD and tasks:
        context["lanes"] = board_of(work, queues_of({task.department_id for task in tasks}))
    if view == GRAPH and tasks:
        context["flow"] = graph_of(work)
    return context
