"""Query parameters of departments, people, absences and group mappings."""

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet

from accounts.models import Grant, Role, User
from accounts.permissions import clients_visible_to, colleagues_to_choose, users_visible_to
from departments.models import Absence, Department, DutyShift, GroupMapping
from departments.permissions import departments_visible_to
from kernel.api.filters import BooleanFilter, FilterSet, InstantFilter, ScopedFilter


class DepartmentFilter(FilterSet):
    head = ScopedFilter(scope=colleagues_to_choose, key="username")
    is_archived = BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Department
        fields = ["kind"]


class UserFilter(FilterSet):
    role = django_filters.ChoiceFilter(choices=Role.choices, method="with_role")
    department = ScopedFilter(scope=departments_visible_to, key="slug", method="of_department")

    class Meta:
        model = User
        fields = ["is_active"]

    @property
    def now(self) -> datetime:
        at: datetime = self.request.parser_context["view"].now
        return at

    def with_role(self, users: QuerySet[User], _name: str, role: str) -> QuerySet[User]:
        held = Grant.objects.filter(role=role, scope_kind__in=[Grant.Scope.ALL, Grant.Scope.OWN]).valid_at(self.now)
        return users.filter(pk__in=held.values("user"))

    def of_department(self, users: QuerySet[User], _name: str, department: Department) -> QuerySet[User]:
        held = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, scope_id=department.pk).valid_at(self.now)
        return users.filter(pk__in=held.values("user"))


class AbsenceFilter(FilterSet):
    user = ScopedFilter(scope=users_visible_to, key="username")
    ends_after = InstantFilter(field_name="ends_at", lookup_expr="gt")
    starts_before = InstantFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = Absence
        fields: list[Any] = []


class DutyShiftFilter(FilterSet):
    """Shifts that touch `[from, to)`, or that cover an instant, `at`."""

    department = ScopedFilter(scope=departments_visible_to, key="slug")
    is_provider_wide = BooleanFilter(field_name="department", lookup_expr="isnull")
    user = ScopedFilter(scope=users_visible_to, key="username")
    to = InstantFilter(field_name="starts_at", lookup_expr="lt")
    at = InstantFilter(method="covering")

    class Meta:
        model = DutyShift
        fields: list[Any] = []

    def covering(self, shifts: QuerySet[DutyShift], _name: str, at: datetime) -> QuerySet[DutyShift]:
        return shifts.filter(starts_at__lte=at, ends_at__gt=at)


DutyShiftFilter.base_filters["from"] = InstantFilter(field_name="ends_at", lookup_expr="gt")


class GroupMappingFilter(FilterSet):
    client = ScopedFilter(scope=clients_visible_to, key="slug")
    department = ScopedFilter(scope=departments_visible_to, key="slug")

    class Meta:
        model = GroupMapping
        fields = ["group"]
