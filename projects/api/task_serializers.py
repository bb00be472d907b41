"""What tasks look like over REST, and what their verbs take."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.permissions import colleagues_to_choose
from departments.permissions import departments_to_choose
from kernel.api.fields import (
    Distinct,
    Hours,
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
from projects.filters import READINESS
from projects.lifecycle import BlockReason, TaskStatus
from projects.models import Check, Task
from projects.operations.tasks import MOST_CHECKS
from projects.permissions import may_see_effort, projects_visible_to, requests_visible_to, tasks_visible_to

# What the client's people are not told of a task that is shown to them.
INTERNAL = (
    *("key", "assignee", "what", "estimate_h", "optimistic_h", "pessimistic_h", "actual_h", "block_text", "is_public"),
    *("touches", "package", "returned_at", "return_reason", "returns", "checks", "ready", "done", "waiting_for"),
    *("frees", "planned_at", "last_word_at"),
)


class Lines(Distinct):
    """Lines of a definition of ready or done."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=200), max_length=MOST_CHECKS, **kwargs)


class CheckSerializer(StrictModelSerializer):
    """One line of a definition of ready or done."""

    done_by = ScopedSlugRelatedField("username")

    class Meta:
        model = Check
        fields = ["id", "kind", "text", "done_at", "done_by"]


