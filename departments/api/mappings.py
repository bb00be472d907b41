"""REST: what a client's ticketing system calls our departments."""

from typing import Any

from django.db.models import QuerySet

from accounts.permissions import clients_led_by
from departments import operations
from departments.filters import GroupMappingFilter
from departments.models import GroupMapping
from departments.permissions import departments_to_choose, mappings_visible_to, may_change_mapping, may_map_groups
from kernel.api.fields import ScopedSlugRelatedField
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, Deletes, ResourceViewSet, Updates


class GroupMappingSerializer(StrictModelSerializer):
    client = ScopedSlugRelatedField(scope=clients_led_by)
    department = ScopedSlugRelatedField(scope=departments_to_choose)

    class Meta:
        model = GroupMapping
        fields = ["id", "client", "group", "department", "version"]
        create_only = ["client"]


class GroupMappingViewSet(Creates, Updates, Deletes, ResourceViewSet):
    """Tickets of an unknown group go to the first line."""

    serializer_class = GroupMappingSerializer
    filterset_class = GroupMappingFilter
    search_fields = ["group"]
    ordering_fields = ["group", "id"]
    ordering = ["id"]
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": may_map_groups,
        "update": (may_map_groups, may_change_mapping),
        "partial_update": (may_map_groups, may_change_mapping),
        "destroy": (may_map_groups, may_change_mapping),
    }

    def scope(self, user: Any) -> QuerySet[GroupMapping]:
        return mappings_visible_to(user).select_related("client", "department")

    def perform_create(self, data: dict[str, Any]) -> GroupMapping:
        return operations.map_group(actor=self.actor, at=self.now, **data)

    def perform_update(self, mapping: GroupMapping, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.change_mapping(
            mapping=mapping, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    def perform_destroy(self, mapping: GroupMapping, *, expected_version: int | None) -> None:
        operations.unmap_group(mapping=mapping, actor=self.actor, at=self.now, expected_version=expected_version)
