"""REST: the catalogue of departments."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from accounts.permissions import colleagues_to_choose, is_administrator, is_staff_member
from departments import operations
from departments.filters import DepartmentFilter
from departments.models import Department
from departments.permissions import departments_visible_to
from kernel.api.fields import ScopedSlugRelatedField
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, Deletes, ResourceViewSet, Updates
from sla.permissions import calendars_visible_to, policies_visible_to


class DepartmentSerializer(StrictModelSerializer):
    head = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)
    calendar = ScopedSlugRelatedField(scope=calendars_visible_to, required=False, allow_null=True)
    ola = ScopedSlugRelatedField(scope=policies_visible_to, required=False, allow_null=True)

    class Meta:
        model = Department
        fields = [
            *("id", "slug", "name", "short_name", "icon", "kind", "head", "calendar", "ola", "archived_at", "version"),
        ]
        read_only_fields = ["archived_at"]
        create_only = ["slug"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if is_staff_member(user) else ("head", "calendar", "ola")


class DepartmentViewSet(Creates, Updates, Deletes, ResourceViewSet):
    """The departments that work comes to. DELETE retires one: its past stays readable."""

    lookup_field = "slug"
    serializer_class = DepartmentSerializer
    filterset_class = DepartmentFilter
    search_fields = ["name", "slug"]
    ordering_fields = ["name", "slug", "kind", "id"]
    ordering = ["kind", "name"]
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": is_administrator,
        "update": is_administrator,
        "partial_update": is_administrator,
        "destroy": is_administrator,
    }

    def scope(self, user: Any) -> QuerySet[Department]:
        return departments_visible_to(user).select_related("head", "calendar", "ola")

    def perform_create(self, data: dict[str, Any]) -> Department:
        return operations.create_department(actor=self.actor, at=self.now, **data)

    def perform_update(self, department: Department, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.update_department(
            department=department, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    def perform_destroy(self, department: Department, *, expected_version: int | None) -> None:
        operations.archive_department(
            department=department, actor=self.actor, at=self.now, expected_version=expected_version
        )
