"""REST: a rule tried on the past. Computes only; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.trials import Verdict
from incidents.trying import Outcome, Rule, Tally, clients_to_try_on, drafted, last_quarter, midnight, tried
from kernel.api.fields import Day, Instant, ScopedSlugRelatedField, Slug, Text
from kernel.api.serializers import StrictSerializer
from kernel.api.times import format_instant
from kernel.api.views import Api
from kernel.errors import Invalid
from sla.api.policies import MOST_STEPS, PolicySerializer, StepSerializer, policy_input
from sla.ladder import step_of
from sla.models import Clock
from sla.permissions import calendars_visible_to, policies_visible_to, sees_policy_inside
from sla.terms import Terms, terms_of

# What a draft says besides what it promises.
WORDS = frozenset({"slug", "name", "description", "scope", "is_default", "valid_from"})


class DraftSerializer(PolicySerializer):
    """A policy that is not stored, in the words of `sla-policies/`; only its promise counts."""

    slug = Slug(max_length=60, required=False)
    name = Text(max_length=200, required=False)


class TryInput(StrictSerializer):
    """`policy` or `draft` in place of what was promised, another `calendar`, another `ladder`, or several of them."""

    policy = ScopedSlugRelatedField(scope=policies_visible_to, required=False)
    draft = DraftSerializer(required=False)
    calendar = ScopedSlugRelatedField(scope=calendars_visible_to, required=False)
    ladder = StepSerializer(many=True, required=False, max_length=MOST_STEPS)  # type: ignore[call-arg]  # stubs lag
    client = ScopedSlugRelatedField(scope=clients_to_try_on, required=False, help_text="Without it all you answer for.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is a keyword of the language."""
        return {
            **super().get_fields(),
            "from": Day(required=False, source="since", help_text="Opened on this day or later; last quarter."),
            "to": Day(required=False, source="until", help_text="Opened before this day."),
        }


class TallySerializer(serializers.Serializer):
    met = serializers.IntegerField()
    missed = serializers.IntegerField()
    running = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="Met of those that are decided, between 0 and 1.")


class TriedKindSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Clock.Kind.choices)
    before = TallySerializer()
    after = TallySerializer()


class VerdictSerializer(serializers.Serializer):
    verdict = serializers.ChoiceField(choices=[(word, word) for word in ("met", "missed", "running")])
    used_s = serializers.IntegerField()
    left_s = serializers.IntegerField(help_text="Negative when over.")


class ChangedSerializer(serializers.Serializer):
    """An incident whose promise would have been kept otherwise; null: nothing was, or would be, promised."""

    incident = serializers.IntegerField()
    title = serializers.CharField()
    client = serializers.CharField()
    priority = serializers.CharField()
    opened_at = Instant()
    kind = serializers.ChoiceField(choices=Clock.Kind.choices)
    before = VerdictSerializer(allow_null=True)
    after = VerdictSerializer(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())


class MessagesSerializer(serializers.Serializer):
    """How many messages the ladder sends to who stands on it."""

    to = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()


class OutcomeSerializer(serializers.Serializer):
    incidents = serializers.IntegerField()
    events = serializers.IntegerField()
    took_s = serializers.FloatField()
    clocks = TriedKindSerializer(many=True)
    newly_missed = serializers.IntegerField()
    no_longer_missed = serializers.IntegerField()
    changed = ChangedSerializer(many=True)
    messages = MessagesSerializer(many=True)


class TryView(Api):
    """Last quarter, or any other time, under another policy, calendar or ladder."""

    permissions = {"post": sees_policy_inside}
    actions_that_store_nothing = frozenset({"post"})
    input_serializer_class = TryInput

    @extend_schema(operation_id="sla_policies_try", request=TryInput, responses=OutcomeSerializer)
    def post(self, request: Request) -> Response:
        given = self.read_input()
        since, until = last_quarter(self.now)
        outcome = tried(
            self.actor,
            rule_of(given),
            since=midnight(given["since"]) if "since" in given else since,
            until=midnight(given["until"]) if "until" in given else until,
            client=given.get("client"),
            now=self.now,
        )
        return Response(as_json(outcome))


def rule_of(given: Mapping[str, Any]) -> Rule:
    """Raises Invalid where both a policy and a draft are named, or nothing is."""
    if "policy" in given and "draft" in given:
        raise Invalid(_("Name a policy or a draft, not both."), field="draft")
    if not {"policy", "draft", "calendar", "ladder"} & given.keys():
        raise Invalid(_("Say what to try: a policy, a draft, a calendar or a ladder."), field="policy")
    terms: Terms | None = None
    if "policy" in given:
        terms = terms_of(given["policy"].current_id)
    elif "draft" in given:
        terms = terms_of_draft(given["draft"])
    return Rule(
        terms=terms,
        calendar_id=given["calendar"].pk if "calendar" in given else None,
        ladder=tuple(step_of(step) for step in given["ladder"]) if "ladder" in given else None,
    )


def terms_of_draft(draft: Mapping[str, Any]) -> Terms:
    """Of a validated `DraftSerializer`; what it does not say is as it is for a new policy."""
    return drafted(**{name: value for name, value in policy_input(draft).items() if name not in WORDS})


def as_json(outcome: Outcome) -> dict[str, Any]:
    names = sorted({*outcome.messages_before, *outcome.messages_after})
    return {
        "incidents": outcome.incidents,
        "events": outcome.events,
        "took_s": round(outcome.took_s, 3),
        "clocks": [
            {"kind": kind, "before": _tally(outcome.before[kind]), "after": _tally(outcome.after[kind])}
            for kind in outcome.before
        ],
        "newly_missed": outcome.newly_missed,
        "no_longer_missed": outcome.no_longer_missed,
        "changed": [
            {
                "incident": one.incident_id,
                "title": one.title,
                "client": one.client,
                "priority": one.priority,
                "opened_at": format_instant(one.opened_at),
                "kind": one.kind,
                "before": _verdict(one.before),
                "after": _verdict(one.after),
                "reasons": list(one.reasons),
            }
            for one in outcome.changed
        ],
        "messages": [
            {"to": name, "before": outcome.messages_before[name], "after": outcome.messages_after[name]}
            for name in names
        ],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    share = None if tally.share is None else round(tally.share, 6)
    return {"met": tally.met, "missed": tally.missed, "running": tally.running, "share": share}


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {"verdict": verdict.verdict, "used_s": verdict.used_s, "left_s": verdict.left_s}
