"""REST: calendars, and business time computed by them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import is_staff_member, runs_service
from kernel.api.fields import (
    Day,
    Instant,
    ScopedSlugRelatedField,
    Seconds,
    Slug,
    StrictBoolean,
    StrictChoice,
    StrictInteger,
    Text,
)
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictSerializer
from kernel.api.times import format_instant
from kernel.api.views import Creates, Updates, verb
from kernel.errors import Invalid
from sla.api.versions import HasVersions, VersionNumber, version_facts, version_named, versions_action
from sla.businesstime import BusinessCalendar, CalendarError
from sla.measure import epoch, instant
from sla.models import Calendar, CalendarVersion
from sla.operations import (
    calendar_fields,
    calendar_spec,
    create_calendar,
    fields_of,
    update_calendar,
    withdraw_calendar_version,
)
from sla.permissions import calendars_visible_to
from sla.terms import business_calendar

MAX_CASES = 1000
MAX_PAUSES = 1000
MAX_HOLIDAYS = 5000
MAX_INTERVALS = 48
OFFICE_HOURS = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


class Hours(serializers.DictField):
    """`{"mon": [["09:00", "18:00"]]}`; `24:00` is the end of a day, an end before its start runs into the next one."""

    def __init__(self, **kwargs: Any) -> None:
        interval = serializers.ListField(child=Text(max_length=5), min_length=2, max_length=2)
        super().__init__(child=serializers.ListField(child=interval, max_length=MAX_INTERVALS), **kwargs)


class Holidays(serializers.ListField):
    """Whole local dates."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Day(), max_length=MAX_HOLIDAYS, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        return sorted({day.isoformat() for day in super().to_internal_value(data)})


class InlineCalendarSerializer(StrictSerializer):
    """Business time: open hours on the wall clock of a zone. Without any, Monday to Friday from 9 to 18."""

    timezone = Text(max_length=60, required=False)
    hours = Hours(required=False)
    holidays = Holidays(required=False)
    date_hours = Hours(
        required=False, help_text="Hours of single dates in place of the weekday's; they win over holidays."
    )
    country = Text(max_length=2, required=False, allow_null=True, help_text="Its public holidays are closed, too.")
    always = StrictBoolean(required=False, help_text="Around the clock; the hours do not count.")


class CalendarSerializer(InlineCalendarSerializer):
    id = StrictInteger(read_only=True)
    slug = Slug(max_length=60)
    name = Text(max_length=200)
    valid_from = Instant(
        required=False, write_only=True, help_text="Changed hours count from then on; now unless told otherwise."
    )
    version = StrictInteger(read_only=True)

    class Meta:
        create_only = ["slug"]

    def to_representation(self, instance: Calendar) -> dict[str, Any]:
        named = {"id": instance.pk, "slug": instance.slug, "name": instance.name}
        return {**named, **calendar_fields(instance), "version": instance.version}


class CalendarVersionSerializer(InlineCalendarSerializer):
    """What one version of a calendar says, and from when."""

    number = StrictInteger(read_only=True)
    valid_from = Instant(read_only=True)
    is_in_force = StrictBoolean(read_only=True)

    def to_representation(self, instance: CalendarVersion) -> dict[str, Any]:
        return {**version_facts(instance, self.context), **fields_of(instance)}


class CalendarOrSlug(serializers.Field):
    """A stored calendar by its slug, or one written out, which may lack slug and name."""

    def to_internal_value(self, data: Any) -> BusinessCalendar:
        if isinstance(data, str):
            found = ScopedSlugRelatedField(scope=calendars_visible_to)
            found.bind(self.field_name or "calendar", self.parent)
            return business_calendar(found.to_internal_value(data).current_id)
        given = _LooseCalendar(data=data)
        given.is_valid(raise_exception=True)
        try:
            return BusinessCalendar.compile(calendar_spec(with_defaults(given.validated_data)))
        except Invalid as error:
            raise serializers.ValidationError({error.field or "hours": [error.message]}) from None

    def to_representation(self, value: Any) -> Any:
        raise TypeError("Calendars to compute with are only read.")


