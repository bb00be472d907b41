"""Projects for administrators."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from kernel.admin import ThroughOperations
from projects import operations
from projects.models import Project


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
