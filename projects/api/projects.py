"""REST: projects."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from rest_framework.viewsets import ViewSetMixin

from accounts.permissions import clients_led_by, clients_visible_to
from kernel.api.fields import ScopedSlugRelatedField
from kernel.api.filters import FilterSet, ScopedFilter
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, ResourceViewSet, Updates
from projects import operations
from projects.models import Project
from projects.permissions import may_create_projects, may_edit_project, projects_visible_to
from sla.permissions import may_read_policies, policies_visible_to


class ProjectFilter(FilterSet):
    client = ScopedFilter(scope=clients_visible_to, key="slug")

    class Meta:
        model = Project
        fields = ["phase"]


class ProjectSerializer(StrictModelSerializer):
    client = ScopedSlugRelatedField(scope=clients_led_by)
    sla_policy = ScopedSlugRelatedField(scope=policies_visible_to, required=False, allow_null=True)

    class Meta:
        model = Project
        fields = ["id", "client", "slug", "name", "phase", "sla_policy", "version"]
        create_only = ["client", "slug"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if may_read_policies(user) else ("sla_policy",)


class ProjectViewSet(Creates, Updates, ResourceViewSet):
    """What is run for clients. A project's policy, if it names one, goes before the client's."""

    lookup_field = "slug"
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    search_fields = ["name", "slug"]
    ordering_fields = ["name", "slug", "id"]
    ordering = ["name"]
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": may_create_projects,
        "update": may_edit_project,
        "partial_update": may_edit_project,
    }

    def scope(self, user: Any) -> QuerySet[Project]:
        return projects_visible_to(user).select_related("client", "sla_policy")

    def perform_create(self, data: dict[str, Any]) -> Project:
        return operations.create_project(actor=self.actor, at=self.now, **data)

    def perform_update(self, project: Project, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.update_project(
            project=project, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )


routes: list[tuple[str, type[ViewSetMixin]]] = [("projects", ProjectViewSet)]
