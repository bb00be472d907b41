"""The duty roster: around the clock where the departments need it, nights and weekends for the provider."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import User
from demo.seeding.content import load
from demo.seeding.people import username
from demo.seeding.times import instant
from departments.models import Department, DutyShift
from departments.operations import cancel_shift, plan_rotation, record_absence
from sla.models import Calendar


def seed_duty(*, now: datetime) -> None:
    """Planned once: where there is a roster already, it stays as it is."""
    if DutyShift.objects.exists():
        return
    content = load("duty")
    zone = ZoneInfo(content["zone"])
    today = now.astimezone(zone).date()
    first_day = today - timedelta(days=content["behind"])
    first_day -= timedelta(days=first_day.weekday())
    until = today + timedelta(days=content["ahead"])
    people = {row["id"]: username(row) for row in load("story")["staff"]}
    for row in content["rotations"]:
        _rotate(row, people, zone=zone, first_day=first_day, until=until, now=now)
    for row in content["stand_ins"]:
        _send_away(row, people, zone=content["zone"], now=now)
    for row in content["gaps"]:
        cancel_shift(shift=_shift_at(row, zone=content["zone"], now=now), actor=None, at=now)


def _rotate(
    row: dict[str, Any], people: dict[str, str], *, zone: ZoneInfo, first_day: date, until: date, now: datetime
) -> None:
    slug, outside, ends_at = row["department"], row.get("outside"), row.get("ends_at")
    plan_rotation(
        users=[User.objects.get(username=people[person]) for person in row["people"]],
        first_day=first_day,
        until=until,
        hands_over_at=time.fromisoformat(row["turn"]),
        ends_at=time.fromisoformat(ends_at) if ends_at else None,
        zone=zone,
        every=row["every"],
        department=Department.objects.get(slug=slug) if slug else None,
        outside=Calendar.objects.get(slug=outside) if outside else None,
        note=row.get("note", ""),
        actor=None,
        at=now,
    )


def _send_away(row: dict[str, Any], people: dict[str, str], *, zone: str, now: datetime) -> None:
    record_absence(
        user=_shift_at(row, zone=zone, now=now).user,
        starts_at=instant(row["from"], now=now, zone=zone),
        ends_at=instant(row["to"], now=now, zone=zone),
        stand_in=User.objects.get(username=people[row["stand_in"]]),
        reason=row["reason"],
        actor=None,
        at=now,
    )


def _shift_at(row: dict[str, Any], *, zone: str, now: datetime) -> DutyShift:
    at = instant(row["at"], now=now, zone=zone)
    rows = DutyShift.objects.filter(department__slug=row["department"], starts_at__lte=at, ends_at__gt=at)
    return rows.select_related("user").earliest("starts_at")
