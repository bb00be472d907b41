"""REST: the duty roster, who is on duty now, people in turn, and calendar files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import colleagues_to_choose
from departments import operations
from departments.filters import DutyShiftFilter
from departments.models import Department, DutyShift
from departments.permissions import (
    departments_to_choose,
    departments_visible_to,
    may_change_shift,
    may_plan_duty,
    may_plan_duty_for,
    may_read_roster,
    shifts_visible_to,
)
from departments.queries import on_duty
from kernel.api.fields import Day, ScopedSlugRelatedField, StrictChoice, Text
from kernel.api.parsers import StrictJSONParser
from kernel.api.serializers import StrictModelSerializer, StrictSerializer
from kernel.api.times import Malformed, parse_instant
from kernel.api.views import Api, Creates, Deletes, ResourceViewSet, Updates
from kernel.errors import Forbidden, Invalid
from sla.permissions import calendars_visible_to

LONGEST_FILE = 2_000_000


class Zone(Text):
    """An IANA zone; without one, that of the installation."""

    default_error_messages = {"zone": gettext_lazy("This is no IANA time zone, for example Europe/Vienna.")}

    def to_internal_value(self, data: Any) -> Any:
        name = super().to_internal_value(data)
        if name not in available_timezones():
            self.fail("zone")
        return ZoneInfo(name)


class TimeOfDay(Text):
    """A time of day as `HH:MM`."""

    default_error_messages = {"time": gettext_lazy("Give a time of day as HH:MM, for example 18:00.")}

    def to_internal_value(self, data: Any) -> Any:
        try:
            return datetime.strptime(super().to_internal_value(data), "%H:%M").time()  # noqa: DTZ007  # a wall clock
        except ValueError:
            return self.fail("time")


class DutyShiftSerializer(StrictModelSerializer):
    department = ScopedSlugRelatedField(scope=departments_to_choose, required=False, allow_null=True)
    user = ScopedSlugRelatedField("username", scope=colleagues_to_choose)

    class Meta:
        model = DutyShift
        fields = ["id", "department", "user", "starts_at", "ends_at", "note", "version"]


class RotationSerializer(StrictSerializer):
    """People in turn; the last one is relieved on the day `until`."""

    department = ScopedSlugRelatedField(scope=departments_to_choose, required=False, allow_null=True)
    users = serializers.ListField(
        child=ScopedSlugRelatedField("username", scope=colleagues_to_choose), allow_empty=False, max_length=50
    )
    first_day = Day()
    until = Day()
    every = StrictChoice(choices=[("day", gettext_lazy("day")), ("week", gettext_lazy("week"))])
    hands_over_at = TimeOfDay()
    ends_at = TimeOfDay(
        required=False,
        allow_null=True,
        help_text="One shift each day, up to this time; without it a turn lasts until the next hand-over.",
    )
    time_zone = Zone(required=False)
    outside = ScopedSlugRelatedField(
        scope=calendars_visible_to, required=False, allow_null=True, help_text="Only while this calendar is closed."
    )
    note = Text(max_length=200, required=False, allow_blank=True)


class PlannedSerializer(serializers.Serializer):
    shifts = DutyShiftSerializer(many=True)


class ImportSerializer(StrictSerializer):
    """A calendar, for one department's roster or (null) the whole provider's."""

    ics = serializers.CharField(max_length=LONGEST_FILE, trim_whitespace=False)
    department = ScopedSlugRelatedField(scope=departments_to_choose, required=False, allow_null=True)
    source = Text(  # type: ignore[assignment]  # a field, not the property of that name
        max_length=60, required=False, help_text="What the calendar is called; its events are known by it."
    )
    time_zone = Zone(required=False)


class ProblemOfEventSerializer(serializers.Serializer):
    event = serializers.CharField()
    message = serializers.CharField()


class ImportReportSerializer(serializers.Serializer):
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    problems = ProblemOfEventSerializer(many=True)


class OnDutySerializer(serializers.Serializer):
    department = serializers.CharField(allow_null=True, help_text="Null: whom the whole provider has on duty.")
    users = serializers.ListField(child=serializers.CharField())


class OnDutyNowSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    on_duty = OnDutySerializer(many=True)


class CalendarParser(BaseParser):
    """The text of a calendar, as it is; what goes with it stands in the query."""

    media_type = "text/calendar"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            text = stream.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8 (byte %(at)d).") % {"at": error.start}) from None
        assert parser_context is not None
        return {"ics": text, **parser_context["request"].query_params.dict()}


class DutyRosterViewSet(Creates, Updates, Deletes, ResourceViewSet):
    """Who is on duty in `[starts_at, ends_at)`; without a department, for all that have nobody of their own."""

    serializer_class = DutyShiftSerializer
    filterset_class = DutyShiftFilter
    ordering_fields = ["starts_at", "ends_at", "id"]
    ordering = ["starts_at"]
    permissions = {
        "list": may_read_roster,
        "retrieve": may_read_roster,
        "create": may_plan_duty,
        "update": (may_plan_duty, may_change_shift),
        "partial_update": (may_plan_duty, may_change_shift),
        "destroy": (may_plan_duty, may_change_shift),
        "rotation": may_plan_duty,
        "import_calendar": may_plan_duty,
    }

    def scope(self, user: Any) -> QuerySet[DutyShift]:
        return shifts_visible_to(user).select_related("user", "department")

    def allowed_parameters(self) -> set[str]:
        is_plain = self.action == "import_calendar" and str(self.request.content_type).startswith("text/calendar")
        return super().allowed_parameters() | ({"department", "source", "time_zone"} if is_plain else set())

    def perform_create(self, data: dict[str, Any]) -> DutyShift:
        self._refuse_foreign(data.get("department"))
        return operations.plan_shift(actor=self.actor, at=self.now, **data)

    def perform_update(self, shift: DutyShift, data: dict[str, Any], *, expected_version: int | None) -> None:
        if "department" in data:
            self._refuse_foreign(data["department"])
        operations.change_shift(
            shift=shift, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    def perform_destroy(self, shift: DutyShift, *, expected_version: int | None) -> None:
        operations.cancel_shift(shift=shift, actor=self.actor, at=self.now, expected_version=expected_version)

    @extend_schema(request=RotationSerializer, responses={201: PlannedSerializer})
    @action(detail=False, methods=["post"], input_serializer_class=RotationSerializer)
    def rotation(self, request: Request) -> Response:
        """Plan people in turn, handing over at a local time each day or week; all of it or nothing."""
        data = self.read_input()
        self._refuse_foreign(data.get("department"))
        zone = data.pop("time_zone", None) or ZoneInfo(settings.TIME_ZONE)
        planned = operations.plan_rotation(zone=zone, actor=self.actor, at=self.now, **data)
        return Response({"shifts": self.get_serializer(planned, many=True).data}, status=201)

    @extend_schema(
        request={"application/json": ImportSerializer, "text/calendar": str}, responses=ImportReportSerializer
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        url_name="import",
        input_serializer_class=ImportSerializer,
        parser_classes=[StrictJSONParser, CalendarParser],
    )
    def import_calendar(self, request: Request) -> Response:
        """Bring a roster in line with an iCalendar file; the same file twice changes nothing the second time.

        What cannot be planned is told event by event; the rest is. With text/calendar, `department`, `source` and
        `time_zone` stand in the query.
        """
        data = self.read_input()
        department = data.get("department")
        self._refuse_foreign(department)
        report = operations.import_shifts(
            text=data["ics"],
            department=department,
            source=data.get("source", ""),
            zone=data.get("time_zone") or ZoneInfo(settings.TIME_ZONE),
            actor=self.actor,
            at=self.now,
        )
        return Response(ImportReportSerializer(report).data)

    def _refuse_foreign(self, department: Department | None) -> None:
        if not may_plan_duty_for(self.actor, department):
            raise Forbidden(_("You may plan the duty of the departments you lead."), field="department")


class OnDutyNowView(Api):
    """Who is called, for each department: its own people on duty, else the provider's; stand-ins for who is away."""

    permissions = {"get": may_read_roster}
    extra_parameters = {"at": "At this instant instead of now (RFC 3339)."}

    @extend_schema(operation_id="duty_roster_now", responses=OnDutyNowSerializer)
    def get(self, request: Request) -> Response:
        at = _instant(request.query_params.get("at")) or self.now
        slugs: dict[int | None, str | None] = {None: None}
        slugs |= departments_visible_to(request.user).filter(archived_at=None).values_list("pk", "slug")
        found = on_duty(at, [pk for pk in slugs if pk is not None])
        rows = [{"department": slug, "users": _names(found[pk])} for pk, slug in slugs.items()]
        return Response(OnDutyNowSerializer({"at": at, "on_duty": rows}).data)


def _instant(text: str | None) -> datetime | None:
    try:
        return parse_instant(text) if text else None
    except Malformed as error:
        raise Invalid(str(error), field="at") from None


def _names(users: list[User]) -> list[str]:
    return [user.username for user in users]