class _CalendarOrSlugDescribed(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # the stubs lag
    target_class = CalendarOrSlug

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        written_out = auto_schema.resolve_serializer(InlineCalendarSerializer, direction)
        return {"oneOf": [{"type": "string"}, written_out.ref]}


class _LooseCalendar(InlineCalendarSerializer):
    """A calendar as it was read from `calendars/` may be sent back."""

    slug = Slug(max_length=60, required=False)
    name = Text(max_length=200, required=False)


class CaseSerializer(StrictSerializer):
    """`add` and `subtract` take `seconds`, `between` takes `end`; while a pause lasts the clock stands still."""

    op = StrictChoice(choices=["add", "subtract", "between"])
    start = Instant()
    end = Instant(required=False)
    seconds = Seconds(required=False)
    pauses = serializers.ListField(
        child=serializers.ListField(child=Instant(), min_length=2, max_length=2), required=False, max_length=MAX_PAUSES
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed, other = ("end", "seconds") if attrs["op"] == "between" else ("seconds", "end")
        if needed not in attrs:
            raise serializers.ValidationError({needed: [_("This field is required.")]}, code="required")
        if other in attrs:
            message = _("“%(op)s” does not take this field.") % {"op": attrs["op"]}
            raise serializers.ValidationError({other: [message]})
        return attrs


class ComputeSerializer(StrictSerializer):
    calendar = CalendarOrSlug()
    cases = CaseSerializer(many=True, allow_empty=False, max_length=MAX_CASES)  # type: ignore[call-arg]  # stubs lag


class ResultsSerializer(serializers.Serializer):
    """An instant for `add` and `subtract`, whole seconds for `between`, in the order of the cases."""

    results = serializers.ListField(child=serializers.JSONField())


class CalendarViewSet(HasVersions, Creates, Updates):
    """A changed calendar is a new version: running clocks keep theirs."""

    lookup_field = "slug"
    serializer_class = CalendarSerializer
    search_fields = ["name", "slug"]
    ordering_fields = ["slug", "name", "id"]
    ordering = ["slug"]
    actions_that_store_nothing = frozenset({"compute"})
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": runs_service,
        "update": runs_service,
        "partial_update": runs_service,
        "compute": signed_in,
        "versions": is_staff_member,
        "withdraw": runs_service,
    }
    queryset = Calendar.objects.none()

    def scope(self, user: Any) -> QuerySet[Calendar]:
        return calendars_visible_to(user).select_related("current")

    def perform_create(self, data: dict[str, Any]) -> Calendar:
        if "valid_from" in data:
            raise Invalid(_("The first version of a calendar counts at once."), field="valid_from")
        slug, name = data.pop("slug"), data.pop("name")
        return create_calendar(slug=slug, name=name, fields=with_defaults(data), actor=self.actor, at=self.now)

    def perform_update(self, calendar: Calendar, data: dict[str, Any], *, expected_version: int | None) -> None:
        valid_from = data.pop("valid_from", None)
        update_calendar(
            calendar=calendar,
            changes=data,
            actor=self.actor,
            at=self.now,
            valid_from=valid_from,
            expected_version=expected_version,
        )

    def versions_of(self, owner: Calendar) -> QuerySet[CalendarVersion]:
        return owner.versions.all()

    @versions_action(CalendarVersionSerializer)
    def versions(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Each version of the hours, the newest first; some may be yet to come."""
        return self.answer_versions()

    @verb(VersionNumber)
    def withdraw(self, calendar: Calendar, data: dict[str, Any]) -> None:
        """A version that is yet to come shall not."""
        version = version_named(calendar.versions.all(), data)
        withdraw_calendar_version(version=version, actor=self.actor, at=self.now)

    @extend_schema(request=ComputeSerializer, responses=ResultsSerializer)
    @action(detail=False, methods=["post"], input_serializer_class=ComputeSerializer)
    def compute(self, request: Request) -> Response:
        """Business time by a calendar, without storing anything."""
        data = self.read_input()
        return Response({"results": [_answer(data["calendar"], case, n) for n, case in enumerate(data["cases"])]})


def with_defaults(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a calendar is where nothing is said."""
    hours = {} if fields.get("always") else OFFICE_HOURS
    return {"timezone": settings.TIME_ZONE, "hours": hours, **fields}


def _answer(calendar: BusinessCalendar, case: Mapping[str, Any], number: int) -> str | int:
    start, pauses = epoch(case["start"]), _pauses(case.get("pauses", ()))
    try:
        if case["op"] == "between":
            return calendar.between(start, epoch(case["end"]), pauses)
        if case["op"] == "add":
            return format_instant(instant(calendar.add(start, case["seconds"], pauses)))
        if pauses:
            raise Invalid(_("“subtract” knows no pauses."), field=f"cases.{number}.pauses")
        return format_instant(instant(calendar.subtract(start, case["seconds"])))
    except CalendarError as error:
        raise Invalid(_(error.message) % error.params, field=f"cases.{number}.{error.field}") from None


def _pauses(given: Sequence[Sequence[datetime]]) -> list[tuple[int, int]]:
    return [(epoch(begins), epoch(ends)) for begins, ends in given]