class TaskSerializer(StrictModelSerializer):
    reference = serializers.CharField(read_only=True)
    client = ScopedSlugRelatedField()
    project = ScopedSlugRelatedField(scope=projects_visible_to)
    change_request = ScopedIdRelatedField(scope=requests_visible_to, required=False, allow_null=True)
    department = ScopedSlugRelatedField(scope=departments_to_choose)
    assignee = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)
    readiness = serializers.SerializerMethodField()
    block_reason = serializers.SerializerMethodField()
    estimate_h = Hours()
    optimistic_h = Hours(required=False, allow_null=True)
    pessimistic_h = Hours(required=False, allow_null=True)
    actual_h = Hours(read_only=True)
    touches = Distinct(child=Text(max_length=200), required=False, help_text="What it changes: documents, services.")
    ready = Lines(required=False, write_only=True, help_text="Besides those of the department; set at the creation.")
    done = Lines(required=False, write_only=True, help_text="Set at the creation.")
    checks = CheckSerializer(many=True, read_only=True)
    waiting_for = serializers.SerializerMethodField()
    due_at = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = [
            *("id", "reference", "client", "project", "change_request", "key", "title", "what", "department"),
            *("assignee", "status", "readiness", "block_reason", "block_text", "estimate_h", "optimistic_h"),
            *("pessimistic_h", "actual_h", "not_before", "deadline", "due_at", "is_public", "touches", "package"),
            *("ready", "done", "checks", "waiting_for", "frees", "ready_at", "planned_at", "started_at"),
            *("finished_at", "returned_at", "return_reason", "returns", "last_word_at", "version"),
        ]
        read_only_fields = [
            *("status", "block_text", "package", "frees", "ready_at", "planned_at", "started_at", "finished_at"),
            *("returned_at", "return_reason", "returns", "last_word_at"),
        ]
        create_only = ["project", "change_request", "key", "ready", "done"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if may_see_effort(user) else INTERNAL

    @extend_schema_field(serializers.ChoiceField(choices=READINESS, allow_null=True))
    def get_readiness(self, task: Task) -> str | None:
        """Of a planned task."""
        if task.status != TaskStatus.PLANNED:
            return None
        return "ready" if task.is_ready(self.context["view"].now) else "waiting"

    @extend_schema_field(serializers.ChoiceField(choices=BlockReason.choices, allow_null=True))
    def get_block_reason(self, task: Task) -> str | None:
        return task.block_reason or None

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_waiting_for(self, task: Task) -> list[int]:
        """Tasks that hold back its start; empty, though it waits, where only a lag or `not_before` does."""
        found: list[int] = self.context["view"].waiting_for(task)
        return found

    @extend_schema_field(Instant(allow_null=True))
    def get_due_at(self, task: Task) -> str | None:
        """Its deadline, else what was promised for the request."""
        return Instant().to_representation(task.due_at) if task.has_promise else None


class NewTaskSerializer(StrictSerializer):
    """One row of a decomposition. Dependencies name it by its `key`."""

    key = Text(max_length=60, required=False)
    title = Text(max_length=200)
    department = Remembered(scope=departments_to_choose)
    estimate_h = Hours()
    optimistic_h = Hours(required=False, allow_null=True)
    pessimistic_h = Hours(required=False, allow_null=True)
    assignee = Remembered("username", scope=colleagues_to_choose, required=False, allow_null=True)
    not_before = Instant(required=False, allow_null=True)
    deadline = Instant(required=False, allow_null=True)
    what = LongText(required=False, allow_blank=True)
    ready = Lines(required=False)
    done = Lines(required=False)
    touches = Distinct(child=Text(max_length=200), required=False)
    is_public = StrictBoolean(required=False)


class StartInput(StrictSerializer):
    override = Text(required=False, allow_blank=True, max_length=500, help_text="Why it goes on all the same.")


class CompleteInput(StartInput):
    note = LongText(required=False, allow_blank=True, help_text="For the next departments.")
    actual_h = Hours(required=False, allow_null=True)


class BlockInput(StrictSerializer):
    """The reason in one of the words `client`, `access_or_licence`, `vendor`, `department`, `unclear`, `other`, or in
    your own, which count as `other`."""

    reason = Text(required=False, max_length=400)
    text = Text(required=False, allow_blank=True, max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        reason, text = attrs.get("reason", ""), attrs.get("text", "")
        if reason in BlockReason.values:
            return {"reason": reason, "text": text}
        return {"reason": BlockReason.OTHER, "text": ": ".join(filter(None, (reason, text)))[:500]}


class AssignTaskInput(StrictSerializer):
    assignee = ScopedSlugRelatedField("username", scope=colleagues_to_choose, allow_null=True)


class HandOverInput(StrictSerializer):
    """One of the two at least."""

    assignee = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False)
    department = ScopedSlugRelatedField(scope=departments_to_choose, required=False)
    note = LongText(required=False, allow_blank=True)


class ReturnInput(StrictSerializer):
    reason = Text(max_length=500)
    to = ScopedIdRelatedField(scope=tasks_visible_to, required=False, help_text="A task that it waits for.")


class ReasonInput(StrictSerializer):
    reason = Text(required=False, allow_blank=True, max_length=500)


class SayInput(StrictSerializer):
    text = LongText()


class TickInput(StrictSerializer):
    check = StrictInteger(help_text="The id of a line in `checks`.")
    done = StrictBoolean(default=True)


class PackageInput(StrictSerializer):
    text = LongText(allow_blank=True)


class TaskEdit(StrictSerializer):
    """One edit of many. With `version`, only if it still is that one. What is not named stays."""

    id = StrictInteger()
    version = StrictInteger(required=False)
    title = Text(max_length=200, required=False)
    what = LongText(required=False, allow_blank=True)
    department = Remembered(scope=departments_to_choose, required=False)
    assignee = Remembered("username", scope=colleagues_to_choose, required=False, allow_null=True)
    estimate_h = Hours(required=False)
    optimistic_h = Hours(required=False, allow_null=True)
    pessimistic_h = Hours(required=False, allow_null=True)
    not_before = Instant(required=False, allow_null=True)
    deadline = Instant(required=False, allow_null=True)
    is_public = StrictBoolean(required=False)
    touches = Distinct(child=Text(max_length=200), required=False)


class TaskEdits(serializers.Serializer):
    items = TaskEdit(many=True)


class TaskEditResult(serializers.Serializer):
    """`errors` as in a problem."""

    index = StrictInteger()
    status = StrictChoice(choices=[(outcome, outcome) for outcome in ("updated", "unchanged", "error")])
    id = StrictInteger(allow_null=True)
    version = StrictInteger(allow_null=True)
    errors = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]


class TaskEditResults(serializers.Serializer):
    results = TaskEditResult(many=True)
