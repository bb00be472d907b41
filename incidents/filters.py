"""Query parameters of incidents."""

from __future__ import annotations

from datetime import datetime

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from accounts.models import Client, User
from accounts.permissions import Person, clients_named_to, users_visible_to
from departments.permissions import departments_visible_to
from incidents.models import OPEN_STATUSES, Incident, Status
from incidents.permissions import sees_internal_side
from incidents.settling import SUBJECT_KIND
from kernel.api.filters import BooleanFilter, FilterSet, InstantFilter, ScopedFilter
from projects.permissions import projects_visible_to
from sla.models import Clock, Priority

MET, MISSED, RUNNING = "met", "missed", "running"


def assignees_to_filter_by(user: Person) -> QuerySet[User]:
    """Who has what is internal."""
    return users_visible_to(user) if sees_internal_side(user) else User.objects.none()


def clients_to_filter_by(user: Person) -> QuerySet[Client]:
    return clients_named_to(user)


def with_verdict(incidents: QuerySet[Incident], *, kind: str, verdict: str, now: datetime) -> QuerySet[Incident]:
    """Incidents by how the promise of one kind was kept, as the quality report counts them.

    Missed: breached, or past the deadline and not stopped, in any cycle; running: not stopped and not missed; else met.
    """
    clocks = Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id=OuterRef("pk"), kind=kind)
    over = Q(state=Clock.State.BREACHED) | Q(state=Clock.State.RUNNING, due_at__lt=now)
    missed, unstopped = Exists(clocks.filter(over)), Exists(clocks.filter(stopped_at=None))
    if verdict == MISSED:
        return incidents.filter(missed)
    if verdict == RUNNING:
        return incidents.filter(~missed, unstopped)
    return incidents.filter(~missed, ~unstopped, Exists(clocks))


class IncidentFilter(FilterSet):
    """`clock` and `verdict` belong together: the incidents behind one figure of the quality report."""

    client = ScopedFilter(scope=clients_to_filter_by, key="slug")
    project = ScopedFilter(scope=projects_visible_to, key="slug")
    department = ScopedFilter(scope=departments_visible_to, key="slug")
    assignee = ScopedFilter(scope=assignees_to_filter_by, key="username")
    priority = django_filters.MultipleChoiceFilter(choices=Priority.choices, distinct=False)
    status = django_filters.MultipleChoiceFilter(choices=Status.choices, distinct=False)
    is_open = BooleanFilter(method="with_openness")
    opened_after = InstantFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = InstantFilter(field_name="opened_at", lookup_expr="lt")
    due_before = InstantFilter(field_name="next_due_at", lookup_expr="lt")
    clock = django_filters.ChoiceFilter(choices=Clock.Kind.choices, method="passed_over")
    verdict = django_filters.ChoiceFilter(choices=[(v, v) for v in (MET, MISSED, RUNNING)], method="passed_over")

    class Meta:
        model = Incident
        fields = ["is_major", "source", "external_ref"]

    def with_openness(self, incidents: QuerySet[Incident], _name: str, is_open: str) -> QuerySet[Incident]:
        matching = Q(status__in=OPEN_STATUSES)
        return incidents.filter(matching if is_open == "true" else ~matching)

    def passed_over(self, incidents: QuerySet[Incident], _name: str, _value: str) -> QuerySet[Incident]:
        """The two of them are read together, in `filter_queryset`."""
        return incidents

    def filter_queryset(self, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        found: QuerySet[Incident] = super().filter_queryset(queryset)
        kind, verdict = self.form.cleaned_data["clock"], self.form.cleaned_data["verdict"]
        if bool(kind) != bool(verdict):
            missing = "verdict" if kind else "clock"
            message = _("Give clock and verdict together, or neither.")
            raise ValidationError({missing: [message]}, code="required")
        if not kind:
            return found
        return with_verdict(found, kind=kind, verdict=verdict, now=self.request.parser_context["view"].now)
