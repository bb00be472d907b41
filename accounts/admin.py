"""Clients and contacts for administrators; grants and tokens to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from accounts import operations
from accounts.models import ApiToken, Client, Contact, Grant
from kernel.admin import ReadOnly, ThroughOperations


@admin.register(Client)
class ClientAdmin(ThroughOperations):
    list_display = ("name", "slug", "country", "tam", "deputy", "service_manager", "archived_at")
    list_select_related = ("tam", "deputy", "service_manager")
    search_fields = ("name", "slug")
    fields = ("slug", "name", "industry", "country", "city", "time_zone", "note", "tam", "deputy", "service_manager")

    def create(self, fields: dict[str, Any], **stamp: Any) -> Client:
        return operations.create_client(**fields, **stamp)

    def change(self, row: Client, changes: dict[str, Any], **stamp: Any) -> None:
        operations.update_client(client=row, changes=changes, **stamp)


@admin.register(Contact)
class ContactAdmin(ThroughOperations):
    list_display = ("name", "client", "kind", "email", "user")
    list_select_related = ("client", "user")
    list_filter = ("kind", "client")
    search_fields = ("name", "email")
    fields = ("client", "name", "title", "kind", "email", "phone", "language", "user")

    def create(self, fields: dict[str, Any], **stamp: Any) -> Contact:
        return operations.create_contact(**fields, **stamp)

    def change(self, row: Contact, changes: dict[str, Any], **stamp: Any) -> None:
        operations.update_contact(contact=row, changes=changes, **stamp)


@admin.register(Grant)
class GrantAdmin(ReadOnly):
    list_display = ("user", "role", "scope_kind", "scope_id", "client", "valid_from", "valid_until", "reason")
    list_select_related = ("user", "client")
    list_filter = ("role", "scope_kind")
    search_fields = ("user__username",)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    list_display = ("name", "hint", "user", "scope", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("user",)
    fields = ("name", "hint", "user", "scope", "clients", "created_at", "expires_at", "revoked_at", "last_used_at")
