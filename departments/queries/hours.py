"""Who is at work at an instant: within the hours of the own departments, and not away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from django.conf import settings

from accounts.models import Grant, User
from departments.models import Absence, Department
from departments.queries.people import away
from sla.businesstime import BusinessCalendar, CalendarError
from sla.models import CalendarVersion
from sla.terms import business_calendar


def at_work(users: Collection[int], at: datetime) -> set[int]:
    """Which of these people (ids) are at work; four queries, and one for each calendar this process meets first.

    The calendars of the departments one works in count, those in force then; one that is open is enough. For the others
    the office hours do (OFFICE_CALENDAR); where there are none, they are always at work. Who is away is not.
    """
    calendars, absences = _calendars(users, at=at), away(users, at=at)
    instant = int(at.timestamp())
    return {
        user
        for user in users
        if user not in absences
        and (user not in calendars or any(calendar.is_open(instant) for calendar in calendars[user]))
    }


def next_at_work(user: User, at: datetime) -> datetime | None:
    """The first instant from `at` on at which the person is at work; None when the hours never come. Whole seconds."""
    return next_at_work_of([user.pk], at)[user.pk]


def next_at_work_of(users: Collection[int], at: datetime) -> dict[int, datetime | None]:
    """`next_at_work` for many people, by their ids; it is `at` for those who are at work. Four queries, as above."""
    calendars = _calendars(users, at=at)
    found = {user: _opening(calendars.get(user), at) for user in users}
    for absence in Absence.objects.filter(user__in=users, ends_at__gt=at).order_by("starts_at"):
        opening = found[absence.user_id]
        if opening is not None and absence.covers(opening):
            found[absence.user_id] = _opening(calendars.get(absence.user_id), absence.ends_at)
    return found


def _opening(calendars: list[BusinessCalendar] | None, at: datetime) -> datetime | None:
    if calendars is None:
        return at
    openings = []
    for calendar in calendars:
        try:
            openings.append(calendar.add(int(at.timestamp()), 0))
        except CalendarError:  # never opens again
            continue
    return max(at, datetime.fromtimestamp(min(openings), UTC)) if openings else None


def _calendars(users: Collection[int], *, at: datetime) -> dict[int, list[BusinessCalendar]]:
    """The calendars of the departments each of these people works in, else the office's; who has neither is missing.

    Three queries.
    """
    grants = Grant.objects.filter(user__in=users, scope_kind=Grant.Scope.DEPARTMENT).valid_at(at)
    places = set(grants.values_list("user_id", "scope_id"))
    departments = Department.objects.filter(pk__in={department for _user, department in places}, calendar__isnull=False)
    calendars = dict(departments.values_list("pk", "calendar__slug"))
    versions = _versions({*calendars.values(), settings.OFFICE_CALENDAR} - {""}, at=at)
    found: dict[int, list[BusinessCalendar]] = {}
    for user, department in sorted((user, department) for user, department in places if department is not None):
        version = versions.get(calendars.get(department, ""))
        if version is not None:
            found.setdefault(user, []).append(business_calendar(version))
    office = versions.get(settings.OFFICE_CALENDAR)
    if office is not None:
        found |= {user: [business_calendar(office)] for user in users if user not in found}
    return found


def calendars_in_force(slugs: Collection[str], *, at: datetime) -> dict[str, BusinessCalendar]:
    """Business time by these calendars as of an instant; one query."""
    return {slug: business_calendar(version) for slug, version in _versions(slugs, at=at).items()}


def _versions(calendars: Collection[str], *, at: datetime) -> dict[str, int]:
    """By the calendars' slugs: the version in force at an instant, the first one where it is older than all."""
    rows = CalendarVersion.objects.filter(calendar__slug__in=calendars).order_by("number")
    found: dict[str, int] = {}
    for slug, valid_from, version in rows.values_list("calendar__slug", "valid_from", "pk"):
        if slug not in found or valid_from <= at:
            found[slug] = version
    return found
