"""REST: clients. They stand here because they show the policy of their contract, which accounts know nothing of."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Client
from accounts.operations import archive_client, update_client
from accounts.permissions import (
    clients_visible_to,
    colleagues_to_choose,
    is_staff_member,
    may_keep_contacts,
    runs_service,
    serves_client,
)
from kernel.api.fields import ScopedSlugRelatedField
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, Deletes, ResourceViewSet, Updates
from sla.filters import ClientFilter
from sla.operations import create_client, set_client_policy
from sla.permissions import may_read_policies, policies_visible_to

PEOPLE = ("tam", "deputy", "service_manager")
# A TAM keeps the notes; what the contract says is the service manager's.
OF_THE_SERVICE_MANAGER = ("slug", "name", "industry", "country", "city", "time_zone", *PEOPLE, "sla_policy")


class ContractPolicy(ScopedSlugRelatedField):
    """The policy that the client's contract names, null where the default counts."""

    def get_attribute(self, instance: Any) -> Any:
        named = getattr(instance, "sla", None)
        return None if named is None else named.policy


class ClientSerializer(StrictModelSerializer):
    tam = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)
    deputy = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)
    service_manager = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)
    sla_policy = ContractPolicy(scope=policies_visible_to, required=False, allow_null=True)

    class Meta:
        model = Client
        fields = [
            *("id", "slug", "name", "industry", "country", "city", "time_zone", "note"),
            *("tam", "deputy", "service_manager", "sla_policy", "archived_at", "version"),
        ]
        read_only_fields = ["archived_at"]
        create_only = ["slug"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        hidden = () if is_staff_member(user) else ("note",)
        return hidden if may_read_policies(user) else (*hidden, "sla_policy")


class ClientViewSet(Creates, Updates, Deletes, ResourceViewSet):
    """Companies served. DELETE archives one: rights on it end, its past stays."""

    lookup_field = "slug"
    serializer_class = ClientSerializer
    filterset_class = ClientFilter
    search_fields = ["name", "slug", "city"]
    ordering_fields = ["name", "slug", "country", "id"]
    ordering = ["name"]
    field_permissions = dict.fromkeys(OF_THE_SERVICE_MANAGER, runs_service)
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": runs_service,
        "update": (may_keep_contacts, serves_client),
        "partial_update": (may_keep_contacts, serves_client),
        "destroy": runs_service,
    }

    def scope(self, user: Any) -> QuerySet[Client]:
        return clients_visible_to(user).select_related("sla__policy", *PEOPLE)

    def perform_create(self, data: dict[str, Any]) -> Client:
        return create_client(policy=data.pop("sla_policy", None), actor=self.actor, at=self.now, **data)

    @transaction.atomic
    def perform_update(self, client: Client, data: dict[str, Any], *, expected_version: int | None) -> None:
        names_policy, policy = "sla_policy" in data, data.pop("sla_policy", None)
        update_client(client=client, changes=data, actor=self.actor, at=self.now, expected_version=expected_version)
        if names_policy:
            set_client_policy(client=client, policy=policy, actor=self.actor, at=self.now)

    def perform_destroy(self, client: Client, *, expected_version: int | None) -> None:
        archive_client(client=client, actor=self.actor, at=self.now, expected_version=expected_version)
