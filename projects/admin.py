"""Projects for administrators."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from kernel.admin import ThroughOperations
from projects import operations
from projects.models import ChecklistItem, Project


@admin.register(Project)
class ProjectAdmin(ThroughOperations):
    list_display = ("name", "slug", "client", "phase", "sla_policy")
    list_select_related = ("client", "sla_policy")
    list_filter = ("phase",)
    fields = ("client", "slug", "name", "phase", "sla_policy")

    def create(self, fields: dict[str, Any], **stamp: Any) -> Project:
        return operations.create_project(**fields, **stamp)

    def change(self, row: Project, changes: dict[str, Any], **stamp: Any) -> None:
        operations.update_project(project=row, changes=changes, **stamp)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("client", "slug") if obj else ()


@admin.register(ChecklistItem)
class ChecklistItemAdmin(ThroughOperations):
    """What handovers at go-live begin with."""

    list_display = ("text", "position")
    fields = ("text", "position")

    def create(self, fields: dict[str, Any], **stamp: Any) -> ChecklistItem:
        return operations.set_checklist_item(item=ChecklistItem(), changes=fields, **stamp)

    def change(self, row: ChecklistItem, changes: dict[str, Any], **stamp: Any) -> None:
        operations.set_checklist_item(item=row, changes=changes, **stamp)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: ChecklistItem) -> None:
        operations.remove_checklist_item(item=obj, actor=cast(User, request.user), at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ChecklistItem]) -> None:
        for item in queryset:
            self.delete_model(request, item)
