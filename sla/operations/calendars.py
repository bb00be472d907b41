"""Writes of calendars: a change is a new version, running clocks keep theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import holidays as public_holidays
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from kernel import history
from kernel.errors import Invalid
from kernel.locking import lock
from kernel.versions import bump, check
from sla.businesstime import BusinessCalendar, CalendarError, CalendarSpec
from sla.models import Calendar, CalendarVersion
from sla.operations.versions import place, starts
from sla.versions import calendar_in_force, forget

HOLIDAY_YEARS = range(2010, 2051)


def country_holidays(country: str) -> list[str]:
    """ISO dates of a country's public holidays over the years that calendars cover. Unknown countries are Invalid."""
    try:
        found = public_holidays.country_holidays(country, years=HOLIDAY_YEARS)
    except NotImplementedError:
        message = _(
            "No public holidays are known for the country %(country)s: use an ISO 3166 code such as FR, or list dates."
        )
        raise Invalid(message % {"country": country}, field="country") from None
    return sorted(day.isoformat() for day in found)


def calendar_spec(fields: Mapping[str, Any]) -> CalendarSpec:
    """The calendar that API fields describe, holidays of the country included. Raises Invalid naming the field."""
    try:
        days = {date.fromisoformat(day).isoformat() for day in fields.get("holidays", [])}
    except ValueError as error:
        raise Invalid(str(error), field="holidays") from None
    if fields.get("country"):
        days.update(country_holidays(fields["country"]))
    try:
        spec = CalendarSpec.parse({**fields, "holidays": sorted(days)})
        BusinessCalendar.compile(spec)
    except CalendarError as error:
        raise Invalid(_(error.message) % error.params, field=_dotted(error.field)) from None
    return spec


def _dotted(where: str) -> str:
    """`hours.mon[1]` as the API names it: `hours.mon.1`."""
    return where.replace("[", ".").replace("]", "")


@transaction.atomic
def create_calendar(*, slug: str, name: str, fields: Mapping[str, Any], actor: User | None, at: datetime) -> Calendar:
    """`fields` are those of the API: timezone, hours, holidays, date_hours, country, always."""
    calendar = Calendar.objects.create(slug=slug, name=name)
    _add_version(calendar, fields, at=at, valid_from=at, is_current=True)
    history.record(calendar, "created", actor=actor, at=at)
    return calendar


@transaction.atomic
def update_calendar(
    *,
    calendar: Calendar,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    valid_from: datetime | None = None,
    expected_version: int | None = None,
) -> Calendar:
    """Change name or hours; changed hours are a new version, for clocks whose terms are set from `valid_from` on. It
    changes what would be in force by then, and takes the place of what was scheduled for that instant.

    None: from the next second on. What became known within this one keeps the hours it was measured by, whether it was
    written down before or after.
    """
    valid_from = starts(valid_from, at=at)
    is_scheduled = valid_from > at
    if not is_scheduled:
        valid_from = at.replace(microsecond=0) + timedelta(seconds=1)
    calendar = lock(Calendar.objects.select_related("current")).get(pk=calendar.pk)
    check(calendar, expected_version)
    before = fields_of(calendar_in_force(calendar, valid_from))
    after = {**before, **{k: v for k, v in changes.items() if k in before}}
    if after == before and changes.get("name", calendar.name) == calendar.name:
        return calendar
    calendar.name = changes.get("name", calendar.name)
    if after != before:
        _add_version(calendar, after, at=at, valid_from=valid_from, is_current=not is_scheduled)
    bump(calendar)
    calendar.save()
    changed = {k: [before[k], after[k]] for k in before if before[k] != after[k]}
    if changed and is_scheduled:
        changed["valid_from"] = [None, valid_from.isoformat()]
    history.record(calendar, "changed", actor=actor, at=at, changes=changed)
    return calendar


def calendar_fields(calendar: Calendar) -> dict[str, Any]:
    """What the current version says, in the API's fields."""
    assert calendar.current is not None
    return fields_of(calendar.current)


def fields_of(version: CalendarVersion) -> dict[str, Any]:
    """What a version says, in the API's fields."""
    return {
        "timezone": version.timezone,
        "hours": version.hours,
        "holidays": version.extra_holidays,
        "date_hours": version.date_hours,
        "country": version.country or None,
        "always": version.always,
    }


def _add_version(
    calendar: Calendar, fields: Mapping[str, Any], *, at: datetime, valid_from: datetime, is_current: bool
) -> None:
    spec = calendar_spec(fields)
    if is_current and calendar.current is not None and calendar.current.valid_from == valid_from:
        calendar.current = None  # changed a second time within a second: nothing counts by it yet, it gives way
        calendar.save(update_fields=["current"])
    version = CalendarVersion.objects.create(
        calendar=calendar,
        number=place(calendar.versions.all(), valid_from=valid_from, at=at),
        timezone=spec.timezone,
        hours=dict(fields.get("hours") or {}),
        extra_holidays=sorted(fields.get("holidays") or []),
        holidays=sorted(day.isoformat() for day in spec.holidays),
        date_hours=dict(fields.get("date_hours") or {}),
        country=fields.get("country") or "",
        always=spec.always,
        created_at=at,
        valid_from=valid_from,
    )
    forget()
    if is_current:
        calendar.current = version
        calendar.save(update_fields=["current"])
