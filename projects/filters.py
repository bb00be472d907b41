"""Query parameters of projects and the work on them."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.permissions import Person, clients_named_to, clients_visible_to, users_visible_to
from departments.permissions import departments_visible_to
from kernel.api.filters import BooleanFilter, FilterSet, InstantFilter, ScopedFilter
from projects.lifecycle import ENDED_REQUEST, OPEN_TASK, RequestStatus, TaskStatus
from projects.models import Blueprint, ChangeRequest, Clarification, Dependency, Document, Handover, Project, Task
from projects.models.task import TaskQuerySet
from projects.permissions import may_see_effort, projects_visible_to, requests_visible_to, tasks_visible_to

READINESS = [("ready", "ready"), ("waiting", "waiting")]


def people_to_filter_by(user: Person) -> QuerySet[User]:
    """Who has what is internal."""
    return users_visible_to(user) if may_see_effort(user) else User.objects.none()


class ProjectFilter(FilterSet):
    client = ScopedFilter(scope=clients_visible_to, key="slug")
    tam = ScopedFilter(scope=people_to_filter_by, key="username")

    class Meta:
        model = Project
        fields = ["phase"]


class RequestFilter(FilterSet):
    client = ScopedFilter(scope=clients_named_to, key="slug")
    project = ScopedFilter(scope=projects_visible_to, key="slug")
    status = django_filters.MultipleChoiceFilter(choices=RequestStatus.choices, distinct=False)
    is_open = BooleanFilter(method="with_openness")
    opened_after = InstantFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = InstantFilter(field_name="opened_at", lookup_expr="lt")

    class Meta:
        model = ChangeRequest
        fields = ["external_ref"]

    def with_openness(self, rows: QuerySet[ChangeRequest], _name: str, is_open: str) -> QuerySet[ChangeRequest]:
        ended = Q(status__in=sorted(ENDED_REQUEST))
        return rows.filter(~ended if is_open == "true" else ended)


class ClarificationFilter(FilterSet):
    request = ScopedFilter(scope=requests_visible_to)
    department = ScopedFilter(scope=departments_visible_to, key="slug")
    is_open = BooleanFilter(method="with_openness")

    class Meta:
        model = Clarification
        fields: list[str] = []

    def with_openness(self, rows: QuerySet[Clarification], _name: str, is_open: str) -> QuerySet[Clarification]:
        is_waited_for = Q(answered_at=None, withdrawn_at=None)
        return rows.filter(is_waited_for if is_open == "true" else ~is_waited_for)


class TaskFilter(FilterSet):
    client = ScopedFilter(scope=clients_named_to, key="slug")
    project = ScopedFilter(scope=projects_visible_to, key="slug")
    change_request = ScopedFilter(scope=requests_visible_to)
    department = ScopedFilter(scope=departments_visible_to, key="slug")
    assignee = ScopedFilter(scope=people_to_filter_by, key="username")
    status = django_filters.MultipleChoiceFilter(choices=TaskStatus.choices, distinct=False)
    readiness = django_filters.ChoiceFilter(choices=READINESS, method="with_readiness")
    is_open = BooleanFilter(method="with_openness")
    due_before = InstantFilter(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Task
        fields: list[str] = []

    def with_readiness(self, rows: TaskQuerySet, _name: str, readiness: str) -> TaskQuerySet:
        now = self.request.parser_context["view"].now
        return rows.ready(now) if readiness == "ready" else rows.waiting(now)

    def with_openness(self, rows: TaskQuerySet, _name: str, is_open: str) -> Any:
        return rows.open() if is_open == "true" else rows.exclude(status__in=sorted(OPEN_TASK))


class DependencyFilter(FilterSet):
    predecessor = ScopedFilter(scope=tasks_visible_to)
    successor = ScopedFilter(scope=tasks_visible_to)
    project = ScopedFilter(scope=projects_visible_to, key="slug", method="touching")

    class Meta:
        model = Dependency
        fields = ["kind"]

    def touching(self, rows: QuerySet[Dependency], _name: str, project: Project) -> QuerySet[Dependency]:
        """With an end in the project."""
        return rows.filter(Q(predecessor__project=project) | Q(successor__project=project))


class BlueprintFilter(FilterSet):
    is_archived = BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Blueprint
        fields: list[str] = []


class DocumentFilter(FilterSet):
    client = ScopedFilter(scope=clients_visible_to, key="slug")
    project = ScopedFilter(scope=projects_visible_to, key="slug")
    owner = ScopedFilter(scope=people_to_filter_by, key="username")
    state = django_filters.ChoiceFilter(choices=Document.State.choices, method="in_state")

    class Meta:
        model = Document
        fields = ["kind", "service", "visibility"]

    def in_state(self, rows: QuerySet[Document], _name: str, state: str) -> QuerySet[Document]:
        now = self.request.parser_context["view"].now
        return {
            Document.State.SUSPECT: rows.filter(suspect_at__isnull=False),
            Document.State.STALE: rows.filter(suspect_at=None, due_at__lte=now),
            Document.State.CURRENT: rows.filter(Q(suspect_at=None), due_at__gt=now),
        }[Document.State(state)]


class HandoverFilter(FilterSet):
    client = ScopedFilter(scope=clients_visible_to, key="slug")
    project = ScopedFilter(scope=projects_visible_to, key="slug")

    class Meta:
        model = Handover
        fields = ["kind", "status"]
