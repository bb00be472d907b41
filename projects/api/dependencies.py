"""REST: what waits for what."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.permissions import is_staff_member
from kernel.api.fields import Hours, ScopedIdRelatedField
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, Deletes, Updates
from kernel.errors import Forbidden
from projects import operations
from projects.filters import DependencyFilter
from projects.models import Dependency
from projects.operations.dependencies import LONGEST_LAG_H
from projects.permissions import (
    dependencies_visible_to,
    may_change_dependency,
    may_create_tasks,
    may_link,
    tasks_visible_to,
)


class DependencySerializer(StrictModelSerializer):
    predecessor = ScopedIdRelatedField(scope=tasks_visible_to)
    successor = ScopedIdRelatedField(scope=tasks_visible_to)
    lag_h = Hours(least=-int(LONGEST_LAG_H), most=int(LONGEST_LAG_H), required=False, help_text="Below 0 it is a lead.")

    class Meta:
        model = Dependency
        fields = ["id", "predecessor", "successor", "kind", "lag_h", "lag_calendar", "version"]
        create_only = ["predecessor", "successor"]


class DependencyViewSet(Creates, Updates, Deletes):
    """Successor waits for predecessor; all of them, across projects and clients, form one graph without cycles. What
    would close one is 409, and `cycle` names its tasks in order."""

    serializer_class = DependencySerializer
    filterset_class = DependencyFilter
    ordering_fields = ["id"]
    ordering = ["id"]
    permissions = {
        "list": is_staff_member,
        "retrieve": is_staff_member,
        "create": may_create_tasks,
        **dict.fromkeys(("update", "partial_update", "destroy"), (may_create_tasks, may_change_dependency)),
    }

    def scope(self, user: Any) -> QuerySet[Dependency]:
        return dependencies_visible_to(user).select_related(
            "predecessor__project__client", "successor__project__client"
        )

    def perform_create(self, data: dict[str, Any]) -> Dependency:
        if not may_link(self.actor, data["predecessor"], data["successor"]):
            raise Forbidden(_("Both tasks must be yours to plan."), field="predecessor")
        return operations.add_dependency(actor=self.actor, at=self.now, **data)

    def perform_update(self, dependency: Dependency, data: dict[str, Any], *, expected_version: int | None) -> None:
        changes = {name: value for name, value in data.items() if name not in DependencySerializer.Meta.create_only}
        operations.change_dependency(
            dependency=dependency, changes=changes, actor=self.actor, at=self.now, expected_version=expected_version
        )

    def perform_destroy(self, dependency: Dependency, *, expected_version: int | None) -> None:
        operations.remove_dependency(
            dependency=dependency, actor=self.actor, at=self.now, expected_version=expected_version
        )
