"""REST: SLA policies."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.permissions import runs_service
from kernel.api.fields import (
    Distinct,
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
from kernel.api.views import Creates, ResourceViewSet, Updates
from kernel.errors import Conflict, Invalid
from sla.filters import PolicyFilter
from sla.models import Calendar, PolicyVersion, Priority, SlaPolicy, SlaTarget
from sla.operations import LONGEST_TARGET_S, TargetInput, create_policy, set_default_policy, update_policy
from sla.permissions import calendars_visible_to, may_read_policies, policies_visible_to, sees_policy_inside

# What a subject may wait for; the rooms above set these reasons, a policy says which of them stop the clock.
PAUSE_REASONS = ("client", "vendor", "appointment", "maintenance", "force_majeure", "problem")
AROUND_THE_CLOCK = "always"


class TargetSerializer(StrictSerializer):
    """The promise for one priority, in seconds of the calendar's business time; without a calendar around the clock."""

    priority = StrictChoice(choices=Priority.choices)
    response_s = Seconds(min_value=1, max_value=LONGEST_TARGET_S)
    resolution_s = Seconds(min_value=1, max_value=LONGEST_TARGET_S)
    calendar = ScopedSlugRelatedField(scope=calendars_visible_to, required=False)


class PolicySerializer(StrictSerializer):
    id = StrictInteger(read_only=True)
    slug = Slug(max_length=60)
    name = Text(max_length=200)
    description = LongText(required=False, allow_blank=True)
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
    version = StrictInteger(read_only=True)

    class Meta:
        create_only = ["slug"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        return () if sees_policy_inside(user) else ("description", "thresholds", "is_default")

    def to_representation(self, instance: SlaPolicy) -> dict[str, Any]:
        current = instance.current
        assert current is not None
        shown = {
            "id": instance.pk,
            "slug": instance.slug,
            "name": instance.name,
            "description": instance.description,
            "is_default": instance.is_default,
            "pause_on": current.pause_on,
            "targets": [_target(target) for target in current.targets.all()],
            "thresholds": current.thresholds,
            "reopen": current.reopen,
            "version": instance.version,
        }
        return {name: value for name, value in shown.items() if name in self.fields}


class PolicyViewSet(Creates, Updates, ResourceViewSet):
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
    }
    queryset = SlaPolicy.objects.none()

    def scope(self, user: Any) -> QuerySet[SlaPolicy]:
        return policies_visible_to(user).select_related("current").prefetch_related("current__targets__calendar")

    def perform_create(self, data: dict[str, Any]) -> SlaPolicy:
        return create_policy(actor=self.actor, at=self.now, **{**data, "targets": _targets(data["targets"])})

    @transaction.atomic
    def perform_update(self, policy: SlaPolicy, data: dict[str, Any], *, expected_version: int | None) -> None:
        is_default = data.pop("is_default", policy.is_default)
        if "targets" in data:
            data["targets"] = _targets(data["targets"])
        update_policy(policy=policy, changes=data, actor=self.actor, at=self.now, expected_version=expected_version)
        if is_default:
            set_default_policy(policy=policy, actor=self.actor, at=self.now)
        elif policy.is_default:
            raise Conflict(_("Make another policy the default instead."), field="is_default")


def _target(target: SlaTarget) -> dict[str, Any]:
    return {
        "priority": target.priority,
        "response_s": target.response_s,
        "resolution_s": target.resolution_s,
        "calendar": target.calendar.slug,
    }


def _targets(given: list[Mapping[str, Any]]) -> list[TargetInput]:
    found = []
    for number, target in enumerate(given):
        calendar = target.get("calendar") or Calendar.objects.filter(slug=AROUND_THE_CLOCK).first()
        if calendar is None:
            raise Invalid(_("Name a calendar."), field=f"targets.{number}.calendar", code="required")
        found.append(TargetInput(target["priority"], target["response_s"], target["resolution_s"], calendar))
    return found
