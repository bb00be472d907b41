"""REST: projects."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from accounts.permissions import clients_led_by, colleagues_to_choose, runs_service
from kernel.api.fields import Instant, ScopedSlugRelatedField, Text
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer, StrictSerializer
from kernel.api.views import Creates, ResourceViewSet, Updates, verb
from projects import operations
from projects.filters import ProjectFilter
from projects.models import Project
from projects.permissions import (
    may_create_projects,
    may_edit_project,
    may_see_effort,
    may_take_over_projects,
    projects_visible_to,
)
from sla.permissions import may_read_policies, policies_visible_to


class ProjectSerializer(StrictModelSerializer):
    client = ScopedSlugRelatedField(scope=clients_led_by)
    architect = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)
    tam = ScopedSlugRelatedField(
        "username", scope=colleagues_to_choose, required=False, allow_null=True, help_text="Null: the client's."
    )
    deputy = ScopedSlugRelatedField(
        "username",
        scope=colleagues_to_choose,
        required=False,
        allow_null=True,
        help_text="Null: the client's. With dates by `appoint-deputy/`.",
    )
    sla_policy = ScopedSlugRelatedField(scope=policies_visible_to, required=False, allow_null=True)

    class Meta:
        model = Project
        fields = [
            *("id", "client", "slug", "name", "goal", "phase", "architect", "tam", "deputy", "promised_go_live"),
            *("sla_policy", "version"),
        ]
        create_only = ["client", "slug"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        hidden = () if may_read_policies(user) else ("sla_policy",)
        return hidden if may_see_effort(user) else (*hidden, "architect")


class DeputyInput(StrictSerializer):
    """Who stands in, and in which time."""

    deputy = ScopedSlugRelatedField("username", scope=colleagues_to_choose)
    from_at = Instant(required=False, help_text="Now, unless told otherwise.")
    until = Instant()


class DismissDeputyInput(StrictSerializer):
    deputy = ScopedSlugRelatedField("username", scope=colleagues_to_choose)


class TakeOverInput(StrictSerializer):
    reason = Text(max_length=500)


class ProjectViewSet(Creates, Updates, ResourceViewSet):
    """What is run for clients. A project's policy, TAM and deputy, if it names them, go before the client's."""

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
        "appoint_deputy": may_edit_project,
        "dismiss_deputy": may_edit_project,
        "take_over": may_take_over_projects,
    }
    # They give rights for good: decided by who runs the service. A stand-in is named by who leads the project.
    field_permissions = dict.fromkeys(("architect", "tam"), runs_service)

    def scope(self, user: Any) -> QuerySet[Project]:
        return projects_visible_to(user).select_related("client", "sla_policy", "architect", "tam", "deputy")

    def perform_create(self, data: dict[str, Any]) -> Project:
        return operations.create_project(actor=self.actor, at=self.now, **data)

    def perform_update(self, project: Project, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.update_project(
            project=project, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    @verb(DeputyInput, url_path="appoint-deputy")
    def appoint_deputy(self, project: Project, data: dict[str, Any]) -> None:
        """Somebody stands in for the TAM between two instants: rights, messages and alerts begin and end by them."""
        operations.appoint_deputy(
            project=project,
            deputy=data["deputy"],
            from_at=data.get("from_at", self.now),
            until=data["until"],
            actor=self.actor,
            at=self.now,
        )

    @verb(DismissDeputyInput, url_path="dismiss-deputy")
    def dismiss_deputy(self, project: Project, data: dict[str, Any]) -> None:
        """The days of this deputy end now, those to come do not begin."""
        operations.dismiss_deputy(project=project, deputy=data["deputy"], actor=self.actor, at=self.now)

    @verb(TakeOverInput, url_path="take-over")
    def take_over(self, project: Project, data: dict[str, Any]) -> None:
        """It is in operation without a handover by TamHub, because it was before TamHub was there; say why."""
        operations.take_over_project(project=project, reason=data["reason"], actor=self.actor, at=self.now)
