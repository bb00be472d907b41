"""REST: what each department must know or have before it can start."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.permissions import is_staff_member
from departments.models import Department
from departments.permissions import departments_to_choose
from kernel.api.fields import Text
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Updates
from projects import operations
from projects.operations.readiness import LONGEST_READY_ITEM, MOST_READY_ITEMS
from projects.permissions import may_define_ready


class TextsField(serializers.ListField):
    child = Text(max_length=LONGEST_READY_ITEM)

    def get_attribute(self, instance: Department) -> list[str]:
        return [item.text for item in instance.ready_items.all()]


class ReadyDefinitionSerializer(StrictModelSerializer):
    department = serializers.CharField(source="slug", read_only=True)
    texts = TextsField(max_length=MOST_READY_ITEMS, help_text="Each new task of the department begins with them.")

    class Meta:
        model = Department
        fields = ["department", "texts", "version"]


class ReadyDefinitionViewSet(Updates):
    """Each department's definition of ready, by the department's slug. `version` is the department's."""

    lookup_field = "slug"
    serializer_class = ReadyDefinitionSerializer
    ordering_fields = {"department": "slug"}
    ordering = ["slug"]
    permissions = {
        "list": is_staff_member,
        "retrieve": is_staff_member,
        **dict.fromkeys(("update", "partial_update"), (is_staff_member, may_define_ready)),
    }

    def scope(self, user: Any) -> QuerySet[Department]:
        return departments_to_choose(user).prefetch_related("ready_items")

    def perform_update(self, department: Department, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.define_ready(
            department=department,
            texts=data["texts"],
            actor=self.actor,
            at=self.now,
            expected_version=expected_version,
        )
