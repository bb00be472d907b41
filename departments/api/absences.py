"""REST: who is away, and who stands in."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.permissions import colleagues_to_choose
from departments import operations
from departments.filters import AbsenceFilter
from departments.models import Absence
from departments.permissions import (
    absences_visible_to,
    may_change_absence,
    may_record_absence_of,
    may_record_absences,
)
from kernel.api.fields import ScopedSlugRelatedField
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, Deletes, ResourceViewSet, Updates
from kernel.errors import Forbidden


class AbsenceSerializer(StrictModelSerializer):
    user = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False)
    stand_in = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)

    class Meta:
        model = Absence
        fields = ["id", "user", "starts_at", "ends_at", "stand_in", "reason", "version"]
        create_only = ["user"]


class AbsenceViewSet(Creates, Updates, Deletes, ResourceViewSet):
    """Absences in `[starts_at, ends_at)`; without a `user` it is one's own. Alerts go to the stand-in meanwhile."""

    serializer_class = AbsenceSerializer
    filterset_class = AbsenceFilter
    ordering_fields = ["starts_at", "ends_at", "id"]
    ordering = ["starts_at"]
    permissions = {
        "list": may_record_absences,
        "retrieve": may_record_absences,
        "create": may_record_absences,
        "update": (may_record_absences, may_change_absence),
        "partial_update": (may_record_absences, may_change_absence),
        "destroy": (may_record_absences, may_change_absence),
    }

    def scope(self, user: Any) -> QuerySet[Absence]:
        return absences_visible_to(user).select_related("user", "stand_in")

    def perform_create(self, data: dict[str, Any]) -> Absence:
        user = data.pop("user", self.actor)
        if not may_record_absence_of(self.actor, user.pk):
            raise Forbidden(_("You may record your own absences, and those of the people you lead."), field="user")
        return operations.record_absence(user=user, actor=self.actor, at=self.now, **data)

    def perform_update(self, absence: Absence, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.change_absence(
            absence=absence, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    def perform_destroy(self, absence: Absence, *, expected_version: int | None) -> None:
        operations.cancel_absence(absence=absence, actor=self.actor, at=self.now, expected_version=expected_version)
