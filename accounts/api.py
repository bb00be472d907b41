"""REST: the contacts of clients. (`clients/` shows policies: it stands in sla; `users/` stands in departments.)"""

from typing import Any

from django.db.models import QuerySet
from rest_framework.viewsets import ViewSetMixin

from accounts import operations
from accounts.filters import ContactFilter
from accounts.models import Contact
from accounts.permissions import (
    clients_led_by,
    contacts_visible_to,
    may_keep_contacts,
    people_to_choose,
    runs_service,
    serves_contact,
)
from kernel.api.fields import Email, ScopedSlugRelatedField
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, Deletes, ResourceViewSet, Updates


class ContactSerializer(StrictModelSerializer):
    client = ScopedSlugRelatedField(scope=clients_led_by)
    email = Email(required=False, allow_blank=True)
    user = ScopedSlugRelatedField("username", scope=people_to_choose, required=False, allow_null=True)

    class Meta:
        model = Contact
        fields = ["id", "client", "name", "title", "kind", "email", "phone", "language", "user", "version"]
        create_only = ["client", "user"]


class ContactViewSet(Creates, Updates, Deletes, ResourceViewSet):
    """People at the clients. One with a `user` may sign in and sees the own company's side of everything."""

    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    search_fields = ["name", "email"]
    ordering_fields = ["name", "id"]
    ordering = ["name"]
    field_permissions = {"user": runs_service}
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": may_keep_contacts,
        "update": (may_keep_contacts, serves_contact),
        "partial_update": (may_keep_contacts, serves_contact),
        "destroy": (may_keep_contacts, serves_contact),
    }

    def scope(self, user: Any) -> QuerySet[Contact]:
        return contacts_visible_to(user).select_related("client", "user")

    def perform_create(self, data: dict[str, Any]) -> Contact:
        return operations.create_contact(actor=self.actor, at=self.now, **data)

    def perform_update(self, contact: Contact, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.update_contact(
            contact=contact, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    def perform_destroy(self, contact: Contact, *, expected_version: int | None) -> None:
        operations.delete_contact(contact=contact, actor=self.actor, at=self.now, expected_version=expected_version)


routes: list[tuple[str, type[ViewSetMixin]]] = [("contacts", ContactViewSet)]
