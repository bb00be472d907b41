"""REST: SLA policies."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import runs_service
from kernel.api.fields import (
    Distinct,
    Instant,
    LongText,
    ScopedSlugRelatedField,
    Seconds,
    Slug,
    StrictBoolean,
    StrictChoice,
    StrictInteger,
    Text,
)
from kernel.api.serializers import StrictSerializer
from kernel.api.views import Creates, Updates, verb
from kernel.errors import Conflict, Invalid
from sla.api.versions import HasVersions, VersionNumber, version_facts, version_named, versions_action
from sla.filters import PolicyFilter
from sla.ladder import step_of
from sla.models import Calendar, PolicyVersion, Priority, SlaPolicy, SlaTarget
from sla.operations import (
    LONGEST_TARGET_S,
    TargetInput,
    create_policy,
    set_default_policy,
    update_policy,
    withdraw_policy_version,
)
from sla.permissions import calendars_visible_to, may_read_policies, policies_visible_to, sees_policy_inside
from sla.words import PAUSE_WORDS

PAUSE_REASONS = tuple(PAUSE_WORDS)
AROUND_THE_CLOCK = "always"
MOST_STEPS = 50
# What only those see who answer for the promise.
INSIDE = ("description", "thresholds", "is_default", "scope", "ladder", "escalate_after_s", "valid_from")


class TargetSerializer(StrictSerializer):
    """The promise for one priority, in seconds of the calendar's business time; without a calendar around the clock.
    `update_s`: how often the client hears of it, null where that is not promised."""

    priority = StrictChoice(choices=Priority.choices)
    response_s = Seconds(min_value=1, max_value=LONGEST_TARGET_S)
    resolution_s = Seconds(min_value=1, max_value=LONGEST_TARGET_S)
    update_s = Seconds(
        min_value=1,
        max_value=LONGEST_TARGET_S,
        required=False,
        allow_null=True,
        help_text="How often the client hears.",
    )
    calendar = ScopedSlugRelatedField(scope=calendars_visible_to, required=False)


class StepSerializer(StrictSerializer):
    """At `level` percent of the target everybody in `to` is told: assignee, tam, deputy, head, service_manager,
    on_duty, duty (the mailbox), or `user:<username>`."""

    level = StrictInteger(min_value=1, max_value=1000)
    to = Distinct(child=Text(max_length=160), allow_empty=False, max_length=20)
    priorities = Distinct(
        child=StrictChoice(choices=Priority.choices), required=False, help_text="Empty: of every priority."
    )
    any_hour = StrictBoolean(required=False, help_text="False: a message waits until its reader is at work.")


class PolicySerializer(StrictSerializer):
    id = StrictInteger(read_only=True)
    slug = Slug(max_length=60)
    name = Text(max_length=200)
    description = LongText(required=False, allow_blank=True)
    scope = StrictChoice(choices=SlaPolicy.Scope.choices, required=False)
    is_default = StrictBoolean(required=False, help_text="Counts for clients that name none; at most one does.")
    pause_on = Distinct(child=StrictChoice(choices=PAUSE_REASONS), required=False)
    targets = TargetSerializer(  # type: ignore[call-arg]  # the stubs lag
        many=True,
        allow_empty=False,
        max_length=len(Priority),
        help_text="A priority that is not named takes the target of the next one named above it, else below it.",
    )
    thresholds = Distinct(child=StrictInteger(min_value=1, max_value=1000), required=False, help_text="Percent.")
    reopen = StrictChoice(choices=PolicyVersion.Reopen.choices, required=False)
    reopen_within_days = StrictInteger(
        min_value=1, max_value=3650, required=False, allow_null=True, help_text="Null: for ever."
    )
    update_mode = StrictChoice(choices=PolicyVersion.Update.choices, required=False)
    ladder = StepSerializer(  # type: ignore[call-arg]  # the stubs lag
        many=True, required=False, max_length=MOST_STEPS, help_text="Empty: the TAM, else who comes next."
    )
    escalate_after_s = Seconds(
        required=False, allow_null=True, help_text="Unacknowledged for so long, whoever comes next is told, too."
    )
    valid_from = Instant(
        required=False, write_only=True, help_text="What changes is a version from then on; now unless told otherwise."
    )
    version = StrictInteger(read_only=True)

    class Meta:
        create_only = ["slug", "scope"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if sees_policy_inside(user) else INSIDE

    def to_representation(self, instance: SlaPolicy) -> dict[str, Any]:
        assert instance.current is not None
        shown = {
            "id": instance.pk,
            "slug": instance.slug,
            "name": instance.name,
            "description": instance.description,
            "scope": instance.scope,
            "is_default": instance.is_default,
            **_promised(instance.current),
            "version": instance.version,
        }
        return {name: value for name, value in shown.items() if name in self.fields}


class VersionSerializer(StrictSerializer):
    """What one version of a policy promises, and from when."""

    number = StrictInteger(read_only=True)
    valid_from = Instant(read_only=True)
    is_in_force = StrictBoolean(read_only=True)
    pause_on = Distinct(child=StrictChoice(choices=PAUSE_REASONS), read_only=True)
    targets = TargetSerializer(many=True, read_only=True)
    thresholds = Distinct(child=StrictInteger(), read_only=True)
    reopen = StrictChoice(choices=PolicyVersion.Reopen.choices, read_only=True)
    reopen_within_days = StrictInteger(read_only=True, allow_null=True)
    update_mode = StrictChoice(choices=PolicyVersion.Update.choices, read_only=True)
    ladder = StepSerializer(many=True, read_only=True)
    escalate_after_s = Seconds(read_only=True, allow_null=True)

    def to_representation(self, instance: PolicyVersion) -> dict[str, Any]:
        return {**version_facts(instance, self.context), **_promised(instance)}


class PolicyViewSet(HasVersions, Creates, Updates):
    """A changed policy is a new version: running clocks keep theirs."""

    lookup_field = "slug"
    serializer_class = PolicySerializer
    filterset_class = PolicyFilter
    search_fields = ["name", "slug"]
    ordering_fields = ["slug", "name", "id"]
    ordering = ["slug"]
    permissions = {
        "list": may_read_policies,
        "retrieve": may_read_policies,
        "create": runs_service,
        "update": runs_service,
        "partial_update": runs_service,
        "versions": sees_policy_inside,
        "withdraw": runs_service,
    }
    queryset = SlaPolicy.objects.none()

    def scope(self, user: Any) -> QuerySet[SlaPolicy]:
        return policies_visible_to(user).select_related("current").prefetch_related("current__targets__calendar")

    def perform_create(self, data: dict[str, Any]) -> SlaPolicy:
        if "valid_from" in data:
            raise Invalid(_("The first version of a policy counts at once."), field="valid_from")
        return create_policy(actor=self.actor, at=self.now, **policy_input(data))

    @transaction.atomic
    def perform_update(self, policy: SlaPolicy, data: dict[str, Any], *, expected_version: int | None) -> None:
        is_default, valid_from = data.pop("is_default", policy.is_default), data.pop("valid_from", None)
        update_policy(
            policy=policy,
            changes=policy_input(data),
            actor=self.actor,
            at=self.now,
            valid_from=valid_from,
            expected_version=expected_version,
        )
        if is_default:
            set_default_policy(policy=policy, actor=self.actor, at=self.now)
        elif policy.is_default:
            raise Conflict(_("Make another policy the default instead."), field="is_default")

    def versions_of(self, owner: SlaPolicy) -> QuerySet[PolicyVersion]:
        return owner.versions.prefetch_related("targets__calendar")

    @versions_action(VersionSerializer)
    def versions(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Each version of the promise, the newest first; some may be yet to come."""
        return self.answer_versions()

    @verb(VersionNumber)
    def withdraw(self, policy: SlaPolicy, data: dict[str, Any]) -> None:
        """A version that is yet to come shall not."""
        withdraw_policy_version(version=version_named(policy.versions.all(), data), actor=self.actor, at=self.now)


