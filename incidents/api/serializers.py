"""What incidents look like over REST, and what their verbs take."""

import re
from collections.abc import Collection
from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from accounts.permissions import clients_led_by, colleagues_to_choose
from departments.permissions import departments_to_choose
from incidents.models import HoldReason, Incident, IncidentEvent, ReopenReason, Status
from incidents.operations.report import CREATED, UNCHANGED, UPDATED
from incidents.permissions import (
    clients_to_open_for,
    incidents_visible_to,
    may_give_work,
    sees_internal_notes,
    sees_internal_side,
)
from kernel.api.fields import (
    Instant,
    LongText,
    Remembered,
    ScopedIdRelatedField,
    ScopedSlugRelatedField,
    StrictBoolean,
    StrictChoice,
    StrictInteger,
    Text,
)
from kernel.api.serializers import StrictModelSerializer, StrictSerializer
from projects.permissions import projects_visible_to
from sla.models import PROMISED, Clock, Priority
from sla.permissions import may_read_policies, policies_visible_to, vendors_to_choose

SOURCE = RegexValidator(re.compile(r"\A[A-Za-z0-9._-]+\Z"), gettext_lazy("Use only letters, digits, dots, - and _."))


class ClockSerializer(serializers.Serializer):
    """A clock as it stands at the instant of the answer."""

    kind = serializers.ChoiceField(choices=Clock.Kind.choices)
    cycle = serializers.IntegerField(help_text="Grows when a reopened incident is measured anew.")
    state = serializers.ChoiceField(choices=Clock.State.choices)
    target_s = serializers.IntegerField()
    elapsed_s = serializers.IntegerField()
    remaining_s = serializers.IntegerField(help_text="Negative when over.")
    due_at = Instant(allow_null=True, help_text="Null while paused before the deadline.")
    breached_at = Instant(allow_null=True)
    late_by_change_at = Instant(allow_null=True, help_text="The changed priority or policy that found it late already.")
    stopped_at = Instant(allow_null=True)


class IncidentSerializer(StrictModelSerializer):
    reference = serializers.CharField(read_only=True)
    client = ScopedSlugRelatedField(scope=clients_to_open_for)
    project = ScopedSlugRelatedField(scope=projects_visible_to, required=False, allow_null=True)
    department = ScopedSlugRelatedField(
        scope=departments_to_choose, required=False, help_text="Changed by `assign/`; without one, the first line."
    )
    assignee = ScopedSlugRelatedField(
        "username", scope=colleagues_to_choose, required=False, allow_null=True, help_text="Changed by `assign/`."
    )
    parent = ScopedIdRelatedField(scope=incidents_visible_to, required=False, allow_null=True)  # type: ignore[assignment]
    hold_reason = serializers.SerializerMethodField()
    vendor = ScopedSlugRelatedField(read_only=True)
    source = Text(max_length=40, required=False, validators=[SOURCE])  # type: ignore[assignment]
    sla_policy = ScopedSlugRelatedField(
        scope=policies_visible_to,
        required=False,
        allow_null=True,
        help_text="Goes before project's and client's.",
    )
    clocks = serializers.SerializerMethodField()
    internal_clocks = serializers.SerializerMethodField()

    class Meta:
        model = Incident
        fields = [
            *("id", "reference", "client", "project", "department", "assignee", "title", "description", "priority"),
            *("category", "service", "parent", "is_major", "status", "hold_reason", "resolution", "source"),
            *("external_ref", "opened_at", "responded_at", "resolved_at", "closed_at", "reopen_count", "sla_policy"),
            *("clocks", "internal_clocks", "vendor", "updated_at", "version"),
        ]
        read_only_fields = [
            *("status", "resolution", "responded_at", "resolved_at", "closed_at", "reopen_count", "updated_at")
        ]
        create_only = ["client", "department", "assignee", "source", "external_ref", "opened_at"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        hidden = () if sees_internal_side(user) else ("assignee", "vendor", "internal_clocks")
        return hidden if may_read_policies(user) else (*hidden, "sla_policy")

    def validate_assignee(self, assignee: User | None) -> User | None:
        """Only at the opening, and by an engineer only for oneself."""
        user = self.context["request"].user
        if self.instance is None and assignee not in {None, user} and not may_give_work(user):
            raise serializers.ValidationError(_("You may not change this field."), code="not_writable")
        return assignee

    @extend_schema_field(serializers.ChoiceField(choices=HoldReason.choices, allow_null=True))
    def get_hold_reason(self, incident: Incident) -> str | None:
        return incident.hold_reason or None

    @extend_schema_field(ClockSerializer(many=True))
    def get_clocks(self, incident: Incident) -> Any:
        """What was promised to the client."""
        clocks = self.context["view"].clocks_of(incident)
        return ClockSerializer([clock for clock in clocks if clock.kind in PROMISED], many=True).data

    @extend_schema_field(ClockSerializer(many=True))
    def get_internal_clocks(self, incident: Incident) -> Any:
        """What departments owe each other for each hop (`cycle`), and vendors us for each hold."""
        clocks = self.context["view"].clocks_of(incident)
        return ClockSerializer([clock for clock in clocks if clock.kind not in PROMISED], many=True).data


class EventSerializer(StrictModelSerializer):
    """One thing that happened to an incident; empty fields say that it left things as they were."""

    actor = ScopedSlugRelatedField("username")
    department = ScopedSlugRelatedField()
    assignee = ScopedSlugRelatedField("username")
    public = serializers.BooleanField(source="is_public", read_only=True)

    class Meta:
        model = IncidentEvent
        fields = [
            *("id", "kind", "at", "recorded_at", "actor", "via", "status", "hold_reason", "priority", "department"),
            *("assignee", "text", "public", "changes"),
        ]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if sees_internal_notes(user) else ("recorded_at", "actor", "via", "assignee", "changes")


class AtInput(StrictSerializer):
    at = Instant(required=False, help_text="When it happened, if that was earlier.")


class HoldInput(AtInput):
    """`text` is the question, which the client reads where it is waited for; or the number of the vendor's ticket."""

    reason = StrictChoice(choices=HoldReason.choices)
    text = LongText(required=False, allow_blank=True)
    vendor = ScopedSlugRelatedField(scope=vendors_to_choose, required=False)


class ResolveInput(AtInput):
    resolution = LongText(required=False, allow_blank=True)


class ReopenInput(AtInput):
    reason = LongText(required=False, allow_blank=True)
    reopen_reason = StrictChoice(
        choices=ReopenReason.choices, required=False, help_text="Only what was not fixed counts against quality."
    )


class AssignInput(AtInput):
    """Either or both; a person of null takes it from whoever has it."""

    department = ScopedSlugRelatedField(scope=departments_to_choose, required=False)
    assignee = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)


