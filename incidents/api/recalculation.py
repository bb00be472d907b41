"""`recalculate/` under a policy or a calendar: the newest terms for what is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import runs_service
from incidents.operations.recalculating import recalculate
from incidents.permissions import incidents_visible_to
from kernel.api.fields import Instant, LongText, StrictBoolean
from kernel.api.serializers import StrictSerializer
from kernel.api.views import Api
from sla.models import Calendar, Clock, SlaPolicy
from sla.permissions import calendars_visible_to, policies_visible_to


class RecalculationInput(StrictSerializer):
    """Without `dry_run: false` nothing is changed: the answer shows what would be."""

    reason = LongText()
    dry_run = StrictBoolean(required=False)


class StandingSerializer(serializers.Serializer):
    target_s = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Clock.State.choices)
    elapsed_s = serializers.IntegerField()
    due_at = Instant(allow_null=True)


class MovedSerializer(serializers.Serializer):
    """Without a `before` the clock starts, without an `after` it ends."""

    kind = serializers.ChoiceField(choices=Clock.Kind.choices)
    cycle = serializers.IntegerField()
    before = StandingSerializer(allow_null=True)
    after = StandingSerializer(allow_null=True)
    becomes_late = serializers.BooleanField()
    is_saved = serializers.BooleanField()


class RecalculatedSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="incident.pk")
    reference = serializers.CharField(source="incident.reference")
    client = serializers.CharField(source="incident.client.slug")
    clocks = MovedSerializer(many=True)


class RecalculationSerializer(serializers.Serializer):
    """Up to 500 incidents at a time, of the token's clients if it is limited to some; where `is_all` is false, repeat
    the call for the others."""

    dry_run = serializers.BooleanField()
    becoming_late = serializers.IntegerField()
    saved = serializers.IntegerField()
    is_all = serializers.BooleanField()
    incidents = RecalculatedSerializer(many=True)


class _RecalculateView(Api):
    permissions = {"post": runs_service}
    input_serializer_class = RecalculationInput
    scope: ClassVar[Callable[[Any], QuerySet[Any]]]

    def answer(self, request: Request, slug: str) -> Response:
        subject = type(self).scope(request.user).filter(slug=slug).first()
        if subject is None:
            raise NotFound
        said = self.read_input()
        dry_run = said.get("dry_run", True)
        found = recalculate(
            subject,
            reason=said["reason"],
            actor=self.actor,
            now=self.now,
            dry_run=dry_run,
            among=incidents_visible_to(self.actor),
        )
        shown = {
            "dry_run": dry_run,
            "becoming_late": found.becoming_late,
            "saved": found.saved,
            "is_all": found.is_all,
            "incidents": found.incidents,
        }
        return Response(RecalculationSerializer(shown).data)


class RecalculatePolicyView(_RecalculateView):
    """Let the version in force count for open incidents that began with an older one."""

    scope = policies_visible_to
    queryset = SlaPolicy.objects.none()

    @extend_schema(
        operation_id="sla_policies_recalculate", request=RecalculationInput, responses=RecalculationSerializer
    )
    def post(self, request: Request, slug: str) -> Response:
        return self.answer(request, slug)


class RecalculateCalendarView(_RecalculateView):
    """Let the version in force count for open incidents whose clocks began with an older one."""

    scope = calendars_visible_to
    queryset = Calendar.objects.none()

    @extend_schema(operation_id="calendars_recalculate", request=RecalculationInput, responses=RecalculationSerializer)
    def post(self, request: Request, slug: str) -> Response:
        return self.answer(request, slug)


urlpatterns = [
    path("sla-policies/<slug:slug>/recalculate/", RecalculatePolicyView.as_view(), name="policy-recalculate"),
    path("calendars/<slug:slug>/recalculate/", RecalculateCalendarView.as_view(), name="calendar-recalculate"),
]