def _promised(version: PolicyVersion) -> dict[str, Any]:
    return {
        "pause_on": version.pause_on,
        "targets": [_target(target) for target in version.targets.all()],
        "thresholds": version.thresholds,
        "reopen": version.reopen,
        "reopen_within_days": version.reopen_within_days,
        "update_mode": version.update_mode,
        "ladder": version.ladder,
        "escalate_after_s": version.escalate_after_s,
    }


def policy_input(data: Mapping[str, Any]) -> dict[str, Any]:
    """The input as the operations take it."""
    read = dict(data)
    if "targets" in read:
        read["targets"] = _targets(read["targets"])
    if "ladder" in read:
        read["ladder"] = tuple(step_of(step) for step in read["ladder"])
    return read


def _target(target: SlaTarget) -> dict[str, Any]:
    return {
        "priority": target.priority,
        "response_s": target.response_s,
        "resolution_s": target.resolution_s,
        "update_s": target.update_s,
        "calendar": target.calendar.slug,
    }


def _targets(given: list[Mapping[str, Any]]) -> list[TargetInput]:
    found = []
    for number, target in enumerate(given):
        calendar = target.get("calendar") or Calendar.objects.filter(slug=AROUND_THE_CLOCK).first()
        if calendar is None:
            raise Invalid(_("Name a calendar."), field=f"targets.{number}.calendar", code="required")
        found.append(
            TargetInput(
                target["priority"], target["response_s"], target["resolution_s"], calendar, target.get("update_s")
            )
        )
    return found
