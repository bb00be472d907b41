"""What change requests and clarifications look like over REST, and what their verbs take."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from departments.permissions import departments_to_choose
from kernel.api.fields import (
    Hours,
    Instant,
    LongText,
    ScopedIdRelatedField,
    ScopedSlugRelatedField,
    Slug,
    StrictChoice,
    Text,
)
from kernel.api.serializers import StrictModelSerializer, StrictSerializer
from projects.api.task_serializers import NewTaskSerializer, TaskSerializer
from projects.models import ChangeRequest, Clarification, Dependency
from projects.operations.decomposing import MOST_DEPENDENCIES, MOST_TASKS
from projects.operations.dependencies import LONGEST_LAG_H
from projects.permissions import blueprints_to_choose, contacts_to_name, may_see_effort, projects_to_ask_in


class RequestSerializer(StrictModelSerializer):
    reference = serializers.CharField(read_only=True)
    client = ScopedSlugRelatedField()
    project = ScopedSlugRelatedField(scope=projects_to_ask_in)
    requested_by = ScopedIdRelatedField(scope=contacts_to_name, required=False, allow_null=True)
    recorded_by = ScopedSlugRelatedField("username")
    blueprint = serializers.CharField(source="blueprint.blueprint.slug", read_only=True, allow_null=True, default=None)
    open_clarifications = serializers.SerializerMethodField()

    class Meta:
        model = ChangeRequest
        fields = [
            *("id", "reference", "client", "project", "external_ref", "title", "text", "source", "requested_by"),
            *("recorded_by", "status", "blueprint", "wanted_on", "promised_at", "opened_at", "status_since"),
            *("agreed_at", "delivered_at", "accepted_at", "accepted_by", "ended_reason", "open_clarifications"),
            "version",
        ]
        read_only_fields = [
            *("status", "opened_at", "status_since", "agreed_at", "delivered_at", "accepted_at", "ended_reason")
        ]
        create_only = ["project", "source"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if may_see_effort(user) else ("recorded_by", "blueprint", "source")

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_open_clarifications(self, request: ChangeRequest) -> list[int]:
        """Questions that nobody has answered yet."""
        return [question.pk for question in request.open_questions]  # type: ignore[attr-defined]  # prefetched


class TimeSerializer(StrictSerializer):
    """Business time until the request was agreed, or ended before, or until now."""

    with_us_s = serializers.IntegerField(read_only=True)
    waiting_for_client_s = serializers.IntegerField(read_only=True, source="waiting_s")


class ClarificationSerializer(StrictModelSerializer):
    client = ScopedSlugRelatedField()
    department = ScopedSlugRelatedField()
    asked_by = ScopedSlugRelatedField("username")
    answered_by = ScopedSlugRelatedField("username")

    class Meta:
        model = Clarification
        fields = [
            *("id", "request", "client", "text", "decides", "to_client", "contact", "department", "asked_by"),
            *("asked_at", "reminded_at", "answer", "answered_by", "answered_at", "withdrawn_at", "version"),
        ]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if may_see_effort(user) else ("to_client", "department", "asked_by", "answered_by")


class DependencyKey(Text):
    """The key of a task in this call, or the key or id of one that the request has already."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(str(data) if type(data) is int else data)


class NewDependencySerializer(StrictSerializer):
    """`to` waits for `from`."""

    kind = StrictChoice(choices=Dependency.Kind.choices, default=Dependency.Kind.FS)
    lag_h = Hours(least=-int(LONGEST_LAG_H), most=int(LONGEST_LAG_H), default=0)
    lag_calendar = StrictChoice(choices=Dependency.LagCalendar.choices, default=Dependency.LagCalendar.SUCCESSOR)

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is a keyword of the language."""
        return {"from": DependencyKey(), "to": DependencyKey(), **super().get_fields()}


class DecomposeInput(StrictSerializer):
    """Tasks and what they wait for; or a blueprint alone, which brings both. With `start_at` its tasks are placed
    forward from there (`not_before`), with `finish_by` backward (`deadline`), in working hours."""

    tasks = NewTaskSerializer(many=True, required=False, max_length=MOST_TASKS)  # type: ignore[call-arg]  # the stubs lag
    dependencies = NewDependencySerializer(many=True, required=False, max_length=MOST_DEPENDENCIES)  # type: ignore[call-arg]
    blueprint = ScopedSlugRelatedField(
        scope=blueprints_to_choose, required=False, help_text="With tasks: where they came from."
    )
    start_at = Instant(required=False)
    finish_by = Instant(required=False)


class DecomposedDependencySerializer(StrictModelSerializer):
    class Meta:
        model = Dependency
        fields = ["id", "predecessor", "successor", "kind", "lag_h", "lag_calendar", "version"]

    lag_h = Hours(read_only=True)


class DecomposedSerializer(serializers.Serializer):
    """What was stored; `ids` are those of the tasks, by their keys."""

    tasks = TaskSerializer(many=True)
    dependencies = DecomposedDependencySerializer(many=True)
    ids = serializers.DictField(child=serializers.IntegerField())


class AgreeInput(StrictSerializer):
    promised_at = Instant(required=False, help_text="What the client is told; it stays until somebody moves it.")


class NoteInput(StrictSerializer):
    note = LongText(required=False, allow_blank=True)


class AcceptInput(NoteInput):
    contact = ScopedIdRelatedField(
        scope=contacts_to_name, required=False, help_text="Who said so; without it, who asked for the request."
    )


class WhyInput(StrictSerializer):
    reason = Text(max_length=500)


class AskInput(StrictSerializer):
    """To one contact or one department."""

    text = Text(max_length=500)
    decides = Text(max_length=200, required=False, allow_blank=True, help_text="What hangs on the answer.")
    contact = ScopedIdRelatedField(scope=contacts_to_name, required=False)
    department = ScopedSlugRelatedField(scope=departments_to_choose, required=False)


class AnswerInput(StrictSerializer):
    answer = LongText()


class SaveAsBlueprintInput(StrictSerializer):
    slug = Slug(max_length=80)
    name = Text(max_length=200)
    purpose = LongText(required=False, allow_blank=True)
    when_to_use = LongText(required=False, allow_blank=True)
