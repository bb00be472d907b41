"""What stands on every page of a project: who answers for it, how far it is, in which phase since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import Promise

from accounts.models import User
from accounts.permissions import Person, is_staff_member
from kernel import history
from projects.lifecycle import ENDED_REQUEST, TaskStatus
from projects.models import ChangeRequest, Handover, Project, Task
from projects.permissions import may_edit_project, plans, projects_visible_to


@dataclass(frozen=True)
class Step:
    """One of the phases; `state` is done, now or nothing. `at`: since when, if it has begun."""

    label: str | Promise
    state: str
    at: datetime | None


@dataclass(frozen=True)
class Figures:
    """Tasks without those cancelled; requests that are open, and the nearest promise among them."""

    tasks: int
    tasks_done: int
    requests: int
    next_promise: datetime | None


@dataclass(frozen=True)
class Frame:
    """`handed_over_at`: when the architect's handover was signed by both."""

    project: Project
    phases: list[Step]
    figures: Figures
    handed_over_at: datetime | None

    @property
    def tam(self) -> User | None:
        return self.project.tam_in_charge

    @property
    def deputy(self) -> User | None:
        return self.project.deputy_in_charge

    def days_late(self, today: date) -> int:
        """How long ago it should have been live."""
        due = self.project.promised_go_live
        is_ahead = self.project.phase in {Project.Phase.DESIGN, Project.Phase.IMPLEMENTATION}
        return max((today - due).days, 0) if due is not None and is_ahead else 0


def found_project(request: HttpRequest, slug: str) -> Project:
    """These pages are the provider's own: what a client's people see of a project stands with their requests."""
    if not is_staff_member(request.user):
        raise Http404
    people = ("client__tam", "client__deputy", "client__service_manager", "tam", "deputy", "architect")
    return get_object_or_404(projects_visible_to(request.user).select_related("client", *people), slug=slug)


def frame_context(project: Project, user: Person, *, tab: str, now: datetime | None = None) -> dict[str, Any]:
    """What `projects/project/base.html` needs; `tab` names the current one. Five queries."""
    now = now or timezone.now()
    frame = Frame(project, phases_of(project), figures_of(project), _handed_over_at(project))
    return {
        "project": project,
        "frame": frame,
        "days_late": frame.days_late(timezone.localdate(now)),
        "tab": tab,
        "may_edit": may_edit_project(user, project),
        "may_plan": plans(user, project),
        "is_open": project.phase != Project.Phase.CLOSED,
    }


def phases_of(project: Project) -> list[Step]:
    """The way of a project, with the days on which it came from one phase to the next; one query."""
    order = list(Project.Phase)
    here = order.index(Project.Phase(project.phase))
    lines = list(history.of(project).filter(Q(verb="created") | Q(changes__has_key="phase")).order_by("at", "pk"))
    moves = [line for line in lines if "phase" in line.changes]
    begun = {line.changes["phase"][1]: line.at for line in moves}
    first = moves[0].changes["phase"][0] if moves else project.phase
    begun.setdefault(first, lines[0].at if lines else project.created_at)
    states = ["done"] * here + ["now"] + [""] * (len(order) - here - 1)
    return [
        Step(phase.label, state, begun.get(phase.value) if state else None)
        for phase, state in zip(order, states, strict=True)
    ]


def _handed_over_at(project: Project) -> datetime | None:
    signed = Handover.objects.filter(project=project, kind=Handover.Kind.GO_LIVE, status=Handover.Status.ACCEPTED)
    return signed.order_by("-ended_at").values_list("ended_at", flat=True).first()


def figures_of(project: Project) -> Figures:
    """Two queries."""
    tasks = Task.objects.filter(project=project).aggregate(
        all=Count("pk", filter=~Q(status=TaskStatus.CANCELLED)), done=Count("pk", filter=Q(status=TaskStatus.DONE))
    )
    open_ones = ChangeRequest.objects.filter(project=project).exclude(status__in=sorted(ENDED_REQUEST))
    requests = open_ones.aggregate(n=Count("pk"), next=Min("promised_at", filter=Q(delivered_at=None)))
    return Figures(tasks["all"], tasks["done"], requests["n"], requests["next"])
