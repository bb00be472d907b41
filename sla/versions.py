"""Which version of a policy or a calendar counts at an instant: the newest in force by then, else the first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import QuerySet

from sla.models import Calendar, CalendarVersion, PolicyVersion, SlaPolicy

# What has been so for longer than this is committed, whichever process wrote it.
COMMITTED_AFTER = timedelta(seconds=60)

V = TypeVar("V", PolicyVersion, CalendarVersion)

# By calendar: its versions as (valid_from, id) in their order, and the instant up to which they are all there are.
_known: dict[int, tuple[datetime, list[tuple[datetime, int]]]] = {}


def version_in_force(policy: SlaPolicy, at: datetime) -> PolicyVersion:
    """What the policy promises to whatever becomes known at this instant."""
    return in_force(policy.versions.all(), at)


def calendar_in_force(calendar: Calendar, at: datetime) -> CalendarVersion:
    return in_force(calendar.versions.all(), at)


def in_force(versions: QuerySet[V], at: datetime) -> V:
    """Of one policy's or one calendar's versions; numbers go up with `valid_from`."""
    return versions.filter(valid_from__lte=at).order_by("-number").first() or versions.earliest("number")


def calendar_version_at(calendar_id: int, at: datetime, *, now: datetime) -> int:
    """The id of the calendar's version in force at `at`; remembered for instants well before `now`, which nothing
    written later can touch: a version begins when it is written, or after."""
    until, versions = _known.get(calendar_id, (None, []))
    if until is None or at > until:
        rows = CalendarVersion.objects.filter(calendar=calendar_id).order_by("number")
        versions = list(rows.values_list("valid_from", "pk"))
        _known[calendar_id] = now - COMMITTED_AFTER, versions
    return next((pk for valid_from, pk in reversed(versions) if valid_from <= at), versions[0][1])


def forget() -> None:
    """Empty what is remembered."""
    _known.clear()
