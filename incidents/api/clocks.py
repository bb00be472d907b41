"""REST: the clocks of an incident with everything they promise, and each explained second by second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from departments.models import Department
from incidents.api.serializers import ClockSerializer
from incidents.explaining import Explained, Held, explained_clocks, kinds_shown_to, names_of, stored_clocks
from incidents.permissions import sees_internal_side
from incidents.queries import clock_view
from incidents.targets import Origin, origin_of
from kernel.api.fields import Instant
from kernel.api.times import format_instant
from kernel.api.views import ResourceViewSet
from sla.explain import PieceKind
from sla.measure import instant
from sla.models import Clock
from sla.permissions import may_read_policies

CYCLE = {"cycle": "Which of several clocks of this kind; without it the last."}


class FullClockSerializer(ClockSerializer):
    """A clock with what it was promised by, at the instant of the answer."""

    started_at = Instant()
    used_pct = serializers.FloatField()
    is_counting = serializers.BooleanField(help_text="Goes on counting until it is stopped.")
    is_ticking = serializers.BooleanField(help_text="Counts at this very instant: within the service hours.")
    calendar = serializers.CharField()
    calendar_version = serializers.IntegerField()
    policy = serializers.CharField(allow_null=True, help_text="Null for those who may not read policies.")
    policy_version = serializers.IntegerField(allow_null=True)


class PieceSerializer(serializers.Serializer):
    """A stretch `[from, to)` of a clock's life."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in PieceKind])
    reason = serializers.CharField(allow_null=True, help_text="What a pause waits for; empty: it had been stopped.")
    department = serializers.CharField(allow_null=True)
    person = serializers.CharField(allow_null=True)
    counted_s = serializers.IntegerField()
    total_s = serializers.IntegerField(help_text="Everything counted up to here.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is a keyword of the language."""
        return {"from": Instant(), "to": Instant(), **super().get_fields()}


class ShareSerializer(serializers.Serializer):
    """Service time of one holder; a person of null: nobody had taken it."""

    department = serializers.CharField()
    person = serializers.CharField(allow_null=True)
    counted_s = serializers.IntegerField()


class WaitSerializer(serializers.Serializer):
    """Service time in which the clock stood; it is nobody's."""

    reason = serializers.CharField(help_text="Empty: it had been stopped, and went on later.")
    paused_s = serializers.IntegerField()


class ChangeSerializer(serializers.Serializer):
    """A promise that counted until another did, and how the clock would stand under it."""

    at = Instant()
    before = serializers.CharField()
    after = serializers.CharField()
    target_s = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Clock.State.choices)
    due_at = Instant(allow_null=True)


class OriginSerializer(serializers.Serializer):
    """Why this target."""

    chosen_by = serializers.CharField()
    priority = serializers.CharField()
    pauses_for = serializers.ListField(child=serializers.CharField())
    changes = ChangeSerializer(many=True)


class ExplainedClockSerializer(FullClockSerializer):
    """A clock second by second: the pieces follow each other without a gap, and what they count is `elapsed_s`."""

    due_if_resumed_at = Instant(allow_null=True, help_text="For a paused clock: its deadline if it went on now.")
    pieces = PieceSerializer(many=True)
    holders = ShareSerializer(many=True)
    waits = WaitSerializer(many=True)
    origin = OriginSerializer(allow_null=True)


class ExplainsClocks(ResourceViewSet):
    """`incidents/{id}/clocks/` and `incidents/{id}/clocks/{kind}/`."""

    @extend_schema(responses=FullClockSerializer(many=True))
    @action(detail=True, filter_backends=[], pagination_class=None)
    def clocks(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All clocks of the incident; the client's side sees what it was promised."""
        rows = stored_clocks(self.get_object(), kinds=kinds_shown_to(self.actor))
        return Response([_clock(clock, self.actor, now=self.now) for clock in rows])

    @extend_schema(responses=ExplainedClockSerializer)
    @action(detail=True, url_path=r"clocks/(?P<kind>[a-z]+)", filter_backends=[], extra_parameters=CYCLE)
    def clock(self, request: Request, *args: Any, kind: str, **kwargs: Any) -> Response:
        """Every second of one clock, whose time it was, and where its target came from."""
        incident = self.get_object()
        if kind not in kinds_shown_to(self.actor):
            raise NotFound
        events = list(incident.events.order_by("at", "id"))
        found = explained_clocks(incident, events, now=self.now, kinds=[kind])
        asked = request.query_params.get("cycle")
        chosen = [one for one in found if str(one.clock.cycle) == asked] if asked is not None else found[-1:]
        if not chosen:
            raise NotFound
        one = chosen[0]
        may_read = may_read_policies(self.actor)
        origin = origin_of(incident, one.clock, one.run, now=self.now) if may_read else None
        return Response({**_clock(one.clock, self.actor, now=self.now), **_explained(one, self.actor, origin)})


def _clock(clock: Clock, user: Any, *, now: Any) -> dict[str, Any]:
    view, may_read = clock_view(clock, now=now), may_read_policies(user)
    return {
        **ClockSerializer(view).data,
        "started_at": format_instant(clock.started_at),
        "used_pct": round(view.used_pct, 2),
        "is_counting": view.is_counting,
        "is_ticking": view.is_ticking,
        "calendar": clock.calendar_version.calendar.slug,
        "calendar_version": clock.calendar_version.number,
        "policy": clock.policy_version.policy.slug if may_read else None,
        "policy_version": clock.policy_version.number if may_read else None,
    }


def _explained(one: Explained, user: Any, origin: Origin | None) -> dict[str, Any]:
    is_internal = sees_internal_side(user)
    names = names_of([one.life]) if is_internal else None
    departments: Mapping[int, Department] = names.departments if names else {}
    people: Mapping[int, User] = names.people if names else {}

    def holder(held: Held | None) -> dict[str, str | None]:
        department = departments.get(held.department_id) if held else None
        person = people.get(held.person_id) if held and held.person_id is not None else None
        return {
            "department": department.slug if department else None,
            "person": person.username if person else None,
        }

    return {
        "due_if_resumed_at": _at(one.life.due_if_resumed),
        "pieces": [
            {
                "from": _at(piece.start),
                "to": _at(piece.end),
                "kind": piece.kind.value,
                "reason": piece.waits,
                **holder(piece.holder),
                "counted_s": piece.counted_s,
                "total_s": piece.total_s,
            }
            for piece in one.life.pieces
        ],
        "holders": [
            {**holder(held), "counted_s": seconds}
            for held, seconds in (one.life.counted_by_holder().items() if is_internal else ())
        ],
        "waits": [{"reason": reason, "paused_s": seconds} for reason, seconds in one.life.paused_by_reason().items()],
        "origin": None if origin is None else _origin(origin),
    }


def _origin(origin: Origin) -> dict[str, Any]:
    changes = [
        {
            "at": _at(change.at),
            "before": change.before,
            "after": change.after,
            "target_s": change.target_s,
            "state": change.state.state,
            "due_at": _at(change.state.due_at),
        }
        for change in origin.changes
    ]
    return {
        "chosen_by": origin.chosen_by,
        "priority": origin.priority,
        "pauses_for": list(origin.pauses),
        "changes": changes,
    }


def _at(epoch_s: int | None) -> str | None:
    return None if epoch_s is None else format_instant(instant(epoch_s))
