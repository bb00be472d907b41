"""REST: vendors, and what they promised us."""

from typing import Any

from django.db.models import QuerySet

from accounts.permissions import is_staff_member, runs_service
from kernel.api.fields import Email, ScopedSlugRelatedField
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, Deletes, ResourceViewSet, Updates
from sla.models import Vendor
from sla.operations import create_vendor, update_vendor
from sla.permissions import policies_visible_to, vendors_visible_to


class VendorSerializer(StrictModelSerializer):
    email = Email(required=False, allow_blank=True)
    policy = ScopedSlugRelatedField(
        scope=policies_visible_to,
        required=False,
        allow_null=True,
        help_text="What it promised us: a policy of the scope vendor, whose resolution is the time to answer.",
    )

    class Meta:
        model = Vendor
        fields = ["id", "slug", "name", "email", "policy", "archived_at", "version"]
        read_only_fields = ["archived_at"]
        create_only = ["slug"]


class VendorViewSet(Creates, Updates, Deletes, ResourceViewSet):
    """Whom work waits for. DELETE retires one: what it was waited for stays readable."""

    lookup_field = "slug"
    serializer_class = VendorSerializer
    search_fields = ["name", "slug"]
    ordering_fields = ["slug", "name", "id"]
    ordering = ["slug"]
    permissions = {
        "list": is_staff_member,
        "retrieve": is_staff_member,
        "create": runs_service,
        "update": runs_service,
        "partial_update": runs_service,
        "destroy": runs_service,
    }
    queryset = Vendor.objects.none()

    def scope(self, user: Any) -> QuerySet[Vendor]:
        return vendors_visible_to(user).select_related("policy")

    def perform_create(self, data: dict[str, Any]) -> Vendor:
        return create_vendor(actor=self.actor, at=self.now, **data)

    def perform_update(self, vendor: Vendor, data: dict[str, Any], *, expected_version: int | None) -> None:
        update_vendor(vendor=vendor, changes=data, actor=self.actor, at=self.now, expected_version=expected_version)

    def perform_destroy(self, vendor: Vendor, *, expected_version: int | None) -> None:
        changes = {"archived_at": vendor.archived_at or self.now}
        update_vendor(vendor=vendor, changes=changes, actor=self.actor, at=self.now, expected_version=expected_version)
