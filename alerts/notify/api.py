"""REST: chat and push addresses, and what reaches oneself. An address goes in and never comes out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from accounts.permissions import is_staff_member, runs_service
from alerts.models import Endpoint, Preference
from alerts.notify.queries import endpoints_visible_to
from alerts.operations.endpoints import add_endpoint, change_endpoint, remove_endpoint, test_endpoint
from alerts.operations.preferring import save_preferences
from alerts.preferences import Event, Hours, Wishes, wishes_of
from kernel.api.fields import Distinct, StrictBoolean, StrictChoice, StrictInteger, Text
from kernel.api.serializers import StrictModelSerializer, StrictSerializer
from kernel.api.views import Api, Creates, Deletes, ResourceViewSet, Updates, verb
from kernel.errors import Forbidden, Invalid

Mode = Preference.Mode


class EndpointSerializer(StrictModelSerializer):
    address = Text(write_only=True, required=False, max_length=2000, help_text="Needed to create one; never shown.")
    is_shared = StrictBoolean(required=False, help_text="Of the duty: it gets what the duty mailbox gets.")
    is_on = StrictBoolean(required=False, help_text="Nothing is sent to one that is off.")

    class Meta:
        model = Endpoint
        fields = [
            *("id", "kind", "name", "address", "hint", "is_shared", "is_on", "disabled_at", "disabled_reason"),
            "version",
        ]
        read_only_fields = ["hint", "disabled_at", "disabled_reason"]
        create_only = ["kind", "is_shared"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if runs_service(user) else ("is_shared",)


class EndpointViewSet(Creates, Updates, Deletes, ResourceViewSet):
    """One's own chat and push addresses, and those of the duty for who runs the service."""

    serializer_class = EndpointSerializer
    ordering_fields = ["id", "name"]
    ordering = ["name", "id"]
    permissions = dict.fromkeys(
        ("list", "retrieve", "create", "update", "partial_update", "destroy", "test"), is_staff_member
    )

    def scope(self, user: Any) -> QuerySet[Endpoint]:
        return endpoints_visible_to(user)

    def perform_create(self, data: dict[str, Any]) -> Endpoint:
        is_shared = data.pop("is_shared", False)
        is_on = data.pop("is_on", True)
        if "address" not in data:
            raise Invalid(_("Say where to: the address is missing."), field="address")
        if not is_on:
            raise Invalid(_("A new address is on."), field="is_on")
        if is_shared and not runs_service(self.actor):
            raise Forbidden(_("Addresses of the duty are for who runs the service."), field="is_shared")
        return add_endpoint(owner=None if is_shared else self.actor, actor=self.actor, at=self.now, **data)

    def perform_update(self, endpoint: Endpoint, data: dict[str, Any], *, expected_version: int | None) -> None:
        changes = {name: data[name] for name in ("name", "address", "is_on") if name in data}
        change_endpoint(endpoint, actor=self.actor, at=self.now, expected_version=expected_version, **changes)

    def perform_destroy(self, endpoint: Endpoint, *, expected_version: int | None) -> None:
        remove_endpoint(endpoint, actor=self.actor, at=self.now, expected_version=expected_version)

    @verb()
    def test(self, endpoint: Endpoint, _data: dict[str, Any]) -> None:
        """Owe a message that says only that it arrived; what becomes of it stands among the deliveries."""
        test_endpoint(endpoint, actor=self.actor, at=self.now)


class WishSerializer(StrictSerializer):
    """How one kind of message reaches the person: by mail, and at once to these of the own endpoints."""

    event = StrictChoice(choices=Event.choices)
    mail = StrictChoice(choices=Mode.choices)
    endpoints = Distinct(child=StrictInteger(), help_text="Ids of the endpoints that get it.")


class NotificationPreferencesSerializer(StrictSerializer):
    """Local times of the person's zone, HH:MM. What is as the role has it follows the role when that changes."""

    quiet_from = serializers.TimeField(format="%H:%M", allow_null=True)
    quiet_until = serializers.TimeField(format="%H:%M", allow_null=True)
    digest_at = serializers.TimeField(format="%H:%M", allow_null=True)
    urgent_wakes = StrictBoolean(help_text="P1 comes through quiet hours.")
    messages = WishSerializer(many=True)

    def validate_messages(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({message["event"] for message in messages}) < len(messages):
            raise serializers.ValidationError(_("Name each event once."), code="unique")
        return messages


class NotificationPreferencesView(Api):
    """What reaches oneself, where and when. A PUT replaces all of it; an event left out follows the role again."""

    permissions = {"get": is_staff_member, "put": is_staff_member}
    input_serializer_class = NotificationPreferencesSerializer

    @extend_schema(operation_id="notification_preferences", responses=NotificationPreferencesSerializer)
    def get(self, _request: Request) -> Response:
        return Response(_shown(self._wishes()))

    @extend_schema(
        operation_id="notification_preferences_replace",
        request=NotificationPreferencesSerializer,
        responses=NotificationPreferencesSerializer,
    )
    def put(self, _request: Request) -> Response:
        data = self.read_input()
        modes: dict[tuple[str, int | None], str] = {}
        own = [endpoint.pk for endpoint in self._wishes().endpoints]
        for message in data.pop("messages"):
            modes[message["event"], None] = message["mail"]
            modes |= {(message["event"], pk): Mode.OFF for pk in own}
            modes |= {(message["event"], pk): Mode.AT_ONCE for pk in message["endpoints"]}
        save_preferences(user=self.actor, modes=modes, hours=Hours(**data), at=self.now)
        return Response(_shown(self._wishes()))

    def _wishes(self) -> Wishes:
        return wishes_of([self.actor], at=self.now)[self.actor.pk]


def _shown(wishes: Wishes) -> dict[str, Any]:
    hours = wishes.hours
    messages = [
        {
            "event": event.value,
            "mail": wishes.mail_mode(event),
            "endpoints": [one.pk for one in wishes.endpoints if wishes.endpoint_mode(event, one.pk) == Mode.AT_ONCE],
        }
        for event in Event
    ]
    shown = {
        "quiet_from": hours.quiet_from,
        "quiet_until": hours.quiet_until,
        "digest_at": hours.digest_at,
        "urgent_wakes": hours.urgent_wakes,
        "messages": messages,
    }
    return dict(NotificationPreferencesSerializer(shown).data)


routes: list[tuple[str, type[ViewSetMixin]]] = [("endpoints", EndpointViewSet)]
urlpatterns: list[URLPattern] = [
    path("notification-preferences/", NotificationPreferencesView.as_view(), name="notification-preferences")
]
