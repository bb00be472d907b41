"""REST: blueprints and their versions."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import is_staff_member
from kernel.api.fields import ScopedSlugRelatedField, StrictInteger, Text
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, Deletes, Updates
from projects import operations
from projects.filters import BlueprintFilter
from projects.models import Blueprint, BlueprintVersion
from projects.permissions import blueprints_visible_to, may_keep_blueprints


class BlueprintSerializer(StrictModelSerializer):
    content = serializers.JSONField(
        source="current.content",
        help_text="`tasks`, `dependencies`, `questions`, `risks`; another one is a new version.",
    )
    number = StrictInteger(source="current.number", read_only=True, help_text="Of the version in use.")
    note = Text(max_length=200, required=False, write_only=True, allow_blank=True, help_text="What is new in it.")

    class Meta:
        model = Blueprint
        fields = [
            *("id", "slug", "name", "purpose", "when_to_use", "content", "number", "note", "archived_at", "version")
        ]
        read_only_fields = ["archived_at"]
        create_only = ["slug"]


class BlueprintVersionSerializer(StrictModelSerializer):
    """One state of a blueprint; never edited."""

    created_by = ScopedSlugRelatedField("username")

    class Meta:
        model = BlueprintVersion
        fields = ["number", "note", "created_by", "created_at", "content"]


class BlueprintViewSet(Creates, Updates, Deletes):
    """Reusable decompositions. A request uses one by `decompose/`, and becomes one by `save-as-blueprint/`."""

    lookup_field = "slug"
    serializer_class = BlueprintSerializer
    filterset_class = BlueprintFilter
    search_fields = ["name", "slug", "purpose"]
    ordering_fields = ["name", "slug", "id"]
    ordering = ["name"]
    permissions = {
        "list": is_staff_member,
        "retrieve": is_staff_member,
        "versions": is_staff_member,
        **dict.fromkeys(("create", "update", "partial_update", "destroy"), may_keep_blueprints),
    }

    def scope(self, user: Any) -> QuerySet[Blueprint]:
        return blueprints_visible_to(user).select_related("current")

    def allowed_parameters(self) -> set[str]:
        pages = {"page_size", "cursor"} if self.action == "versions" else set()
        return super().allowed_parameters() | pages

    @extend_schema(responses=BlueprintVersionSerializer(many=True))
    @action(
        detail=True,
        serializer_class=BlueprintVersionSerializer,
        filter_backends=[],
        filterset_class=None,
        search_fields=(),
        ordering_fields=(),
    )
    def versions(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All versions, the newest first."""
        rows = self.get_object().versions.select_related("created_by").order_by("-number", "-id")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def perform_create(self, data: dict[str, Any]) -> Blueprint:
        content = data.pop("current")["content"]
        return operations.create_blueprint(content=content, actor=self.actor, at=self.now, **data)

    def perform_update(self, blueprint: Blueprint, data: dict[str, Any], *, expected_version: int | None) -> None:
        current, note = data.pop("current", {}), data.pop("note", "")
        changes = {name: value for name, value in data.items() if name not in BlueprintSerializer.Meta.create_only}
        operations.update_blueprint(
            blueprint=blueprint,
            changes=changes,
            content=current.get("content"),
            note=note,
            actor=self.actor,
            at=self.now,
            expected_version=expected_version,
        )

    def perform_destroy(self, blueprint: Blueprint, *, expected_version: int | None) -> None:
        operations.archive_blueprint(
            blueprint=blueprint, actor=self.actor, at=self.now, expected_version=expected_version
        )
