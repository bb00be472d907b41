"""REST: handing projects over."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.permissions import colleagues_to_choose
from kernel.api.fields import LongText, ScopedSlugRelatedField, StrictBoolean, StrictInteger, Text
from kernel.api.serializers import Nothing, StrictModelSerializer, StrictSerializer
from kernel.api.views import Creates, ResourceViewSet, Updates, verb
from kernel.errors import Forbidden, Invalid
from projects import operations
from projects.filters import HandoverFilter
from projects.models import Handover, HandoverItem
from projects.permissions import (
    handovers_visible_to,
    may_begin_handover,
    may_follow_handovers,
    may_prepare_handover,
    may_return_handover,
    may_sign,
    may_withdraw_handover,
    projects_planned_by,
)
from projects.queries.brief import brief_of


class ItemSerializer(StrictModelSerializer):
    done_by = ScopedSlugRelatedField("username")

    class Meta:
        model = HandoverItem
        fields = ["id", "text", "done_at", "done_by"]
        read_only_fields = fields


class HandoverSerializer(StrictModelSerializer):
    client = ScopedSlugRelatedField()
    project = ScopedSlugRelatedField(scope=projects_planned_by)
    giver = ScopedSlugRelatedField("username")
    receiver = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False)
    brief = LongText(required=False, allow_blank=True)
    items = ItemSerializer(many=True, read_only=True)

    class Meta:
        model = Handover
        fields = [
            *("id", "client", "project", "kind", "status", "giver", "receiver", "planned_on", "brief", "items"),
            *("begun_at", "giver_signed_at", "receiver_signed_at", "returned_at", "return_reason", "ended_at"),
            "version",
        ]
        read_only_fields = [
            *("status", "begun_at", "giver_signed_at", "receiver_signed_at", "returned_at", "return_reason"),
            "ended_at",
        ]
        create_only = ["project", "kind", "receiver"]


class TickItemInput(StrictSerializer):
    item = StrictInteger(min_value=1)
    done = StrictBoolean(default=True)


class AddItemInput(StrictSerializer):
    text = Text(max_length=200)


class ReturnHandoverInput(StrictSerializer):
    reason = Text(max_length=500)


class HandoverViewSet(Creates, Updates, ResourceViewSet):
    """A project goes from its architect to its TAM at go-live, or from one TAM to the next: both sign.

    At go-live giver and receiver are the project's architect and TAM; of a `change_of_tam` one names the `receiver`,
    and without a `brief` one is written from what is open.
    """

    serializer_class = HandoverSerializer
    filterset_class = HandoverFilter
    ordering_fields = ["id"]
    ordering = ["id"]
    permissions = {
        "list": may_follow_handovers,
        "retrieve": may_follow_handovers,
        "create": may_follow_handovers,
        "update": (may_follow_handovers, may_prepare_handover),
        "partial_update": (may_follow_handovers, may_prepare_handover),
        "tick": (may_follow_handovers, may_prepare_handover),
        "add_item": (may_follow_handovers, may_prepare_handover),
        "sign": (may_follow_handovers, may_sign),
        "give_back": (may_follow_handovers, may_return_handover),
        "withdraw": (may_follow_handovers, may_withdraw_handover),
    }

    def scope(self, user: Any) -> QuerySet[Handover]:
        rows = handovers_visible_to(user).select_related("client", "project__client", "giver", "receiver")
        return rows.prefetch_related("items__done_by")

    def perform_create(self, data: dict[str, Any]) -> Handover:
        if not may_begin_handover(self.actor, data["project"], kind=data.get("kind", Handover.Kind.GO_LIVE)):
            raise Forbidden(_("Only who leads the project hands it to another TAM."), field="kind")
        if data.get("kind") == Handover.Kind.CHANGE and not data.get("brief"):
            data["brief"] = brief_of(data["project"], at=self.now)
        return operations.begin_handover(actor=self.actor, at=self.now, **data)

    def perform_update(self, handover: Handover, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.update_handover(
            handover=handover, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    @verb(TickItemInput)
    def tick(self, handover: Handover, data: dict[str, Any]) -> None:
        """A line of the checklist is in order, or with `done: false` not after all."""
        item = handover.items.filter(pk=data["item"]).select_related("handover").first()
        if item is None:
            raise Invalid(_("There is no such line."), field="item")
        operations.tick_item(item=item, done=data["done"], actor=self.actor, at=self.now)

    @verb(AddItemInput, url_path="add-item")
    def add_item(self, handover: Handover, data: dict[str, Any]) -> None:
        """One more line on this checklist: what this project needs besides the provider's list."""
        operations.add_item(handover=handover, text=data["text"], actor=self.actor, at=self.now)

    @verb(Nothing)
    def sign(self, handover: Handover, _data: dict[str, Any]) -> None:
        """By the one who gives, then by the one who takes."""
        operations.sign(handover=handover, actor=self.actor, at=self.now)

    @verb(ReturnHandoverInput, url_path="return")
    def give_back(self, handover: Handover, data: dict[str, Any]) -> None:
        """Not yet: the one who takes it says what is missing."""
        operations.return_handover(handover=handover, reason=data["reason"], actor=self.actor, at=self.now)

    @verb(Nothing)
    def withdraw(self, handover: Handover, _data: dict[str, Any]) -> None:
        """It does not take place."""
        operations.withdraw_handover(handover=handover, actor=self.actor, at=self.now)