class CommentInput(AtInput):
    """What is public, the client reads. Contacts and programs write nothing else."""

    text = LongText()
    public = StrictBoolean(required=False)

    def validate_public(self, public: bool) -> bool:
        if not public and not sees_internal_notes(self.context["request"].user):
            raise serializers.ValidationError(_("You write public comments only."), code="not_writable")
        return public


class TicketInput(StrictSerializer):
    """A ticket as its system has it. A new one needs title, priority and opened_at; what is not said stays."""

    client = Remembered(scope=clients_led_by, required=False)
    source = Text(max_length=40, required=False, validators=[SOURCE])  # type: ignore[assignment]
    external_ref = Text(max_length=120, required=False)
    title = Text(max_length=300, required=False)
    description = LongText(required=False, allow_blank=True)
    priority = StrictChoice(choices=Priority.choices, required=False)
    category = Text(max_length=100, required=False, allow_blank=True)
    service = Text(max_length=100, required=False, allow_blank=True)
    project = Remembered(scope=projects_visible_to, required=False, allow_null=True)
    parent = ScopedIdRelatedField(scope=incidents_visible_to, required=False, allow_null=True)  # type: ignore[assignment]
    is_major = StrictBoolean(required=False)
    sla_policy = Remembered(scope=policies_visible_to, required=False, allow_null=True)
    opened_at = Instant(required=False)
    status = StrictChoice(choices=Status.choices, required=False)
    hold_reason = StrictChoice(choices=HoldReason.choices, required=False, allow_null=True)
    department = Remembered(scope=departments_to_choose, required=False)
    assignee = Remembered("username", scope=colleagues_to_choose, required=False)
    at = Instant(required=False, help_text="When status, department or assignee became so; without it, now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("hold_reason") and attrs.get("status") != Status.ON_HOLD:
            message = _("Only with the status on_hold.")
            raise serializers.ValidationError({"hold_reason": [message]})
        return attrs


class TicketItem(TicketInput):
    """One of many, so it says itself which ticket it is."""

    source = Text(max_length=40, validators=[SOURCE])
    external_ref = Text(max_length=120)


class BulkInput(serializers.Serializer):
    items = TicketItem(many=True)


OUTCOMES = [(outcome, outcome) for outcome in (CREATED, UPDATED, UNCHANGED, "error")]


class BulkResult(serializers.Serializer):
    """`errors` as in a problem; `id` and `reference` are null where there is no incident to see."""

    index = StrictInteger()
    status = serializers.ChoiceField(choices=OUTCOMES)
    id = StrictInteger(allow_null=True)
    reference = serializers.CharField(allow_null=True)
    errors = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]


class BulkResults(serializers.Serializer):
    results = BulkResult(many=True)


WORDS = frozenset(
    {"title", "description", "priority", "category", "service", "project", "parent", "is_major", "sla_policy"}
)
TOLD = frozenset({"opened_at", "status", "department", "assignee", "at"})
